//! One Logs Insights query: its slot, its start, polls with back-off, and the pages of its answer. A query
//! that is given up (stopped, too slow) is ended with `StopQuery`, so that it frees its slot.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use aws_sdk_cloudwatchlogs::{
    operation::get_query_results::GetQueryResultsOutput,
    types::{QueryStatistics, QueryStatus},
};
use tokio::time::{Instant, sleep};

use super::{Insights, QueryOutcome, Row};
use crate::{
    aws::{
        cancellation::{cancelled, unless_cancelled, with_grace},
        error::is_not_found,
        pace::Api,
        quota::LIMIT_EXCEEDED,
    },
    model::{
        coverage::{Failure, Reason},
        run::Window,
    },
    usage::slot_wait::{self, SlotWait},
};

/// `Failed` is mostly a passing fault of the service: so many tries a query.
const TRIES_WHEN_FAILED: usize = 3;

/// So long is the answer to a StartQuery awaited when all shall stop.
const LAST_START: Duration = Duration::from_secs(10);

impl Insights<'_> {
    /// One query, from its slot to its rows; repeated while the service fails it. A failure comes
    /// with the bytes that were scanned all the same.
    pub(super) async fn run(
        &self,
        window: Window,
        text: &str,
    ) -> Result<QueryOutcome, (Failure, u64)> {
        let (stop, budget) = (self.session.cancellation(), self.session.budget());
        let slot = self.session.pace().insights_slot(self.class);
        let slot = unless_cancelled(stop, slot).await;
        let _slot = slot.map_err(|failure| (failure, 0))?;
        let mut tries = 1;
        let scanned = AtomicU64::new(0);
        let so_far = || scanned.load(Ordering::Relaxed);
        loop {
            let id = Box::pin(self.start(window, text)).await;
            let id = id.map_err(|failure| (failure, so_far()))?;
            let before = so_far();
            let _running = self.session.pace().begin_query();
            let ended = tokio::select! {
                biased;
                () = stop.cancelled() => Err(cancelled()),
                () = budget.reached() => Err(budget.refusal()),
                ended = self.poll(&id, &scanned) => ended,
            };
            match ended {
                Ok(Some(ended)) => {
                    let bytes_scanned = before + ended.bytes_scanned;
                    return Ok(QueryOutcome {
                        bytes_scanned,
                        ..ended
                    });
                }
                Ok(None) if tries < TRIES_WHEN_FAILED => tries += 1,
                Ok(None) => {
                    let why = format!("Logs Insights failed the query {tries} times");
                    return Err((
                        self.in_log_group(Failure::new(Reason::Other, why)),
                        so_far(),
                    ));
                }
                Err(failure) => {
                    self.stop_query(&id).await;
                    return Err((self.in_log_group(failure), so_far()));
                }
            }
        }
    }

    /// Starts a query; waits while all the account's query slots are taken by others. A cancelled
    /// run, or the limit on scanned bytes, ends the waiting, but not a call under way: it may start a query, whose id is needed.
    async fn start(&self, window: Window, text: &str) -> Result<String, Failure> {
        let (stop, budget) = (self.session.cancellation(), self.session.budget());
        let seconds = self.settings.query_timeout_seconds;
        let mut slot_wait = SlotWait::new(Duration::from_secs(seconds));
        let mut pause = Duration::from_millis(self.settings.poll_first_ms);
        loop {
            let call = self
                .session
                .logs()
                .start_query()
                .log_group_name(&self.group.name)
                .start_time(window.start.as_second())
                // Both ends count, in whole seconds.
                .end_time(window.end.as_second() - 1)
                .query_string(text);
            if stop.is_cancelled() {
                return Err(cancelled());
            }
            if budget.is_reached() {
                return Err(self.in_log_group(budget.refusal()));
            }
            let call = self
                .session
                .call(Api::Logs("StartQuery"), || call.clone().send());
            match with_grace(stop, LAST_START, Box::pin(call)).await {
                Ok(answer) => {
                    let missing = || Failure::new(Reason::InvalidResponse, "StartQuery gave no id");
                    return answer.query_id.ok_or_else(|| self.in_log_group(missing()));
                }
                Err(failure)
                    if failure.code.as_deref() == Some(LIMIT_EXCEEDED)
                        && slot_wait
                            .lasts(self.session.pace().running_queries(), Instant::now()) =>
                {
                    slot_wait::pause(self.session, pause).await;
                    pause = self.longer(pause);
                }
                Err(failure) if is_not_found(&failure) => {
                    let reason = Reason::LogGroupMissing;
                    return Err(self.in_log_group(Failure { reason, ..failure }));
                }
                Err(failure) => return Err(self.in_log_group(failure)),
            }
        }
    }

    /// Waits until the query has ended, and counts what it scans as it goes. None if the service
    /// failed it.
    async fn poll(&self, id: &str, scanned: &AtomicU64) -> Result<Option<QueryOutcome>, Failure> {
        let mut counted = 0;
        let deadline = Instant::now() + Duration::from_secs(self.settings.query_timeout_seconds);
        let mut pause = Duration::from_millis(self.settings.poll_first_ms);
        loop {
            sleep(pause).await;
            let answer = self.results(id, None).await?;
            let bytes_scanned = bytes_scanned(&answer);
            let more = bytes_scanned.saturating_sub(counted);
            counted += more;
            scanned.fetch_add(more, Ordering::Relaxed);
            self.session.budget().charge(more);
            match answer.status() {
                Some(QueryStatus::Complete) => {
                    let rows = self.all_rows(id, answer).await?;
                    return Ok(Some(QueryOutcome {
                        rows,
                        bytes_scanned,
                        timed_out: false,
                    }));
                }
                Some(QueryStatus::Timeout) => {
                    return Ok(Some(QueryOutcome {
                        rows: Vec::new(),
                        bytes_scanned,
                        timed_out: true,
                    }));
                }
                Some(QueryStatus::Failed) => return Ok(None),
                Some(QueryStatus::Cancelled) => {
                    let why = "the query was cancelled from outside";
                    return Err(Failure::new(Reason::Cancelled, why));
                }
                _ if Instant::now() >= deadline => {
                    let why = format!(
                        "the query was not done after {} s (usage.query_timeout_seconds)",
                        self.settings.query_timeout_seconds
                    );
                    return Err(Failure::new(Reason::Unreachable, why));
                }
                _ => pause = self.longer(pause),
            }
        }
    }

    async fn all_rows(&self, id: &str, first: GetQueryResultsOutput) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        let mut answer = first;
        loop {
            let token = answer.next_token.take().filter(|token| !token.is_empty());
            rows.extend(rows_of(answer));
            let Some(token) = token else { return Ok(rows) };
            answer = self.results(id, Some(token)).await?;
        }
    }

    async fn results(
        &self,
        id: &str,
        token: Option<String>,
    ) -> Result<GetQueryResultsOutput, Failure> {
        let call = self
            .session
            .logs()
            .get_query_results()
            .query_id(id)
            .set_next_token(token);
        self.session
            .call(Api::Logs("GetQueryResults"), || call.clone().send())
            .await
    }

    /// Ends a query whose answer is no longer wanted. That it may have ended already is no matter.
    async fn stop_query(&self, id: &str) {
        let call = self.session.logs().stop_query().query_id(id);
        let stopped = self
            .session
            .call(Api::Logs("StopQuery"), || call.clone().send());
        if let Err(failure) = stopped.await {
            tracing::debug!(group = self.group.name, %failure, "StopQuery");
        }
    }

    fn longer(&self, pause: Duration) -> Duration {
        (pause * 2).min(Duration::from_millis(self.settings.poll_last_ms))
    }

    fn in_log_group(&self, failure: Failure) -> Failure {
        let (group, target) = (&self.group.name, &self.group.target);
        let message = format!("log group `{group}` of {target}: {}", failure.message);
        Failure { message, ..failure }
    }
}

fn bytes_scanned(answer: &GetQueryResultsOutput) -> u64 {
    let bytes = answer
        .statistics()
        .map_or(0.0, QueryStatistics::bytes_scanned);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a byte count; out of range it saturates"
    )]
    {
        bytes as u64
    }
}

fn rows_of(answer: GetQueryResultsOutput) -> impl Iterator<Item = Row> {
    answer
        .results
        .unwrap_or_default()
        .into_iter()
        .map(|fields| {
            fields
                .into_iter()
                .filter_map(|field| Some((field.field?, field.value?)))
                .collect()
        })
}
