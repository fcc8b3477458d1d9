//! The cell `dns_usage` of a target, from what became of the log groups of its VPCs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use crate::{
    model::{
        coverage::{Cell, Failure, Reason},
        id::{AccountId, VpcId},
        log_place::LogPlace,
        outcomes::StepOutcome,
        run::Window,
        shard::Shard,
        usage::{GroupRead, LogCoverage, join_remarks},
    },
    usage::destination::{Destination, Destinations},
};

/// VPCs of one kind that a message names.
const NAMED: usize = 3;

/// What became of each place; what it held is in the store alone.
pub(super) type Read = BTreeMap<LogPlace, GroupRead>;

/// What the cells of targets are made of.
#[derive(Clone, Copy)]
pub(super) struct Outcomes<'p> {
    /// Where each VPC logs.
    pub(super) plan: &'p Destinations,
    /// The places that were read.
    pub(super) read: &'p Read,
    /// The places that other shards read.
    pub(super) elsewhere: &'p BTreeMap<LogPlace, Shard>,
    /// The window, if the logs were read.
    pub(super) window: Option<Window>,
}

/// What became of one VPC.
enum VpcOutcome<'p> {
    Read,
    Failed(&'p Failure),
    Unsupported(String),
    NotLogged,
    OwnerNotScanned(&'p AccountId),
    ReadElsewhere(&'p LogPlace, Shard),
}

/// The reading of the Route 53 Profiles of a target, where it is not complete.
#[derive(Clone, Copy)]
pub(super) struct UnknownProfiles<'p> {
    /// How it ended.
    pub(super) step: StepOutcome,
    /// The VPCs of the Profiles that could not be read; none if it may be any VPC.
    pub(super) vpc_ids: Option<&'p BTreeSet<VpcId>>,
}

impl UnknownProfiles<'_> {
    /// Whether one of them may carry a configuration to a VPC.
    fn may_reach(&self, vpc_id: &str) -> bool {
        self.vpc_ids.is_none_or(|it| it.contains(vpc_id))
    }
}

/// The cell of a target from what became of its VPCs.
pub(super) fn target_cell(
    mut cell: Cell,
    outcomes: Outcomes<'_>,
    vpcs: &[&str],
    profiles: Option<UnknownProfiles<'_>>,
) -> Cell {
    let Outcomes {
        plan,
        read,
        elsewhere,
        window,
    } = outcomes;
    let mut short = Vec::new();
    let mut outcomes: Vec<(&str, VpcOutcome<'_>)> = Vec::new();
    let mut remarks = BTreeSet::new();
    let mut counted = BTreeSet::new();
    for vpc in vpcs {
        if let Some(problem) = plan.not_active.get(*vpc) {
            remarks.insert(format!(
                "the query log association of {vpc} is not active ({problem})"
            ));
        }
        if let Some(times) = plan.repeated.get(*vpc) {
            remarks.insert(format!(
                "{times} query log associations of {vpc} deliver to one log group, so that its \
                 counts may be {times} times too high"
            ));
        }
        let outcome = match plan.of_vpc.get(*vpc) {
            None | Some(Destination::NotLogged) => VpcOutcome::NotLogged,
            Some(Destination::Unsupported(arn)) => VpcOutcome::Unsupported(arn.to_string()),
            Some(Destination::UnknownConfig(config)) => {
                VpcOutcome::Unsupported(format!("configuration {config}, which cannot be seen"))
            }
            Some(Destination::OwnerNotScanned(owner)) => VpcOutcome::OwnerNotScanned(owner),
            Some(Destination::Place(place)) => match (read.get(place), elsewhere.get(place)) {
                (None, Some(shard)) => VpcOutcome::ReadElsewhere(place, *shard),
                (None, None) => VpcOutcome::NotLogged,
                (Some(read), _) => {
                    // Several VPCs here may write to one log group, which was read once.
                    if counted.insert(place) {
                        cell.attempts += read.attempts;
                        cell.duration_ms += read.duration_ms;
                    }
                    remarks.extend(read.usage.remark.clone());
                    let logged = plan.coverage(vpc, &read.usage).zip(window);
                    short.extend(logged.and_then(|(it, window)| incomplete(vpc, &it, window)));
                    let failure = read.usage.failure.as_ref();
                    failure.map_or(VpcOutcome::Read, VpcOutcome::Failed)
                }
            },
        };
        outcomes.push((vpc, outcome));
    }
    remarks.extend(first_of(&short));
    let hides_one = |profiles: &UnknownProfiles<'_>| {
        let mut unlogged = outcomes
            .iter()
            .filter(|(_, it)| matches!(it, VpcOutcome::NotLogged));
        unlogged.any(|(vpc, _)| profiles.may_reach(vpc))
    };
    match profiles.filter(hides_one) {
        Some(profiles) => with_unknown_profiles(cell, profiles, &outcomes, remarks),
        None => outcome(cell, &outcomes, remarks),
    }
}

