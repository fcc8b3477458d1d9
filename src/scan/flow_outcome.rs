//! The cell `flow_usage` of a target, from what became of the log groups of its VPCs.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    model::{
        coverage::{Cell, Failure, Reason},
        flow::{FlowRead, FlowSource, FlowUsage},
        log_place::LogPlace,
        usage::join_remarks,
    },
    usage::flow::plan::{Logged, VpcFlow},
};

/// The reading of each log group without its rows, and the evidence that the rows gave.
pub(super) type Read = BTreeMap<LogPlace, (FlowRead, LogEvidence)>;

/// Evidence of the records of a log group.
#[derive(Clone, Debug, Default)]
pub(super) struct LogEvidence {
    /// Records that stand for flows which were not captured.
    skipped: u64,
    /// Whether there was any record of what was asked about.
    any: bool,
    /// Interfaces asked about without a record.
    silent: BTreeSet<String>,
}

/// Interfaces that a message names.
const NAMED: usize = 3;

/// What remains of a log group when its rows are in the store.
pub(super) fn summed(read: FlowRead) -> (FlowRead, LogEvidence) {
    let sources = &read.usage.sources;
    let skipped = sources.iter().flat_map(|it| it.skipped.values());
    let silent = sources.iter().flat_map(FlowSource::silent);
    let evidence = LogEvidence {
        skipped: skipped.sum(),
        any: sources.iter().any(FlowSource::is_seen),
        silent: silent.map(str::to_owned).collect(),
    };
    let usage = FlowUsage {
        sources: Vec::new(),
        ..read.usage
    };
    (FlowRead { usage, ..read }, evidence)
}

/// One row for all VPCs of a target: the worst that happened to one of them.
pub(super) fn outcome(
    mut cell: Cell,
    vpcs: &[(String, VpcFlow)],
    read: &Read,
    unlisted: Option<&Failure>,
) -> Cell {
    let (mut failed, mut unsupported, mut unusable) = (None, Vec::new(), Vec::new());
    let (mut silent, mut notes) = (Vec::new(), BTreeSet::new());
    let mut counted = BTreeMap::new();
    for (vpc, flow) in vpcs {
        match flow {
            VpcFlow::Places(logged) => {
                notes.extend(logged.besides.iter().cloned());
                for place in &logged.places {
                    let Some((read, evidence)) = read.get(place) else {
                        continue;
                    };
                    counted.insert(place, (read.attempts, read.duration_ms, evidence.skipped));
                    notes.extend(silence(place, evidence, logged));
                    notes.extend(read.usage.remark.clone());
                    if let Some(failure) = &read.usage.failure {
                        failed.get_or_insert_with(|| Failure {
                            message: format!("{vpc}: {}", failure.message),
                            ..failure.clone()
                        });
                    }
                }
            }
            VpcFlow::Elsewhere(why) => unsupported.push(format!("{vpc}: {why}")),
            VpcFlow::Unusable(why) => unusable.push(format!("{vpc}: {why}")),
            VpcFlow::NotLogged => silent.push(vpc.as_str()),
        }
    }
    // Several VPCs here may write to one log group, which was read once.
    for (attempts, duration_ms, _) in counted.values() {
        cell.attempts += attempts;
        cell.duration_ms += duration_ms;
    }
    if let Some(failure) = failed {
        return cell.failed(failure);
    }
    if !unusable.is_empty() {
        return cell.skipped(Reason::Other, unusable.join("; "));
    }
    if !unsupported.is_empty() {
        let why = format!(
            "only log groups and buckets are read: {}",
            unsupported.join("; ")
        );
        return cell.skipped(Reason::DestinationUnsupported, why);
    }
    if let Some(failure) = unlisted {
        let message = format!("address ranges of S3 and DynamoDB: {}", failure.message);
        return cell.failed(Failure {
            message,
            ..failure.clone()
        });
    }
    if silent.len() == vpcs.len() && !vpcs.is_empty() {
        return cell.skipped(Reason::NotLogged, "no VPC here has a flow log");
    }
    if !silent.is_empty() {
        notes.insert(format!("without flow logs: {}", silent.join(", ")));
    }
    let skipped: u64 = counted.values().map(|(_, _, skipped)| skipped).sum();
    if skipped > 0 {
        notes.insert(format!(
            "{skipped} records stand for flows that were not captured (SKIPDATA)"
        ));
    }
    let message = join_remarks(notes);
    Cell {
        message: (!message.is_empty()).then_some(message),
        ..cell
    }
}

/// That a log group has no record of what was asked about: the bytes of that are unknown then.
fn silence(place: &LogPlace, evidence: &LogEvidence, logged: &Logged) -> Option<String> {
    if !evidence.any {
        return Some(format!(
            "{place} holds no record that can be read: the bytes are unknown"
        ));
    }
    let silent: Vec<&str> = evidence
        .silent
        .intersection(&logged.interfaces)
        .map(String::as_str)
        .collect();
    if silent.is_empty() {
        return None;
    }
    let more = match silent.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = silent.iter().take(NAMED).copied().collect::<Vec<_>>();
    Some(format!(
        "{place} holds no record of {}{more}: their bytes are unknown",
        shown.join(", ")
    ))
}
