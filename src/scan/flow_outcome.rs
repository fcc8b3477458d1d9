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

/// What became of the VPCs of a target.
#[derive(Default)]
struct Found<'p> {
    /// The first failure, with its VPC.
    failed: Option<Failure>,
    /// Other failures.
    failures: BTreeSet<String>,
    unusable: Vec<String>,
    unsupported: Vec<String>,
    rejected: Vec<String>,
    silent: Vec<&'p str>,
    notes: BTreeSet<String>,
    /// Attempts, milliseconds and skipped records of each log group: several VPCs may write to one,
    /// which was read once.
    counted: BTreeMap<&'p LogPlace, (u32, u64, u64)>,
}

impl<'p> Found<'p> {
    fn add(&mut self, vpc: &'p str, flow: &'p VpcFlow, read: &Read) {
        match flow {
            VpcFlow::Places(logged) => {
                self.notes.extend(logged.besides.iter().cloned());
                for place in &logged.places {
                    if let Some(read) = read.get(place) {
                        self.add_place(vpc, place, read, logged);
                    }
                }
            }
            VpcFlow::Elsewhere(why) => self.unsupported.push(format!("{vpc}: {why}")),
            VpcFlow::Unusable(why) => self.unusable.push(format!("{vpc}: {why}")),
            VpcFlow::Rejected(ids) => self.rejected.push(format!("{vpc} ({ids})")),
            VpcFlow::NotLogged => self.silent.push(vpc),
        }
    }

    fn add_place(
        &mut self,
        vpc: &str,
        place: &'p LogPlace,
        (read, evidence): &(FlowRead, LogEvidence),
        logged: &Logged,
    ) {
        let counts = (read.attempts, read.duration_ms, evidence.skipped);
        let is_new = self.counted.insert(place, counts).is_none();
        self.notes.extend(silence(place, evidence, logged));
        self.notes.extend(read.usage.remark.clone());
        let Some(failure) = read.usage.failure.as_ref().filter(|_| is_new) else {
            return;
        };
        let message = format!("{vpc}: {}", failure.message);
        if self.failed.is_some() {
            self.failures.insert(message);
        } else {
            let first = failure.clone();
            self.failed = Some(Failure { message, ..first });
        }
    }

    /// All that is to be said, what is worst first.
    fn message(&self, first: Option<String>) -> String {
        let unsupported = (!self.unsupported.is_empty()).then(|| {
            let all = self.unsupported.join("; ");
            format!("only log groups and buckets are read: {all}")
        });
        let of_rejected = (!self.rejected.is_empty()).then(|| {
            let all = self.rejected.join(", ");
            format!("flow logs of rejected traffic only, which is no bytes: {all}")
        });
        let silent = (!self.silent.is_empty())
            .then(|| format!("without flow logs: {}", self.silent.join(", ")));
        let skipped: u64 = self.counted.values().map(|(_, _, skipped)| skipped).sum();
        let skipped = (skipped > 0).then(|| {
            format!("{skipped} records stand for flows that were not captured (SKIPDATA)")
        });
        let all = first.into_iter().chain(self.failures.iter().cloned());
        let all = all.chain(self.unusable.iter().cloned()).chain(unsupported);
        let mut notes = self.notes.clone();
        notes.extend([of_rejected, silent, skipped].into_iter().flatten());
        join_remarks(all.chain(notes))
    }
}