/// The cell of a target with VPCs of which it is not known whether they log by a Route 53 Profile.
fn with_unknown_profiles(
    cell: Cell,
    profiles: UnknownProfiles<'_>,
    outcomes: &[(&str, VpcOutcome<'_>)],
    remarks: BTreeSet<String>,
) -> Cell {
    let vpcs = collect_messages(outcomes, |vpc, outcome| {
        let unknown = matches!(outcome, VpcOutcome::NotLogged) && profiles.may_reach(vpc);
        unknown.then(|| vpc.to_owned())
    });
    let why = format!(
        "the step {} is not complete, so that it is not known whether these log their DNS queries: {}",
        profiles.step.step.name(),
        vpcs.join(", ")
    );
    let others: Vec<_> = outcomes
        .iter()
        .filter(|(_, it)| matches!(it, VpcOutcome::Failed(_)))
        .collect();
    // A failure of a log group is worth more than a step that has its own row.
    if others.is_empty() {
        return cell.skipped(
            profiles.step.reason.unwrap_or(Reason::Other),
            with(why, remarks),
        );
    }
    outcome(cell, outcomes, remarks.into_iter().chain([why]).collect())
}

/// That the log of a VPC covers a part of the window only.
fn incomplete(vpc: &str, coverage: &LogCoverage, window: Window) -> Option<String> {
    if coverage.is_whole(window) {
        return None;
    }
    let logged = SignedDuration::from_secs(coverage.logged_seconds(window)?).as_secs_f64() / 3600.0;
    let hours = window.hours();
    Some(format!(
        "the log of {vpc} covers {logged:.1} of {hours:.1} hours"
    ))
}

/// A few of many messages of one kind.
fn first_of(messages: &[String]) -> Option<String> {
    if messages.is_empty() {
        return None;
    }
    let shown = messages.get(..NAMED).unwrap_or(messages).join(", ");
    Some(match messages.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown}, and {more} more do not cover the window"),
    })
}

