//! Sharing the central configuration over RAM.

use std::collections::BTreeSet;

use super::draft::Draft;
use crate::{
    logging::{
        names::{QUERY_LOGS, key},
        observed_state::{ObservedState, RegionState},
    },
    model::{
        id::AccountId,
        logging::{Reference, Verdict, Work, is_ours},
    },
};

/// Plans what lets accounts use a central configuration. Returns the keys of the actions that must
/// come first; none if it cannot be shared.
pub(super) fn share(
    draft: &mut Draft,
    observed: &ObservedState,
    central: &RegionState,
    config: &Reference,
    with_organization: bool,
    members: &BTreeSet<AccountId>,
) -> Option<Vec<String>> {
    let cannot = |draft: &mut Draft, why: &str| {
        draft.add_note(central, None, "RAM share", Verdict::Cannot, why);
    };
    // A share that stays within the organization needs it, whoever the principals are.
    if let Some((_, Some(false))) = &observed.organization {
        let why = "sharing within the organization is off: run `aws ram \
                   enable-sharing-with-aws-organization` in the management account once";
        cannot(draft, why);
        return None;
    }
    let wanted: BTreeSet<String> = if with_organization {
        let Some((organization, _)) = &observed.organization else {
            cannot(
                draft,
                "the ARN of the organization is not known; see --share-with accounts",
            );
            return None;
        };
        [organization.clone()].into()
    } else {
        members.iter().map(ToString::to_string).collect()
    };
    let arn = match config {
        Reference::Known(id) => Some(central.config_arn(id)),
        Reference::MadeBy(_) => None,
    };
    let shares = arn.iter().flat_map(|arn| {
        let of_it = central.shares.iter();
        of_it.filter(move |share| share.resources.contains(arn))
    });
    let shares: Vec<_> = shares.collect();
    let have: BTreeSet<_> = shares.iter().flat_map(|it| &it.principals).collect();
    let missing: Vec<String> = wanted
        .iter()
        .filter(|principal| !have.contains(principal))
        .cloned()
        .collect();
    if missing.is_empty() {
        let name = "RAM share";
        draft.add_note(central, None, name, Verdict::Reused, "shared already");
        return Some(Vec::new());
    }
    let before = match config {
        Reference::MadeBy(key) => vec![key.clone()],
        Reference::Known(_) => Vec::new(),
    };
    let ours = shares.iter().find(|share| is_ours(&share.tags));
    let (kind, work) = match ours {
        Some(share) => (
            format!("share_with/{}", missing.join(",")),
            Work::AssociateResourceShare {
                resource_share_arn: share.arn.clone(),
                principals: missing,
            },
        ),
        None => (
            "share".to_owned(),
            Work::CreateResourceShare {
                name: QUERY_LOGS.to_owned(),
                config: config.clone(),
                principals: missing,
            },
        ),
    };
    let key = key(&central.target, &kind, QUERY_LOGS);
    Some(vec![draft.add_action(
        central,
        key,
        "RAM share",
        work,
        &before,
    )])
}
