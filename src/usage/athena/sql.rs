//! Pieces of SQL in Athena's dialect (Trino): texts, names, lists.

/// Bytes that a statement may have
/// (<https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html>).
pub const LENGTH: usize = 262_144;

/// A text.
pub fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// A name, which may be a reserved word.
pub fn name(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}

/// Whether a column has one of these values; never, if there are none.
pub fn is_one_of<'v>(column: &str, values: impl IntoIterator<Item = &'v str>) -> String {
    let values: Vec<_> = values.into_iter().map(text).collect();
    if values.is_empty() {
        return "false".to_owned();
    }
    format!("{column} IN ({})", values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled_and_no_values_are_no_condition_that_holds() {
        assert_eq!(text("o'x"), "'o''x'");
        assert_eq!(name("a\"b"), "\"a\"\"b\"");
        assert_eq!(is_one_of("a", ["x", "y"]), "a IN ('x', 'y')");
        assert_eq!(is_one_of("a", []), "false");
    }
}