/// One row for all VPCs of a target: the worst that happened to one of them, and then the rest.
fn outcome(cell: Cell, outcomes: &[(&str, VpcOutcome<'_>)], mut remarks: BTreeSet<String>) -> Cell {
    let failed: Vec<(&str, &Failure)> = outcomes
        .iter()
        .filter_map(|(vpc, outcome)| match outcome {
            VpcOutcome::Failed(failure) => Some((*vpc, *failure)),
            _ => None,
        })
        .collect();
    let unsupported = collect_messages(outcomes, |vpc, outcome| match outcome {
        VpcOutcome::Unsupported(place) => Some(format!("{vpc} logs to {place}")),
        _ => None,
    });
    let silent = collect_messages(outcomes, |vpc, outcome| {
        matches!(outcome, VpcOutcome::NotLogged).then(|| vpc.to_owned())
    });
    let unseen = collect_messages(outcomes, |vpc, outcome| match outcome {
        VpcOutcome::OwnerNotScanned(owner) => Some(format!("{vpc} of account {owner}")),
        _ => None,
    });
    let elsewhere = collect_messages(outcomes, |vpc, outcome| match outcome {
        VpcOutcome::ReadElsewhere(place, shard) => {
            let owner = &place.target().account_id;
            Some(format!(
                "{vpc} logs to {place} of account {owner}, which the shard {shard} reads"
            ))
        }
        _ => None,
    });
    if !outcomes.is_empty() && silent.len() == outcomes.len() {
        return cell.skipped(Reason::NotLogged, "no VPC here logs its DNS queries");
    }
    let mut remark = |what: &str, vpcs: &[String], between: &str| {
        if !vpcs.is_empty() {
            remarks.insert(format!("{what}: {}", vpcs.join(between)));
        }
    };
    remark("without query logging", &silent, ", ");
    remark(
        "shared by accounts that were not scanned, which alone know whether they log",
        &unseen,
        ", ",
    );
    remark("read by other shards", &elsewhere, "; ");
    if let [(vpc, failure), others @ ..] = failed.as_slice() {
        let others: Vec<_> = others.iter().map(|(vpc, _)| (*vpc).to_owned()).collect();
        remark("missing or incomplete as well", &others, ", ");
        remark("only log groups and buckets are read", &unsupported, "; ");
        let message = with(format!("{vpc}: {}", failure.message), remarks);
        // Nothing was asked: it was expected to take too much.
        if failure.reason == Reason::Budget && cell.attempts == 0 {
            return cell.skipped(Reason::Budget, message);
        }
        return cell.failed(Failure {
            message,
            ..(*failure).clone()
        });
    }
    if !unsupported.is_empty() {
        let why = format!(
            "only log groups and buckets are read: {}",
            unsupported.join("; ")
        );
        return cell.skipped(Reason::DestinationUnsupported, with(why, remarks));
    }
    let message = join_remarks(remarks);
    let unread = unseen.len() + elsewhere.len();
    if unread > 0 && silent.len() + unread == outcomes.len() {
        return cell.skipped(Reason::Excluded, message);
    }
    if message.is_empty() {
        return cell;
    }
    cell.remark(message)
}

/// A message with all remarks behind it.
fn with(message: String, remarks: BTreeSet<String>) -> String {
    join_remarks(std::iter::once(message).chain(remarks))
}

/// The messages of those VPCs that have one.
fn collect_messages(
    outcomes: &[(&str, VpcOutcome<'_>)],
    message: impl Fn(&str, &VpcOutcome<'_>) -> Option<String>,
) -> Vec<String> {
    let of = |(vpc, outcome): &(&str, VpcOutcome<'_>)| message(vpc, outcome);
    outcomes.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{coverage::Step, tests::sample};

    #[test]
    fn a_profile_that_is_not_read_hides_the_logging_of_its_own_vpcs_alone() {
        let target = sample::target();
        let cell = |step| {
            let (account, region) = (target.account_id.clone(), target.region.clone());
            Cell::complete(Some(account), Some(region), step)
        };
        let denied = cell(Step::Route53Profiles).skipped(Reason::AccessDenied, "denied");
        let mut ended = crate::model::outcomes::Outcomes::default();
        ended.add(&denied);
        let step = ended.first_incomplete(&target).unwrap();
        let (plan, read) = (Destinations::default(), Read::new());
        let elsewhere = BTreeMap::new();
        let outcomes = Outcomes {
            plan: &plan,
            read: &read,
            elsewhere: &elsewhere,
            window: None,
        };
        let of = |vpc_ids: Option<&[&str]>| {
            let vpc_ids: Option<BTreeSet<VpcId>> =
                vpc_ids.map(|ids| ids.iter().map(|it| (*it).into()).collect());
            let profiles = UnknownProfiles {
                step,
                vpc_ids: vpc_ids.as_ref(),
            };
            let cell = cell(Step::DnsUsage);
            let cell = target_cell(cell, outcomes, &["vpc-1", "vpc-2"], Some(profiles));
            (cell.reason, cell.message.unwrap_or_default())
        };
        let (reason, message) = of(Some(&["vpc-2"]));
        assert_eq!(reason, Some(Reason::AccessDenied));
        assert!(message.ends_with(": vpc-2"), "{message}");
        let (reason, message) = of(None);
        assert_eq!(reason, Some(Reason::AccessDenied));
        assert!(message.ends_with(": vpc-1, vpc-2"), "{message}");
        assert_eq!(of(Some(&["vpc-3"])).0, Some(Reason::NotLogged));
    }
}
