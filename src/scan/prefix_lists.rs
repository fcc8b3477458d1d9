//! The prefix lists of gateway endpoints, which flow logs are read by: once in each Region that has some to read.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};

use super::cells::Cells;
use crate::{
    collect::prefix_list,
    config::Config,
    model::{
        coverage::{Failure, Reason, Step},
        flow::FlowPart,
        id::Region,
        target::Target,
    },
    org::session::Access,
    usage::flow::plan::{Plan, VpcFlow},
};

/// The name of the part that holds prefix lists; no log group's name has a space.
pub const PREFIX_LISTS: &str = "prefix lists";

/// Asks for the prefix lists, once in each region that has something to read. Returns why not.
pub(super) async fn prefix_lists(
    access: &Access,
    config: &Config,
    cells: &Cells,
    plan: &Plan,
) -> BTreeMap<Target, Failure> {
    let mut regions: BTreeMap<&Region, Vec<&Target>> = BTreeMap::new();
    for (target, vpcs) in &plan.targets {
        let reads = |(_, flow): &(String, VpcFlow)| matches!(flow, VpcFlow::Places(_));
        if vpcs.iter().any(reads) {
            regions.entry(&target.region).or_default().push(target);
        }
    }
    let failures: Vec<_> = stream::iter(regions.into_values())
        .map(|targets| prefix_lists_of_region(access, config, cells, targets))
        .buffer_unordered(config.limits.accounts)
        .collect()
        .await;
    failures.into_iter().flatten().collect()
}

async fn prefix_lists_of_region(
    access: &Access,
    config: &Config,
    cells: &Cells,
    targets: Vec<&Target>,
) -> Option<(Target, Failure)> {
    let kept = |target: &&Target| {
        let part = cells.part::<FlowPart>(target, Step::FlowUsage, PREFIX_LISTS);
        part.is_some_and(|(_, again)| !again)
    };
    if targets.iter().any(kept) {
        return None;
    }
    let mut first = None;
    for target in targets
        .into_iter()
        .take(config.limits.endpoint_service_attempts)
    {
        let work = async {
            let account = access.account(&target.account_id).await?;
            prefix_list::list(&account.session(&target.region)).await
        };
        match cells.measure(work).await.result {
            Ok(lists) => {
                let part = FlowPart::PrefixLists(lists);
                let kept = cells.keep(target, Step::FlowUsage, PREFIX_LISTS, None, &part);
                return kept.err().map(|error| {
                    (
                        target.clone(),
                        Failure::new(Reason::Other, error.to_string()),
                    )
                });
            }
            Err(failure) => first = first.or(Some((target.clone(), failure))),
        }
    }
    first
}
