//! One Athena query after the other: start, poll with back-off, follow the pages, stop.
//!
//! A query is started with a token made of the run and its text. For the same token Athena returns the
//! same execution and starts no second one
//! (<https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html>), so that a process that
//! was killed takes up what it started, between call and answer too, and no query is paid twice.

use std::time::Duration;

use aws_sdk_athena::{
    operation::get_query_results::GetQueryResultsOutput,
    types::{self, QueryExecution, QueryExecutionContext, QueryExecutionState},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use super::{difference::difference, table::Table};
use crate::{
    aws::{
        cancellation::{cancelled, with_grace},
        pace::Api,
    },
    config::{Athena, Usage},
    model::{
        coverage::{Failure, Reason},
        object_reads::ObjectCounts,
    },
    org::session::Session,
    usage::{
        insights::Row,
        slot_wait::{self, SlotWait},
    },
};

/// IAM actions on the workgroup, and (`GetTableMetadata`) on the data catalog.
pub const ACTIONS: &[&str] = &[
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetTableMetadata",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
];
/// IAM actions that Athena makes in the name of the caller on the Glue Data Catalog
/// (<https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html>).
pub const CATALOG_ACTIONS: &[&str] = &["glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"];

/// The data catalog of Glue.
const CATALOG: &str = "AwsDataCatalog";
/// Executions of one statement that are looked at: those of earlier processes too.
const TRIES: usize = 8;
/// Executions that the service may fail while this process looks.
const TRIES_WHEN_FAILED: usize = 3;
/// So long is the answer to a StartQueryExecution awaited when all shall stop.
const LAST_START: Duration = Duration::from_secs(10);
/// How a workgroup's limit on the bytes of a query is named
/// (<https://docs.aws.amazon.com/athena/latest/ug/workgroups-setting-control-limits-cloudwatch.html>).
const CUT_OFF: &str = "Bytes scanned limit was exceeded";

/// Where queries run, and how.
#[derive(Debug)]
pub struct Workgroup<'s> {
    /// In the account and Region of the workgroup.
    pub session: &'s Session,
    /// The workgroup, the database and its tables.
    pub settings: &'s Athena,
    /// How often it is polled, and for how long.
    pub polling: &'s Usage,
    /// Names the run: the tokens of another run start queries of their own.
    pub run: &'s str,
}

/// The rows of a query and what it scanned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// By column; a column that is NULL is missing.
    pub rows: Vec<Row>,
    /// Bytes scanned, in tries that failed too.
    pub bytes_scanned: u64,
}

impl Answer {
    /// Bytes that Athena bills.
    pub fn bytes_billed(&self) -> u64 {
        ObjectCounts::billed(self.bytes_scanned)
    }
}

/// How an execution ended.
enum ExecutionOutcome {
    Succeeded,
    /// The service failed it, and may not the next time.
    Failed(Failure),
    /// An earlier process, or somebody else, stopped it before this one looked.
    Stopped,
}