/// One row for all VPCs of a target: the worst that happened to one of them, and what else is to be
/// said. What was read in part has failed; it is skipped where nothing could be read.
pub(super) fn outcome(
    mut cell: Cell,
    vpcs: &[(String, VpcFlow)],
    read: &Read,
    unlisted: Option<&Failure>,
) -> Cell {
    let mut found = Found::default();
    for (vpc, flow) in vpcs {
        found.add(vpc, flow, read);
    }
    for (attempts, duration_ms, _) in found.counted.values() {
        cell.attempts += attempts;
        cell.duration_ms += duration_ms;
    }
    if let Some(unlisted) = unlisted {
        let message = format!("address ranges of S3 and DynamoDB: {}", unlisted.message);
        if found.failed.is_some() {
            found.failures.insert(message);
        } else {
            let unlisted = unlisted.clone();
            found.failed = Some(Failure {
                message,
                ..unlisted
            });
        }
    }
    if let Some(failure) = found.failed.take() {
        let message = found.message(Some(failure.message));
        return cell.failed(Failure { message, ..failure });
    }
    let unread = if !found.unusable.is_empty() {
        Some(Reason::Other)
    } else if !found.unsupported.is_empty() {
        Some(Reason::DestinationUnsupported)
    } else {
        None
    };
    if let Some(reason) = unread {
        let message = found.message(None);
        return if found.counted.is_empty() {
            cell.skipped(reason, message)
        } else {
            cell.failed(Failure::new(reason, message))
        };
    }
    if found.silent.len() == vpcs.len() && !vpcs.is_empty() {
        return cell.skipped(Reason::NotLogged, "no VPC here has a flow log");
    }
    let message = found.message(None);
    if found.silent.len() + found.rejected.len() == vpcs.len() && !vpcs.is_empty() {
        return cell.skipped(Reason::NotLogged, message);
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        coverage::{Outcome, Step},
        tests::sample,
        usage::LogGroup,
    };

    fn place() -> LogPlace {
        LogPlace::LogGroup(LogGroup {
            target: sample::target(),
            name: "flow".to_owned(),
        })
    }

    fn logged() -> VpcFlow {
        VpcFlow::Places(Logged {
            places: [place()].into(),
            interfaces: BTreeSet::new(),
            besides: vec!["fl-1 was created within the window".to_owned()],
        })
    }

    fn of(vpcs: &[VpcFlow], failure: Option<Failure>) -> (Outcome, Option<Reason>, String) {
        let target = sample::target();
        let (account, region) = (target.account_id, target.region);
        let cell = Cell::complete(Some(account), Some(region), Step::FlowUsage);
        let names = (1..).map(|number| format!("vpc-{number}"));
        let vpcs: Vec<_> = names.zip(vpcs.iter().cloned()).collect();
        let usage = FlowUsage {
            failure,
            ..FlowUsage::default()
        };
        let read = FlowRead {
            usage,
            ..FlowRead::default()
        };
        let evidence = LogEvidence {
            any: true,
            ..LogEvidence::default()
        };
        let cell = outcome(cell, &vpcs, &[(place(), (read, evidence))].into(), None);
        (cell.outcome, cell.reason, cell.message.unwrap_or_default())
    }

    #[test]
    fn what_one_vpc_lacks_hides_nothing_of_the_others() {
        let created = "fl-1 was created within the window";
        let unusable = VpcFlow::Unusable("no bytes".to_owned());
        let elsewhere = VpcFlow::Elsewhere("to a stream".to_owned());
        let all = [
            logged(),
            unusable.clone(),
            elsewhere.clone(),
            VpcFlow::NotLogged,
        ];
        let (outcome, reason, message) = of(&all, None);
        assert_eq!((outcome, reason), (Outcome::Failed, Some(Reason::Other)));
        let rest = format!(
            "vpc-2: no bytes; only log groups and buckets are read: vpc-3: to a stream; {created}; \
             without flow logs: vpc-4"
        );
        assert_eq!(message, rest);
        let failure = Failure::new(Reason::Throttled, "slow");
        let (outcome, reason, message) = of(&all, Some(failure));
        assert_eq!(
            (outcome, reason),
            (Outcome::Failed, Some(Reason::Throttled))
        );
        assert_eq!(message, format!("vpc-1: slow; {rest}"));
        // Where nothing could be read, it was not tried.
        let (outcome, reason, _) = of(&[unusable, elsewhere], None);
        assert_eq!((outcome, reason), (Outcome::Skipped, Some(Reason::Other)));
        let (outcome, _, message) = of(&[logged()], None);
        assert_eq!((outcome, &*message), (Outcome::Complete, created));
    }

    #[test]
    fn a_flow_log_of_rejected_traffic_is_one_but_has_no_bytes() {
        let rejected = VpcFlow::Rejected("fl-9".to_owned());
        let expected = "flow logs of rejected traffic only, which is no bytes: vpc-1 (fl-9)";
        let (outcome, reason, message) = of(std::slice::from_ref(&rejected), None);
        assert_eq!(
            (outcome, reason),
            (Outcome::Skipped, Some(Reason::NotLogged))
        );
        assert_eq!(message, expected);
        let (_, _, message) = of(&[rejected.clone(), VpcFlow::NotLogged], None);
        assert_eq!(message, format!("{expected}; without flow logs: vpc-2"));
        let (outcome, _, message) = of(&[rejected, logged()], None);
        assert_eq!(outcome, Outcome::Complete);
        assert!(message.contains(expected), "{message}");
        let (_, _, message) = of(&[VpcFlow::NotLogged], None);
        assert_eq!(message, "no VPC here has a flow log");
    }
}
