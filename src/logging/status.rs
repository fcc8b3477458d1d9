//! The status table: what every VPC logs, where to, and whether it is delivered; without a call.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    observed_state::{Unread, log_group_of},
    plan::shortcoming,
};
use crate::model::{
    coverage::{Failure, Step},
    facts::Facts,
    id::{Arn, VpcId},
    inventory::{AssociationState, FlowLog, QueryLogAssociation, Vpc},
    kind::{DeliveryStatus, LogDestinationType},
    logging::{EXPIRES_TAG, RUN_TAG, Tags, is_ours, resource::ExistingLogGroup},
    target::Target,
    text::printable,
};

/// A log of a VPC, or that it has none.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "described in docs/logging.md, column by column"
)]
pub struct Row {
    pub account_id: String,
    pub region: String,
    pub vpc_id: Option<VpcId>,
    pub vpc_name: Option<String>,
    pub log: &'static str,
    pub state: &'static str,
    pub log_id: Option<String>,
    pub log_status: Option<String>,
    pub log_error: Option<String>,
    pub destination_type: Option<String>,
    pub destination: Option<String>,
    pub destination_account_id: Option<String>,
    pub retention_days: Option<u32>,
    pub last_event_at: Option<String>,
    pub run: Option<String>,
    pub expires_at: Option<String>,
    pub message: Option<String>,
}

impl Row {
    /// Whether something is wrong, or could not be found out.
    pub fn is_gap(&self) -> bool {
        ["failed", "unknown"].contains(&self.state)
    }
}

/// A log group that logs are delivered to.
#[derive(Clone, Debug)]
pub struct LogGroupState {
    /// The group; none if it does not exist.
    pub group: Option<ExistingLogGroup>,
    /// When an event was last written.
    pub last_event_at: Option<Timestamp>,
}

/// What is known besides the facts; empty for a stored run.
#[derive(Debug, Default)]
pub struct StatusDetails {
    /// Log groups by account, region and name.
    pub groups: BTreeMap<(Target, String), Result<LogGroupState, Failure>>,
    /// Tags of configurations and flow logs, by id.
    pub tags: BTreeMap<String, Tags>,
}

/// The rows of a stored run. What the scan could not read is `unknown`, not `not_logged`.
pub fn stored_rows(facts: &Facts) -> Vec<Row> {
    let mut all = rows(facts, &StatusDetails::default());
    let flow = facts.complete(Step::FlowLogs);
    for row in &mut all {
        let (Ok(account_id), Ok(region)) = (row.account_id.parse(), row.region.parse()) else {
            continue;
        };
        let target = Target { account_id, region };
        let known = if row.log == "dns" {
            facts.knows_query_logging(&target, row.vpc_id.as_deref().unwrap_or_default())
        } else {
            flow.contains(&target)
        };
        if row.state == "not_logged" && !known {
            row.state = "unknown";
            row.message = Some("the scan could not read it; see coverage.csv".to_owned());
        }
    }
    all
}

/// The rows of what was read now, then a row for everything that could not be read.
pub fn live_rows(facts: &Facts, details: &StatusDetails, unread: &[Unread]) -> Vec<Row> {
    let mut all = rows(facts, details);
    let profiles = facts.unread_profiles.iter();
    let unknown: BTreeSet<&str> = profiles
        .flat_map(|(_, ids)| ids)
        .map(VpcId::as_str)
        .collect();
    for row in &mut all {
        let vpc_id = row.vpc_id.as_deref().unwrap_or_default();
        if row.log == "dns" && row.state == "not_logged" && unknown.contains(vpc_id) {
            row.state = "unknown";
            row.message = Some("a Route 53 Profile that may make it log cannot be read".to_owned());
        }
    }
    all.extend(unread.iter().map(|unread| {
        let (account_id, region) = (unread.account_id.as_ref(), unread.region.as_ref());
        Row {
            account_id: account_id.map_or_else(String::new, ToString::to_string),
            region: region.map_or_else(String::new, ToString::to_string),
            log: "-",
            state: "unknown",
            message: Some(format!("{}: {}", unread.name, unread.failure)),
            ..Row::default()
        }
    }));
    all
}

