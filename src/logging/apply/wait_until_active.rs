//! Waits until what was turned on delivers: AWS completes associations and starts deliveries on its
//! own time.
//!
//! Accounts and Regions with something new are read in rounds, with growing pauses between them,
//! until everything is known or the time is up. Nothing is changed.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};

use super::{
    delivery_status::{DeliveryStatus, associations, flow_logs},
    options::PollPolicy,
    outcome::Outcome,
    sessions::Sessions,
};
use crate::{
    model::{
        coverage::{Failure, Reason},
        id::{FlowLogId, QueryLogConfigId, VpcId},
        logging::{Plan, Reference, Work},
        target::Target,
    },
    org::session::Session,
};

/// Something new: its index in the plan, and the id by which it is listed.
struct PendingResource {
    at: usize,
    id: Id,
}

/// What is listed of an account and Region.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Id {
    /// A configuration and a VPC.
    Association(QueryLogConfigId, VpcId),
    FlowLog(FlowLogId),
}

/// What was listed, by id.
type Listed = BTreeMap<Id, DeliveryStatus>;

/// PollPolicy after what the actions of a plan have begun, and puts down what became of it.
pub(super) async fn wait_until_active(
    plan: &Plan,
    outcomes: &mut [Outcome],
    sessions: &Sessions<'_>,
    concurrency: usize,
    poll: PollPolicy,
) {
    let mut open = awaited(plan, outcomes);
    let (since, mut pause) = (Instant::now(), poll.first_pause);
    while !open.is_empty() && !poll.limit.is_zero() {
        let read: Vec<_> = stream::iter(open)
            .map(|(target, awaited)| async move {
                // Boxed: the futures of the SDK are large.
                let listed = Box::pin(list(sessions, &target, &awaited)).await;
                (target, awaited, listed)
            })
            .buffer_unordered(concurrency)
            .collect()
            .await;
        open = BTreeMap::new();
        for (target, awaited, listed) in read {
            for it in awaited {
                let outcome = outcome(&it.id, &listed, since.elapsed().min(poll.limit));
                let again = matches!(outcome, Outcome::Pending(_)) && is_worth_repeating(&listed);
                if let Some(kept) = outcomes.get_mut(it.at) {
                    *kept = outcome;
                }
                if again {
                    open.entry(target.clone()).or_default().push(it);
                }
            }
        }
        let left = poll.limit.saturating_sub(since.elapsed());
        if open.is_empty() || left.is_zero() || !sessions.pause(pause.min(left)).await {
            break;
        }
        pause = pause.saturating_mul(2).min(poll.longest_pause);
    }
}

/// What has begun, by account and Region.
fn awaited(plan: &Plan, outcomes: &[Outcome]) -> BTreeMap<Target, Vec<PendingResource>> {
    let made_by = |key: &str| {
        let at = plan.actions.iter().position(|action| action.key == key)?;
        match outcomes.get(at)? {
            Outcome::Done(id) => id.clone(),
            _ => None,
        }
    };
    let mut awaited: BTreeMap<Target, Vec<PendingResource>> = BTreeMap::new();
    for (at, (action, outcome)) in plan.actions.iter().zip(outcomes).enumerate() {
        let (Outcome::Done(made), Some(region)) = (outcome, &action.region) else {
            continue;
        };
        let id = match &action.work {
            Work::AssociateQueryLogConfig { config, vpc_id } => {
                let config = match config {
                    Reference::Known(id) => Some(id.clone()),
                    Reference::MadeBy(key) => made_by(key),
                };
                config.map(|config| Id::Association(config.into(), vpc_id.clone()))
            }
            Work::CreateFlowLogs { .. } | Work::CreateFlowLogsInS3 { .. } => {
                made.clone().map(|id| Id::FlowLog(id.into()))
            }
            _ => None,
        };
        if let Some(id) = id {
            let target = Target {
                account_id: action.account_id.clone(),
                region: region.clone(),
            };
            awaited
                .entry(target)
                .or_default()
                .push(PendingResource { at, id });
        }
    }
    awaited
}

/// Lists the associations and flow logs of an account and Region, as far as they are awaited.
async fn list(
    sessions: &Sessions<'_>,
    target: &Target,
    awaited: &[PendingResource],
) -> Result<Listed, Failure> {
    let session: &Session = &*sessions.at(target).await?;
    let mut listed = Listed::new();
    if awaited
        .iter()
        .any(|it| matches!(it.id, Id::Association(..)))
    {
        let all = associations(session).await?;
        listed.extend(
            all.into_iter()
                .map(|(config, vpc, it)| (Id::Association(config, vpc), it)),
        );
    }
    if awaited.iter().any(|it| matches!(it.id, Id::FlowLog(_))) {
        let all = flow_logs(session).await?;
        listed.extend(all.into_iter().map(|(id, it)| (Id::FlowLog(id), it)));
    }
    Ok(listed)
}

