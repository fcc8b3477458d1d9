//! What every VPC logs, where to, and whether it arrives; without a call.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{
    flow::shortcoming,
    world::{LogGroup, log_group_of},
};
use crate::model::{
    coverage::Failure,
    facts::Facts,
    id::Arn,
    inventory::{FlowLog, QueryLogAssociation, Vpc},
    logging::{EXPIRES_TAG, RUN_TAG, Tags, is_ours},
    target::Target,
};

/// The columns of the table.
pub const COLUMNS: [&str; 17] = [
    "account_id",
    "region",
    "vpc_id",
    "vpc_name",
    "log",
    "state",
    "log_id",
    "log_status",
    "log_error",
    "destination_type",
    "destination",
    "destination_account_id",
    "retention_days",
    "last_event_at",
    "run",
    "expires_at",
    "message",
];

/// A log of a VPC, or that it has none.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(
    missing_docs,
    reason = "described in docs/logging.md, column by column"
)]
pub struct Row {
    pub account_id: String,
    pub region: String,
    pub vpc_id: Option<String>,
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
        ["broken", "unknown"].contains(&self.state)
    }
}

/// A log group as it is found where the logs go.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The group; none if it does not exist.
    pub group: Option<LogGroup>,
    /// When something last arrived.
    pub last_event_at: Option<Timestamp>,
}

/// What is known beside the facts; empty for a stored run.
#[derive(Debug, Default)]
pub struct Known {
    /// Log groups by account, region and name.
    pub groups: BTreeMap<(Target, String), Result<Arrived, Failure>>,
    /// Tags of configurations and flow logs, by id.
    pub tags: BTreeMap<String, Tags>,
}

/// One row for each log of each VPC, and for each VPC without one; by account, region, VPC.
pub fn rows(facts: &Facts, known: &Known) -> Vec<Row> {
    let mut rows = Vec::new();
    for vpc in facts.distinct_vpcs() {
        dns(facts, known, vpc, &mut rows);
        flow(facts, known, vpc, &mut rows);
    }
    let other = facts
        .flow_logs
        .values()
        .filter(|log| !log.resource_id.starts_with("vpc-"));
    for log in other {
        rows.push(flow_row(known, log, None));
    }
    rows.sort_by(|a, b| {
        let key = |row: &Row| {
            let place = (row.account_id.clone(), row.region.clone());
            (place, row.vpc_id.clone(), row.log, row.log_id.clone())
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

fn dns(facts: &Facts, known: &Known, vpc: &Vpc, rows: &mut Vec<Row>) {
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
            log_id: Some(it.config_id.clone()),
            log_status: Some(it.status.clone()),
            log_error: it.error.clone().filter(|error| error != "NONE"),
            state: match it.status.as_str() {
                "ACTIVE" => "logged",
                "CREATING" => "starting",
                "DELETING" => "stopping",
                _ => "broken",
            },
            ..of_vpc(vpc, "dns")
        };
        mark(&mut row, known, &it.config_id);
        match facts.query_log_configs.get(&it.config_id) {
            Some(config) => {
                row.destination = Some(config.destination.to_string());
                row.destination_type = Some(config.destination.service().to_owned());
                arrived(&mut row, known, vpc, &config.destination);
            }
            None => row.message = Some("the configuration is not visible here".to_owned()),
        }
        rows.push(row);
    }
}

fn flow(facts: &Facts, known: &Known, vpc: &Vpc, rows: &mut Vec<Row>) {
    let of_it = facts.flow_logs.values();
    let logs: Vec<_> = of_it.filter(|log| log.resource_id == vpc.vpc_id).collect();
    if logs.is_empty() {
        rows.push(of_vpc(vpc, "flow"));
    }
    rows.extend(logs.into_iter().map(|log| flow_row(known, log, Some(vpc))));
}

fn flow_row(known: &Known, log: &FlowLog, vpc: Option<&Vpc>) -> Row {
    let failed = log.deliver_logs_status.as_deref() == Some("FAILED");
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
        log_id: Some(log.flow_log_id.clone()),
        log_status: log.deliver_logs_status.clone(),
        log_error: log.deliver_logs_error.clone(),
        destination_type: Some(log.destination_type.clone()),
        destination: log.destination.clone(),
        state: if failed { "broken" } else { "logged" },
        ..base
    };
    if let (Some(why), false) = (shortcoming(log), failed) {
        let said = row.message.take().map_or(String::new(), |said| said + "; ");
        row.message = Some(said + &why);
    }
    mark(&mut row, known, &log.flow_log_id);
    if log.destination_type == "cloud-watch-logs"
        && let Some(group) = &log.destination
    {
        // Some answers give the name, some the ARN.
        let group = group
            .parse::<Arn>()
            .ok()
            .as_ref()
            .and_then(log_group_of)
            .map_or(group.clone(), str::to_owned);
        fill(&mut row, known, &log.target, &group);
    }
    row
}

/// Whose it is, and until when.
fn mark(row: &mut Row, known: &Known, id: &str) {
    if let Some(tags) = known.tags.get(id).filter(|tags| is_ours(tags)) {
        row.run = tags.get(RUN_TAG).cloned();
        row.expires_at = tags.get(EXPIRES_TAG).cloned();
    }
}

fn arrived(row: &mut Row, known: &Known, vpc: &Vpc, destination: &Arn) {
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
    fill(row, known, &target, group);
}

fn fill(row: &mut Row, known: &Known, target: &Target, group: &str) {
    row.destination_account_id = Some(target.account_id.to_string());
    let mut say = |what: String| {
        let said = row.message.take().map_or(String::new(), |said| said + "; ");
        row.message = Some(said + &what);
    };
    match known.groups.get(&(target.clone(), group.to_owned())) {
        None => {}
        Some(Err(failure)) => say(format!("the log group cannot be looked at: {failure}")),
        Some(Ok(Arrived { group: None, .. })) => {
            say("the log group does not exist".to_owned());
            row.state = "broken";
        }
        Some(Ok(Arrived {
            group: Some(group),
            last_event_at,
        })) => {
            row.retention_days = group.retention_days;
            row.last_event_at = last_event_at.map(|at| at.to_string());
            if last_event_at.is_none() {
                say("nothing has arrived in the log group yet".to_owned());
            }
        }
    }
}