/// One row for each log of each VPC, and for each VPC without one; by account, region, VPC.
fn rows(facts: &Facts, details: &StatusDetails) -> Vec<Row> {
    let mut rows = Vec::new();
    for vpc in facts.distinct_vpcs() {
        dns(facts, details, vpc, &mut rows);
        flow(facts, details, vpc, &mut rows);
    }
    let other = facts
        .flow_logs
        .values()
        .filter(|log| !log.resource_id.starts_with("vpc-"));
    for log in other {
        rows.push(flow_row(details, log, None));
    }
    rows.sort_by(|a, b| {
        let key = |row: &Row| {
            let state = (row.account_id.clone(), row.region.clone());
            (state, row.vpc_id.clone(), row.log, row.log_id.clone())
        };
        key(a).cmp(&key(b))
    });
    rows
}

fn of_vpc(vpc: &Vpc, log: &'static str) -> Row {
    Row {
        account_id: vpc.target.account_id.to_string(),
        region: vpc.target.region.to_string(),
        vpc_id: Some(vpc.vpc_id.clone()),
        vpc_name: vpc.name.clone(),
        log,
        state: "not_logged",
        ..Row::default()
    }
}

fn dns(facts: &Facts, details: &StatusDetails, vpc: &Vpc, rows: &mut Vec<Row>) {
    let mut associations: Vec<&QueryLogAssociation> = facts
        .query_log_associations
        .iter()
        .filter(|it| it.vpc_id == vpc.vpc_id)
        .collect();
    // The owner of a shared configuration sees the association too.
    associations.sort_by_key(|it| (&it.config_id, it.target != vpc.target));
    associations.dedup_by_key(|it| &it.config_id);
    if associations.is_empty() {
        rows.push(of_vpc(vpc, "dns"));
    }
    for it in associations {
        let mut row = Row {
            log_id: Some(it.config_id.to_string()),
            log_status: Some(it.status.to_string()),
            log_error: it.error.clone().filter(|error| error != "NONE"),
            state: match it.state() {
                AssociationState::Logging => "logged",
                AssociationState::Starting => "starting",
                AssociationState::Stopping => "stopping",
                AssociationState::Failed => "failed",
            },
            message: it.error_message.clone(),
            ..of_vpc(vpc, "dns")
        };
        add_run(&mut row, details, &it.config_id);
        match facts.query_log_configs.get(&it.config_id) {
            Some(config) => {
                row.destination = Some(config.destination.to_string());
                row.destination_type = Some(config.destination.service().to_owned());
                add_destination(&mut row, details, vpc, &config.destination);
            }
            None => add_message(&mut row, "the configuration is not visible from here"),
        }
        rows.push(row);
    }
}

fn flow(facts: &Facts, details: &StatusDetails, vpc: &Vpc, rows: &mut Vec<Row>) {
    let of_it = facts.flow_logs.values();
    let logs: Vec<_> = of_it.filter(|log| log.resource_id == vpc.vpc_id).collect();
    if logs.is_empty() {
        rows.push(of_vpc(vpc, "flow"));
    }
    rows.extend(
        logs.into_iter()
            .map(|log| flow_row(details, log, Some(vpc))),
    );
}