/// Whether another look may show more: not where observer is refused.
fn is_worth_repeating(listed: &Result<Listed, Failure>) -> bool {
    let refused = [
        Reason::AccessDenied,
        Reason::ScpDenied,
        Reason::RoleDenied,
        Reason::Cancelled,
    ];
    !matches!(listed, Err(failure) if refused.contains(&failure.reason))
}

/// The outcome after one round.
fn outcome(id: &Id, listed: &Result<Listed, Failure>, waited: Duration) -> Outcome {
    let pending = |what: String| {
        Outcome::Pending(format!(
            "{what} after {} s (logging.active_wait_seconds); check later with `vpce-scout logging status`",
            waited.as_secs()
        ))
    };
    let listed = match listed {
        Ok(listed) => listed,
        Err(failure) => {
            return pending(format!("made, but its status could not be read: {failure}"));
        }
    };
    let status = listed.get(id).cloned().unwrap_or_default();
    match (id, status.status.as_deref()) {
        (_, None) => pending(match id {
            Id::Association(..) => "made, but not listed yet".to_owned(),
            Id::FlowLog(_) => "made, its DeliverLogsStatus is not known".to_owned(),
        }),
        (Id::Association(..), Some(status @ "ACTIVE"))
        | (Id::FlowLog(_), Some(status @ "SUCCESS")) => Outcome::Active(status.to_owned()),
        (Id::Association(..), Some("FAILED" | "ACTION_NEEDED"))
        | (Id::FlowLog(_), Some("FAILED")) => Outcome::Failed(failure(&status)),
        (_, Some(status)) => pending(format!("made, still {status}")),
    }
}

/// The failure of logs that are not delivered, in AWS's words.
fn failure(delivery: &DeliveryStatus) -> Failure {
    let error = delivery.error.as_deref().filter(|error| *error != "NONE");
    let reason = match error {
        Some("ACCESS_DENIED" | "Access error") => Reason::AccessDenied,
        Some("DESTINATION_NOT_FOUND") => Reason::LogGroupMissing,
        Some("Rate limited") => Reason::Throttled,
        _ => Reason::Other,
    };
    let status = delivery.status.as_deref().unwrap_or_default();
    let why = delivery.message.as_deref().filter(|why| !why.is_empty());
    let why = why.or(error).unwrap_or("no error given");
    Failure {
        reason,
        code: error.map(str::to_owned),
        message: crate::aws::error::one_line(&format!("it was made and is {status}: {why}")),
        request_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome_of(id: &Id, status: &str, error: &str) -> Outcome {
        let status = DeliveryStatus {
            status: (!status.is_empty()).then(|| status.to_owned()),
            error: Some(error.to_owned()),
            message: None,
        };
        let listed = Ok([(id.clone(), status)].into());
        outcome(id, &listed, Duration::from_secs(9))
    }

    #[test]
    fn each_status_of_aws_is_active_pending_or_failed_with_its_reason() {
        let association = Id::Association("rqlc-1".into(), "vpc-1".into());
        let flow_log = Id::FlowLog("fl-1".into());
        let read = |id: &Id, status: &str, error: &str| match outcome_of(id, status, error) {
            Outcome::Active(word) => word,
            Outcome::Pending(why) => {
                assert!(why.contains("after 9 s"), "{why}");
                "pending".to_owned()
            }
            Outcome::Failed(failure) => {
                format!("{} {:?}", failure.reason.name(), failure.code)
            }
            other => format!("{other:?}"),
        };
        for (status, error, expected) in [
            ("ACTIVE", "NONE", "ACTIVE"),
            ("CREATING", "NONE", "pending"),
            ("DELETING", "NONE", "pending"),
            ("", "NONE", "pending"),
            ("FAILED", "NONE", "other None"),
            (
                "FAILED",
                "INTERNAL_SERVICE_ERROR",
                "other Some(\"INTERNAL_SERVICE_ERROR\")",
            ),
            (
                "ACTION_NEEDED",
                "ACCESS_DENIED",
                "access_denied Some(\"ACCESS_DENIED\")",
            ),
            (
                "FAILED",
                "DESTINATION_NOT_FOUND",
                "log_group_missing Some(\"DESTINATION_NOT_FOUND\")",
            ),
        ] {
            assert_eq!(read(&association, status, error), expected, "{status}");
        }
        for (status, error, expected) in [
            ("SUCCESS", "NONE", "SUCCESS"),
            ("", "NONE", "pending"),
            (
                "FAILED",
                "Access error",
                "access_denied Some(\"Access error\")",
            ),
            ("FAILED", "Rate limited", "throttled Some(\"Rate limited\")"),
        ] {
            assert_eq!(read(&flow_log, status, error), expected, "{status}");
        }
    }

    #[test]
    fn reading_is_repeated_after_throttling_and_not_after_a_refusal() {
        let failed = |reason| Err(Failure::new(reason, "no"));
        assert!(!is_worth_repeating(&failed(Reason::AccessDenied)));
        assert!(is_worth_repeating(&failed(Reason::Throttled)));
        assert!(is_worth_repeating(&Ok(Listed::new())));
    }
}
