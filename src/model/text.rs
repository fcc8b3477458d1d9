//! Text from outside, made harmless for terminals and spreadsheets.

use std::borrow::Cow;

/// Whether a terminal would act on a character instead of showing it: control characters (which
/// begin escape sequences), and the format characters of Unicode that reorder, hide or join text
/// (general categories Cf, Zl and Zp, <https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>).
pub fn is_unprintable(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}')
}

/// The text without what a terminal would act on.
pub fn printable(text: &str) -> String {
    text.chars().filter(|it| !is_unprintable(*it)).collect()
}

/// The same for text of several lines: line breaks stay.
pub fn printable_lines(text: &str) -> String {
    text.chars()
        .filter(|it| *it == '\n' || !is_unprintable(*it))
        .collect()
}

/// Spreadsheets run what begins like a formula; an apostrophe makes it text
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
pub fn without_formula(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        return Cow::Owned(format!("'{text}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reorders_hides_or_commands_is_dropped_and_letters_of_every_script_stay() {
        assert_eq!(
            printable("a\u{202e}b\u{2066}c\u{200b}d\u{1b}[31m\n\u{feff}"),
            "abcd[31m"
        );
        assert_eq!(printable("Größe 数据 עברית 🚀"), "Größe 数据 עברית 🚀");
        assert_eq!(printable_lines("a\n\u{2028}b\r\n"), "a\nb\n");
    }
}
