//! The layout of `terraform fmt`: the `=` of attributes that follow one another are below each other
//! (<https://developer.hashicorp.com/terraform/language/style>). Attributes whose value goes on in
//! the next line stand by themselves.

use hcl::Body;

/// A body as text.
pub(super) fn text_of(body: &Body) -> Result<String, String> {
    let text = hcl::to_string(body).map_err(|error| error.to_string())?;
    Ok(aligned(&text))
}

/// Lays a text out. It comes from a writer that puts one attribute on a line.
fn aligned(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut run: Vec<(&str, &str, &str)> = Vec::new();
    for line in text.lines() {
        if let Some(attribute) = attribute(line) {
            run.push(attribute);
            continue;
        }
        flush(&mut run, &mut out);
        out.push_str(line);
        out.push('\n');
    }
    flush(&mut run, &mut out);
    out
}

fn flush(run: &mut Vec<(&str, &str, &str)>, out: &mut String) {
    let columns = |key: &str| key.chars().count();
    let widest = run
        .iter()
        .map(|(_, key, _)| columns(key))
        .max()
        .unwrap_or_default();
    for (indent, key, value) in run.drain(..) {
        out.push_str(indent);
        out.push_str(key);
        out.extend(std::iter::repeat_n(' ', widest - columns(key)));
        out.push_str(" = ");
        out.push_str(value);
        out.push('\n');
    }
}

/// Indentation, key and value of an attribute on one line.
fn attribute(line: &str) -> Option<(&str, &str, &str)> {
    let start = line.len() - line.trim_start_matches(' ').len();
    let (indent, rest) = line.split_at(start);
    let end = if rest.starts_with('"') {
        closing_quote(rest)? + 1
    } else {
        rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '-'))?
    };
    let (key, rest) = rest.split_at(end);
    let value = rest.strip_prefix(" = ").filter(|_| !key.is_empty())?;
    (!value.ends_with(['[', '{', '('])).then_some((indent, key, value))
}

/// Where the string that begins the text ends.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, letter)| {
        let closes = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        closes.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_one_another_is_aligned_and_what_goes_on_is_not() {
        let text = "a {\n  id = \"x\"\n  longer = 1\n  list = [\n    \"b = c\",\n    \"d\"\n  ]\n  \"k\\\" = \" = 2\n  z = 3\n}\n";
        let wanted = "a {\n  id     = \"x\"\n  longer = 1\n  list = [\n    \"b = c\",\n    \"d\"\n  ]\n  \"k\\\" = \" = 2\n  z        = 3\n}\n";
        assert_eq!(aligned(text), wanted);
        assert_eq!(aligned(wanted), wanted);
    }
}
