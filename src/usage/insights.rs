//! One Logs Insights query after the other against one log group; what does not fit is split.
//!
//! Rows of a query that is not `Complete` are never used: they are partial.

mod query;

use std::collections::BTreeMap;

use futures::{StreamExt, stream};

use super::split::Part;
use crate::{
    config::Usage,
    model::{
        coverage::{Failure, Reason},
        run::Window,
        usage::{LogGroup, LogGroupClass},
    },
    org::session::Session,
};

/// IAM actions that this needs in the account that owns the log group.
pub const ACTIONS: &[&str] = &["logs:GetQueryResults", "logs:StartQuery", "logs:StopQuery"];

/// A row by its field names.
pub type Row = BTreeMap<String, String>;

/// A log group, the session that reads it, and how.
#[derive(Debug)]
pub struct Insights<'s> {
    /// In the account and region that own the group.
    pub session: &'s Session,
    /// The group.
    pub group: &'s LogGroup,
    /// Its class.
    pub class: LogGroupClass,
    /// Limits and time-outs.
    pub settings: &'s Usage,
}

/// What reading took and what stopped it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Bytes scanned, by queries that had to be repeated too.
    pub bytes_scanned: u64,
    /// Queries started.
    pub queries: usize,
    /// Why the rows are not all there are.
    pub failure: Option<Failure>,
}

impl Reading {
    /// A reading whose only query failed.
    pub fn failed(failure: Failure, bytes_scanned: u64) -> Self {
        Self {
            bytes_scanned,
            queries: 1,
            failure: Some(failure),
        }
    }
}

/// How a query ended, if it ended well.
#[derive(Debug)]
pub struct QueryOutcome {
    rows: Vec<Row>,
    bytes_scanned: u64,
    /// The service gave up after its 60 minutes: the answer is missing, the bytes are not.
    timed_out: bool,
}

impl QueryOutcome {
    /// The rows, and the bytes that were scanned.
    pub fn into_rows(self) -> (Vec<Row>, u64) {
        (self.rows, self.bytes_scanned)
    }
}

impl Insights<'_> {
    /// One query over the window. A failure comes with the bytes that were scanned all the same.
    ///
    /// # Errors
    ///
    /// If the query fails, or is given up.
    pub async fn read_once(
        &self,
        window: Window,
        text: &str,
    ) -> Result<QueryOutcome, (Failure, u64)> {
        Box::pin(self.run(window, text)).await
    }

    /// Whether these are all rows that there are.
    pub fn is_whole(&self, ended: &QueryOutcome) -> bool {
        ended.rows.len() < self.settings.row_limit && !ended.timed_out
    }

    /// Reads every row that `query` has over the window. `query` makes the query's text from the
    /// conditions on the field `names` of a part, `take` gets the rows of complete answers only.
    pub async fn read(
        &self,
        window: Window,
        names: &str,
        query: impl Fn(&[String]) -> String,
        take: impl FnMut(Row),
    ) -> Reading {
        let open = vec![Part::whole(window)];
        self.read_parts(Reading::default(), open, names, query, take)
            .await
    }

    /// Reads every row where the answer of a first query over the window is not whole.
    pub async fn read_further(
        &self,
        first: QueryOutcome,
        window: Window,
        names: &str,
        query: impl Fn(&[String]) -> String,
        mut take: impl FnMut(Row),
    ) -> Reading {
        let mut reading = Reading {
            queries: 1,
            ..Reading::default()
        };
        let (whole, mut open) = (Part::whole(window), Vec::new());
        self.accept_or_split(first, &whole, names, &mut reading, &mut open, &mut take);
        self.read_parts(reading, open, names, query, take).await
    }

    async fn read_parts(
        &self,
        mut reading: Reading,
        mut open: Vec<Part>,
        names: &str,
        query: impl Fn(&[String]) -> String,
        mut take: impl FnMut(Row),
    ) -> Reading {
        while !open.is_empty() && reading.failure.is_none() {
            let wave: Vec<_> = open
                .drain(..)
                .map(|part| {
                    let text = query(&part.names);
                    async move { (Box::pin(self.run(part.window, &text)).await, part) }
                })
                .collect();
            let at_once = self.session.pace().insights_slots(self.class);
            let mut answers = stream::iter(wave).buffer_unordered(at_once);
            while let Some((answer, part)) = answers.next().await {
                reading.queries += 1;
                match answer {
                    Ok(ended) => {
                        self.accept_or_split(
                            ended,
                            &part,
                            names,
                            &mut reading,
                            &mut open,
                            &mut take,
                        );
                    }
                    Err((failure, scanned)) => {
                        reading.bytes_scanned = reading.bytes_scanned.saturating_add(scanned);
                        reading.failure = reading.failure.or(Some(failure));
                    }
                }
            }
        }
        reading
    }

    /// Hands over the rows of a part, or splits it.
    fn accept_or_split(
        &self,
        ended: QueryOutcome,
        part: &Part,
        field: &str,
        reading: &mut Reading,
        open: &mut Vec<Part>,
        take: &mut impl FnMut(Row),
    ) {
        reading.bytes_scanned = reading.bytes_scanned.saturating_add(ended.bytes_scanned);
        if self.is_whole(&ended) {
            ended.rows.into_iter().for_each(take);
            return;
        }
        let affordable = reading.queries + open.len() < self.settings.max_queries_per_log_group;
        let names = ended
            .rows
            .iter()
            .filter_map(|row| row.get(field).map(String::as_str));
        let parts = part.split(self.settings.min_slice_seconds, field, names);
        if let Some(parts) = parts.filter(|_| affordable) {
            open.extend(parts);
            return;
        }
        let why = format!(
            "log group `{}` holds more rows than {} queries of {} rows return; the counts are too low",
            self.group.name, self.settings.max_queries_per_log_group, self.settings.row_limit
        );
        let truncated = Failure::new(Reason::Truncated, why);
        reading.failure = reading.failure.take().or(Some(truncated));
        ended.rows.into_iter().for_each(take);
    }
}
