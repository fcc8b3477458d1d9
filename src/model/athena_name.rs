//! Names of databases and tables of Athena, which stand in statements as they are.

/// What is expected of a name that is none.
pub const EXPECTED_ATHENA_NAME: &str =
    "expected 1 to 255 lower-case letters, digits, underscores and hyphens";

/// Whether a text is a name of a database or table
/// (<https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html>).
pub fn is_athena_name(text: &str) -> bool {
    let letter =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    (1..=255).contains(&text.len()) && text.bytes().all(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_holds_nothing_that_a_statement_would_read_otherwise() {
        for name in ["vpce_scout", "a", "logs-2026"] {
            assert!(is_athena_name(name), "{name}");
        }
        for odd in [
            "",
            "a`b",
            "a b;drop",
            "Logs",
            "a.b",
            "a\"b",
            "\u{e9}",
            &"a".repeat(256),
        ] {
            assert!(!is_athena_name(odd), "{odd}");
        }
    }
}