fn flow_row(details: &StatusDetails, log: &FlowLog, vpc: Option<&Vpc>) -> Row {
    let failed = log.deliver_logs_status == Some(DeliveryStatus::Failed);
    let base = vpc.map_or_else(
        || Row {
            account_id: log.target.account_id.to_string(),
            region: log.target.region.to_string(),
            log: "flow",
            message: Some(format!("of {}", log.resource_id)),
            ..Row::default()
        },
        |vpc| of_vpc(vpc, "flow"),
    );
    let mut row = Row {
        log_id: Some(log.flow_log_id.to_string()),
        log_status: log.deliver_logs_status.clone().map(Into::into),
        log_error: log.deliver_logs_error.clone(),
        destination_type: Some(log.destination_type.to_string()),
        destination: log.destination.clone(),
        state: if failed { "failed" } else { "logged" },
        ..base
    };
    if let (Some(why), false) = (shortcoming(log), failed) {
        add_message(&mut row, &why);
    }
    add_run(&mut row, details, &log.flow_log_id);
    if log.destination_type == LogDestinationType::CloudWatchLogs
        && let Some(group) = &log.destination
    {
        // Some answers give the name, some the ARN.
        let group = group
            .parse::<Arn>()
            .ok()
            .as_ref()
            .and_then(log_group_of)
            .map_or(group.clone(), str::to_owned);
        add_log_group(&mut row, details, &log.target, &group);
    }
    row
}

/// The run that made it, and when it expires.
fn add_run(row: &mut Row, details: &StatusDetails, id: &str) {
    if let Some(tags) = details.tags.get(id).filter(|tags| is_ours(tags)) {
        row.run = tags.get(RUN_TAG).cloned();
        row.expires_at = tags.get(EXPIRES_TAG).cloned();
    }
}

fn add_destination(row: &mut Row, details: &StatusDetails, vpc: &Vpc, destination: &Arn) {
    let Some(group) = log_group_of(destination) else {
        return;
    };
    let Ok(account_id) = destination.account().parse() else {
        return;
    };
    // A configuration writes to its own region.
    let target = Target {
        account_id,
        region: vpc.target.region.clone(),
    };
    add_log_group(row, details, &target, group);
}

fn add_log_group(row: &mut Row, details: &StatusDetails, target: &Target, group: &str) {
    row.destination_account_id = Some(target.account_id.to_string());
    match details.groups.get(&(target.clone(), group.to_owned())) {
        None => {}
        Some(Err(failure)) => {
            add_message(row, &format!("the log group cannot be read: {failure}"));
        }
        Some(Ok(LogGroupState { group: None, .. })) => {
            add_message(row, "the log group does not exist");
            row.state = "failed";
        }
        Some(Ok(LogGroupState {
            group: Some(group),
            last_event_at,
        })) => {
            row.retention_days = group.retention_days;
            row.last_event_at = last_event_at.map(|at| at.to_string());
            if last_event_at.is_none() {
                add_message(row, "the log group has no event yet");
            }
        }
    }
}

fn add_message(row: &mut Row, message: &str) {
    row.message = Some(match row.message.take() {
        Some(before) => format!("{before}; {message}"),
        None => message.to_owned(),
    });
}

/// The rows as text.
pub fn text(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<13}{:<16}{:<23}{:<6}{:<12}{:<11}{:<22}{}\n",
        "ACCOUNT", "REGION", "VPC", "LOG", "STATE", "RETENTION", "LAST EVENT", "DESTINATION"
    );
    for row in rows {
        let days = row
            .retention_days
            .map_or_else(|| "-".to_owned(), |days| format!("{days} days"));
        let last = row.last_event_at.as_deref().unwrap_or("-");
        let mut line = format!(
            "{:<13}{:<16}{:<23}{:<6}{:<12}{days:<11}{last:<22}{}",
            row.account_id,
            row.region,
            row.vpc_id.as_deref().unwrap_or("-"),
            row.log,
            row.state,
            row.destination.as_deref().unwrap_or("-"),
        );
        for more in [&row.log_error, &row.message].into_iter().flatten() {
            line.push_str(" | ");
            line.push_str(more);
        }
        if let Some(at) = &row.expires_at {
            let _ = write!(line, " | ours, expires {at}");
        }
        text.push_str(&printable(&line));
        text.push('\n');
    }
    text
}
