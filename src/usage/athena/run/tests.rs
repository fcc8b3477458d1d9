//! Tokens, the ends of executions, pages of rows, and tables that are not as expected.

use aws_sdk_athena::types::{
    AthenaError, ColumnInfo, Datum, QueryExecutionStatus, ResultSet, ResultSetMetadata,
    Row as SdkRow,
};

use super::*;

fn execution(state: QueryExecutionState, why: &str, retryable: bool) -> QueryExecution {
    let error = AthenaError::builder().retryable(retryable).build();
    let status = QueryExecutionStatus::builder()
        .state(state)
        .state_change_reason(why)
        .athena_error(error);
    QueryExecution::builder().status(status.build()).build()
}

fn shown(state: QueryExecutionState, why: &str, retryable: bool, at_once: bool) -> String {
    match ended(&execution(state, why, retryable), at_once) {
        None => "runs".to_owned(),
        Some(Ok(ExecutionOutcome::Succeeded)) => "succeeded".to_owned(),
        Some(Ok(ExecutionOutcome::Failed(_))) => "again".to_owned(),
        Some(Ok(ExecutionOutcome::Stopped)) => "stopped".to_owned(),
        Some(Err(failure)) => failure.reason.name().to_owned(),
    }
}

#[test]
fn a_token_is_the_same_for_the_same_run_text_and_attempt_alone() {
    let one = token("7", "SELECT 1", 0);
    assert_eq!(one, token("7", "SELECT 1", 0));
    assert!((32..=128).contains(&one.len()));
    for other in [
        token("8", "SELECT 1", 0),
        token("7", "SELECT 2", 0),
        token("7", "SELECT 1", 1),
    ] {
        assert_ne!(one, other);
    }
}

#[test]
fn an_execution_ends_with_its_reason_and_is_repeated_where_that_may_help() {
    use QueryExecutionState::{Cancelled, Failed, Queued, Running, Succeeded};
    assert_eq!(shown(Queued, "", false, true), "runs");
    assert_eq!(shown(Running, "", false, false), "runs");
    assert_eq!(shown(Succeeded, "", false, true), "succeeded");
    assert_eq!(shown(Failed, "INTERNAL_ERROR", true, false), "again");
    assert_eq!(shown(Failed, "SYNTAX_ERROR", false, false), "other");
    assert_eq!(shown(Failed, "SYNTAX_ERROR", false, true), "again");
    let denied = "com.amazonaws.services.s3.model.AmazonS3Exception: AccessDenied";
    assert_eq!(shown(Failed, denied, false, false), "access_denied");
    assert_eq!(shown(Cancelled, "by user", false, true), "stopped");
    assert_eq!(shown(Cancelled, "by user", false, false), "cancelled");
    let cut_off = "Query cancelled! : Bytes scanned limit was exceeded";
    assert_eq!(shown(Cancelled, cut_off, false, true), "budget");
}

fn page(rows: &[&[Option<&str>]]) -> GetQueryResultsOutput {
    let column = |name: &str| {
        let column = ColumnInfo::builder().name(name).r#type("varchar");
        column.build().unwrap()
    };
    let columns = ResultSetMetadata::builder()
        .column_info(column("a"))
        .column_info(column("b"));
    let mut set = ResultSet::builder().result_set_metadata(columns.build());
    for row in rows {
        let values = row.iter().map(|it| {
            Datum::builder()
                .set_var_char_value(it.map(str::to_owned))
                .build()
        });
        set = set.rows(SdkRow::builder().set_data(Some(values.collect())).build());
    }
    GetQueryResultsOutput::builder()
        .result_set(set.build())
        .build()
}

#[test]
fn the_header_is_no_row_and_a_null_is_no_field() {
    let page = page(&[&[Some("a"), Some("b")], &[Some("1"), None]]);
    let rows = rows_of(&page, true).unwrap();
    assert_eq!(rows, [Row::from([("a".to_owned(), "1".to_owned())])]);
    assert_eq!(rows_of(&page, false).unwrap().len(), 2);
    let none = GetQueryResultsOutput::builder().build();
    assert_eq!(
        rows_of(&none, true).unwrap_err().reason,
        Reason::InvalidResponse
    );
}
