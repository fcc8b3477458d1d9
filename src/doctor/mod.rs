//! `doctor`: whether a scan with these settings would work, before the first one.
//!
//! Every check states what was found, and what to do if that is not good. Nothing is changed, and no log
//! is read.

mod local;
mod log_cost;
mod organization;
mod places;
mod text;

use anyhow::Error;
use serde::Serialize;

use self::places::StoredContent;
pub use self::text::text;
use crate::{
    aws::{cancellation::CancellationToken, traffic},
    config::Config,
    cost::price_book::PriceBook,
    org::connect::{check_regions, connect},
};

/// The version of the shape of a [`Diagnosis`].
const SCHEMA_VERSION: u32 = 1;

/// How a check ended; the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Not tried, because of a check before.
    Skipped,
    /// A scan works, and something is worth knowing.
    Warning,
    /// A scan would have gaps.
    Incomplete,
    /// A scan would not work.
    Failed,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was checked.
    pub name: &'static str,
    /// How it ended.
    pub status: Status,
    /// What was found, in one line.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// One line for each account, action or log group that is not as it should be.
    pub details: Vec<String>,
}

impl Check {
    fn new(name: &'static str, status: Status, message: impl Into<String>) -> Self {
        Self {
            name,
            status,
            message: message.into(),
            remedy: None,
            details: Vec::new(),
        }
    }

    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, message)
    }

    fn remedy(self, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..self
        }
    }

    /// A check that failed; the lines of an error after the first are its remedy.
    fn failed(name: &'static str, error: &Error) -> Self {
        let whole = format!("{error:#}");
        let (message, remedy) = whole.split_once('\n').unwrap_or((&whole, ""));
        let check = Self::new(name, Status::Failed, message);
        if remedy.is_empty() {
            check
        } else {
            check.remedy(remedy.replace('\n', " "))
        }
    }
}

/// All checks.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// The version of this document's shape.
    pub schema_version: u32,
    /// The checks, in the order in which they were made.
    pub checks: Vec<Check>,
}

impl Diagnosis {
    /// The worst of all.
    pub fn status(&self) -> Status {
        let all = self.checks.iter().map(|check| check.status);
        all.max().unwrap_or(Status::Ok)
    }
}

/// Makes every check.
pub async fn diagnose(config: &Config, prices: &PriceBook, stop: CancellationToken) -> Diagnosis {
    let mut checks = vec![
        local::state(config.state_dir().ok()),
        match &config.output.location {
            None => local::writable("output", Some(&config.output.dir)),
            Some(place) => {
                places::writable(StoredContent::Output, config, place, stop.clone()).await
            }
        },
        local::proxy(|name| std::env::var(name).ok()),
    ];
    let before_the_clock = checks.len();
    if let Some(place) = &config.state.location {
        checks.push(places::writable(StoredContent::State, config, place, stop.clone()).await);
    }
    let access = connect(config, stop).await;
    match access {
        Err(error) => checks.push(local::credentials_failed(error)),
        Ok(access) => {
            let source = local::credential_source(config, |name| std::env::var(name).ok());
            let caller = access.caller_account();
            let message = format!("account {caller}, from {source}");
            checks.push(Check::ok("credentials", message));
            checks.push(match Box::pin(check_regions(config, &access)).await {
                Err(error) => local::regions_failed(&error.into()),
                Ok(()) => match access.home_region() {
                    Ok(region) => Check::ok("regions", format!("STS answers in {region}")),
                    Err(failure) => local::regions_failed(&failure.into()),
                },
            });
            checks.extend(organization::checks(config, prices, &access).await);
        }
    }
    // After the first answers, also those that refuse.
    checks.insert(before_the_clock, local::clock(traffic::clock_ahead()));
    Diagnosis {
        schema_version: SCHEMA_VERSION,
        checks,
    }
}

#[cfg(test)]
mod tests;
