//! The bucket that takes the logs: what keeps them from being delivered, by account and Region. Nothing
//! of the bucket is changed; the statements that its policy lacks are printed.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Draft;
use crate::{
    logging::{
        bucket_policy::{self, Delivery},
        observed_state::{ObservedState, RegionState},
    },
    model::{
        coverage::{Failure, Reason},
        id::{AccountId, Region},
        logging::{LogBucket, Note, Verdict},
        target::Target,
    },
};

/// Why logs of an account and Region cannot be delivered.
pub(super) type Refusals = BTreeMap<Target, String>;

/// Checks the bucket for the accounts and Regions that are to deliver to it. Query logs are delivered
/// within a Region only
/// (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logging-configurations-managing.html>).
pub(super) fn refusals(
    draft: &mut Draft,
    observed: &ObservedState,
    bucket: &LogBucket,
    states: &[&RegionState],
    within_region: bool,
) -> Refusals {
    let mut refused = Refusals::new();
    let (Some(first), Some(known)) = (states.first(), &observed.bucket) else {
        return refused;
    };
    let mut note = |verdict, message: String, failure: Option<&Failure>| {
        draft.notes.push(Note {
            account_id: None,
            region: None,
            vpc_id: None,
            name: format!("bucket {}", bucket.name),
            reason: match (verdict, failure) {
                (Verdict::Cannot, Some(failure)) => Some(failure.reason),
                (Verdict::Cannot, None) => Some(Reason::Other),
                _ => None,
            },
            verdict,
            error_code: failure.and_then(|it| it.code.clone()),
            message,
        });
    };
    if known.is_missing {
        let why = "there is no such bucket: create it, with its policy, in an account of yours";
        let failure = Failure::new(Reason::BucketMissing, why);
        note(Verdict::Cannot, why.to_owned(), Some(&failure));
        let all = states.iter().map(|it| (it.target.clone(), why.to_owned()));
        return all.collect();
    }
    if within_region && let Some(region) = &known.region {
        for state in states.iter().filter(|it| it.region() != region) {
            refused.insert(state.target.clone(), other_region(region));
        }
    }
    let here = || {
        let states = states.iter().copied();
        states.filter(|it| !refused.contains_key(&it.target))
    };
    let policy = match &known.policy {
        Ok(policy) => policy.as_deref(),
        Err(failure) => {
            let statements = lacking(bucket, &first.partition, here());
            let why = format!(
                "its policy could not be checked ({failure}; the account that owns the bucket can be \
                 set as objects.account); it has to have these statements: {statements}"
            );
            note(Verdict::Reused, why, None);
            return refused;
        }
    };
    let found = here().map(|state| (state, bucket_policy::delivery(policy, state, bucket)));
    let found: Vec<(&RegionState, Delivery)> = found.collect();
    let of = |delivery: Delivery| {
        let found = found.iter().filter(move |(_, it)| *it == delivery);
        found.map(|(state, _)| *state)
    };
    let (missing, unchecked) = (
        of(Delivery::Missing).count(),
        of(Delivery::Unchecked).count(),
    );
    if missing > 0 {
        let statements = lacking(bucket, &first.partition, of(Delivery::Missing));
        let long = if statements.len() > bucket_policy::LONGEST {
            " (longer than a policy may be: name fewer accounts, or write patterns)"
        } else {
            ""
        };
        let why = format!(
            "its policy does not let the logs of {missing} accounts and Regions be delivered. Add these \
             statements{long}: {statements}"
        );
        note(Verdict::Cannot, why, None);
    } else {
        let why = match unchecked {
            0 => "its policy lets the logs be delivered",
            _ => "its policy lets the logs be delivered under conditions that were not checked",
        };
        note(Verdict::Reused, why.to_owned(), None);
    }
    let why = "the policy of the bucket does not let its logs be delivered";
    let lacking = of(Delivery::Missing).map(|it| (it.target.clone(), why.to_owned()));
    let lacking: Vec<_> = lacking.collect();
    refused.extend(lacking);
    refused
}

fn other_region(region: &Region) -> String {
    format!(
        "the bucket is in {region}, and query logs are delivered to buckets of their own Region only: name a \
         bucket of this one (--regions)"
    )
}

fn lacking<'s>(
    bucket: &LogBucket,
    partition: &str,
    states: impl Iterator<Item = &'s RegionState>,
) -> String {
    let accounts: BTreeSet<&AccountId> = states.map(RegionState::account).collect();
    bucket_policy::missing(bucket, partition, &accounts)
}