impl Workgroup<'_> {
    /// The quoted name of a table: its own, or that of the settings.
    pub fn table_name(&self, table: &Table) -> String {
        self.quoted(&table.name())
    }

    /// The quoted name of a table that the settings name.
    pub fn quoted(&self, table: &str) -> String {
        let (database, table) = self.settings.place_of(table);
        format!(
            "{}.{}",
            super::sql::name(&database),
            super::sql::name(&table)
        )
    }

    /// Checks that a table has the columns, the partitions and the place that the statements expect.
    pub async fn check(&self, table: &Table) -> Result<(), Failure> {
        let create = "print the statements that create it with `vpce-scout athena ddl`";
        let (place, found) = self.metadata(&table.name(), create).await?;
        let differs = found.map_or(Some("no columns".to_owned()), |it| difference(table, &it));
        let Some(what) = differs else { return Ok(()) };
        let why = format!("table `{place}` has other {what} than expected; {create}");
        Err(Failure::new(Reason::TableMismatch, why))
    }

    /// The database and name of a table, and what the data catalog has of it. `remedy` is for one that is
    /// not there.
    pub async fn metadata(
        &self,
        table: &str,
        remedy: &str,
    ) -> Result<(String, Option<types::TableMetadata>), Failure> {
        let (database, name) = self.settings.place_of(table);
        let call = self
            .session
            .athena()
            .get_table_metadata()
            .catalog_name(CATALOG)
            .database_name(&database)
            .table_name(&name);
        let found = self.session.call(Api::Athena, || call.clone().send()).await;
        let found = found.map_err(|failure| {
            let missing = failure.code.as_deref() == Some("MetadataException");
            let reason = if missing {
                Reason::TableMismatch
            } else {
                failure.reason
            };
            let message = format!("table `{database}.{name}`: {}; {remedy}", failure.message);
            Failure {
                reason,
                message,
                ..failure
            }
        })?;
        Ok((format!("{database}.{name}"), found.table_metadata))
    }

    /// Runs a statement, or takes up the execution that an earlier process of the run started. A failure
    /// comes with the bytes that were scanned all the same.
    pub async fn run(&self, statement: &str) -> Result<Answer, (Failure, u64)> {
        let mut scanned = 0;
        let mut failed = 0;
        for attempt in 0..TRIES {
            let id = Box::pin(self.start(statement, attempt)).await;
            let id = id.map_err(|failure| (failure, scanned))?;
            let _running = self.session.pace().begin_query();
            let (stop, budget) = (self.session.cancellation(), self.session.budget());
            let ended = tokio::select! {
                biased;
                () = stop.cancelled() => Err(cancelled()),
                () = budget.reached() => Err(budget.refusal()),
                ended = self.poll(&id, &mut scanned) => ended,
            };
            match ended {
                Ok(ExecutionOutcome::Succeeded) => {
                    let rows = self.rows(&id).await;
                    let rows = rows.map_err(|failure| (failure, scanned))?;
                    return Ok(Answer {
                        rows,
                        bytes_scanned: scanned,
                    });
                }
                Ok(ExecutionOutcome::Stopped) => {}
                Ok(ExecutionOutcome::Failed(failure)) => {
                    failed += 1;
                    if failed == TRIES_WHEN_FAILED {
                        return Err((failure, scanned));
                    }
                }
                Err(failure) => {
                    self.stop_query(&id).await;
                    return Err((failure, scanned));
                }
            }
        }
        let why = format!("Athena ended the query {TRIES} times without an answer");
        Err((Failure::new(Reason::Other, why), scanned))
    }

    /// Starts a query; waits while all the account's query slots are taken.
    async fn start(&self, statement: &str, attempt: usize) -> Result<String, Failure> {
        let (stop, budget) = (self.session.cancellation(), self.session.budget());
        let seconds = self.polling.query_timeout_seconds;
        let mut slot_wait = SlotWait::new(Duration::from_secs(seconds));
        let mut pause = Duration::from_millis(self.polling.poll_first_ms);
        let (database, _) = self.settings.place_of("");
        let context = QueryExecutionContext::builder()
            .catalog(CATALOG)
            .database(database);
        let call = self
            .session
            .athena()
            .start_query_execution()
            .query_string(statement)
            .client_request_token(token(self.run, statement, attempt))
            .query_execution_context(context.build())
            .work_group(&self.settings.workgroup);
        loop {
            if stop.is_cancelled() {
                return Err(cancelled());
            }
            if budget.is_reached() {
                return Err(budget.refusal());
            }
            let call = self.session.call(Api::Athena, || call.clone().send());
            match with_grace(stop, LAST_START, Box::pin(call)).await {
                Ok(answer) => {
                    let missing = "StartQueryExecution gave no id";
                    let missing = || Failure::new(Reason::InvalidResponse, missing);
                    return answer.query_execution_id.ok_or_else(missing);
                }
                Err(failure)
                    if failure.code.as_deref() == Some("TooManyRequestsException")
                        && slot_wait
                            .lasts(self.session.pace().running_queries(), Instant::now()) =>
                {
                    slot_wait::pause(self.session, pause).await;
                    pause = self.longer(pause);
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Waits until the query has ended, and counts what it scans as it goes.
    async fn poll(&self, id: &str, scanned: &mut u64) -> Result<ExecutionOutcome, Failure> {
        let mut counted = 0;
        let mut polls = 0;
        let deadline = Instant::now() + Duration::from_secs(self.polling.query_timeout_seconds);
        let mut pause = Duration::from_millis(self.polling.poll_first_ms);
        loop {
            sleep(pause).await;
            let call = self
                .session
                .athena()
                .get_query_execution()
                .query_execution_id(id);
            let answer = self
                .session
                .call(Api::Athena, || call.clone().send())
                .await?;
            let Some(execution) = answer.query_execution() else {
                let why = "GetQueryExecution gave no execution";
                return Err(Failure::new(Reason::InvalidResponse, why));
            };
            let statistics = execution.statistics();
            let bytes = statistics.and_then(types::QueryExecutionStatistics::data_scanned_in_bytes);
            let bytes = bytes.and_then(|it| u64::try_from(it).ok()).unwrap_or(0);
            let more = bytes.saturating_sub(counted);
            counted += more;
            *scanned = scanned.saturating_add(more);
            self.session.budget().charge(more);
            polls += 1;
            if let Some(ended) = ended(execution, polls == 1) {
                return ended;
            }
            if Instant::now() >= deadline {
                let why = format!(
                    "the query was not done after {} s (usage.query_timeout_seconds)",
                    self.polling.query_timeout_seconds
                );
                return Err(Failure::new(Reason::Unreachable, why));
            }
            pause = self.longer(pause);
        }
    }

    async fn rows(&self, id: &str) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        let mut token = None;
        let mut is_first = true;
        loop {
            let call = self
                .session
                .athena()
                .get_query_results()
                .query_execution_id(id)
                .set_next_token(token.take());
            let mut answer = self
                .session
                .call(Api::Athena, || call.clone().send())
                .await?;
            token = answer.next_token.take().filter(|it| !it.is_empty());
            rows.extend(rows_of(&answer, is_first)?);
            is_first = false;
            if token.is_none() {
                return Ok(rows);
            }
        }
    }

    /// Ends a query whose answer is no longer wanted. That it may have ended already is no matter.
    async fn stop_query(&self, id: &str) {
        let call = self
            .session
            .athena()
            .stop_query_execution()
            .query_execution_id(id);
        let stopped = self.session.call(Api::Athena, || call.clone().send());
        if let Err(failure) = stopped.await {
            tracing::debug!(%failure, "StopQueryExecution");
        }
    }

    fn longer(&self, pause: Duration) -> Duration {
        (pause * 2).min(Duration::from_millis(self.polling.poll_last_ms))
    }
}

/// The token of an attempt: 32 to 128 characters, the same for the same run, text and attempt.
fn token(run: &str, statement: &str, attempt: usize) -> String {
    let hash = Sha256::new()
        .chain_update(run)
        .chain_update([0])
        .chain_update(statement)
        .finalize();
    let hash = URL_SAFE_NO_PAD.encode(hash);
    format!("vpce-scout-{hash}-{attempt}")
}

/// How an execution ended; none while it runs. `at_once`: it had ended before it was first looked at.
fn ended(execution: &QueryExecution, at_once: bool) -> Option<Result<ExecutionOutcome, Failure>> {
    let status = execution.status()?;
    let why = status.state_change_reason().unwrap_or("no reason given");
    match status.state()? {
        QueryExecutionState::Succeeded => Some(Ok(ExecutionOutcome::Succeeded)),
        QueryExecutionState::Cancelled if why.contains(CUT_OFF) => {
            let why = format!("the limit of the workgroup on scanned bytes ended the query: {why}");
            Some(Err(Failure::new(Reason::Budget, why)))
        }
        QueryExecutionState::Cancelled if at_once => Some(Ok(ExecutionOutcome::Stopped)),
        QueryExecutionState::Cancelled => {
            let why = format!("the query was cancelled from outside: {why}");
            Some(Err(Failure::new(Reason::Cancelled, why)))
        }
        QueryExecutionState::Failed => {
            let denied = why.contains("AccessDenied") || why.contains("not authorized");
            let reason = if denied {
                Reason::AccessDenied
            } else {
                Reason::Other
            };
            let failure = Failure::new(reason, format!("Athena failed the query: {why}"));
            let error = status.athena_error();
            // An execution of an earlier process shows a fault that may have passed.
            let again = at_once || error.is_some_and(types::AthenaError::retryable);
            Some(if again {
                Ok(ExecutionOutcome::Failed(failure))
            } else {
                Err(failure)
            })
        }
        _ => None,
    }
}

/// The rows of a page. The first row of the first page holds the names of the columns.
fn rows_of(answer: &GetQueryResultsOutput, is_first: bool) -> Result<Vec<Row>, Failure> {
    let set = answer.result_set();
    let columns = set
        .and_then(|it| it.result_set_metadata())
        .map(types::ResultSetMetadata::column_info);
    let (Some(set), Some(columns)) = (set, columns) else {
        let why = "GetQueryResults gave no columns";
        return Err(Failure::new(Reason::InvalidResponse, why));
    };
    let names: Vec<&str> = columns.iter().map(types::ColumnInfo::name).collect();
    let rows = set.rows().iter().skip(usize::from(is_first));
    let row = |row: &types::Row| {
        let values = row.data().iter().map(types::Datum::var_char_value);
        let known = names.iter().zip(values);
        known
            .filter_map(|(name, value)| Some(((*name).to_owned(), value?.to_owned())))
            .collect()
    };
    Ok(rows.map(row).collect())
}

#[cfg(test)]
mod tests;
