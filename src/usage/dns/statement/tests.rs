//! The statement as a snapshot, which a test of the local AWS parses.

use super::*;

#[test]
fn one_statement_counts_names_and_totals() {
    let window = Window {
        start: "2026-06-01T00:00:00Z".parse().unwrap(),
        end: "2026-06-02T00:00:00Z".parse().unwrap(),
    };
    let zones = ["amazonaws.com".to_owned(), "aws".to_owned()];
    insta::assert_snapshot!(
        "sql_queries",
        statement(
            r#""logs"."queries""#,
            "log_account = '111111111111'",
            &zones,
            window
        )
    );
}
