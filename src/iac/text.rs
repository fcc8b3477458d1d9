//! Text from AWS in documents for people and in tags.

use crate::model::text::is_unprintable;

/// Markdown that shows `text` as it is, on one line, without control or format characters.
pub(super) fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in visible(text).chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|'
            | '~' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// `text` without what a terminal, a tag or a reader would stumble on.
pub(super) fn visible(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_whitespace() { ' ' } else { letter })
        .filter(|letter| !is_unprintable(*letter))
        .collect()
}

/// The value of a tag: letters, digits, spaces and `_.:/=+-@`, 256 at most
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>).
pub(super) fn tag(text: &str) -> String {
    let kept = visible(text);
    let kept = kept
        .chars()
        .map(|letter| {
            let may = letter.is_alphanumeric() || " _.:/=+-@".contains(letter);
            if may { letter } else { '_' }
        })
        .take(256);
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_stays_text() {
        assert_eq!(
            markdown("<b>[x](y)</b>\n# `a`\u{202e}"),
            "&lt;b&gt;\\[x\\]\\(y\\)&lt;/b&gt; \\# \\`a\\`"
        );
    }
}
