//! The prefix lists of gateway endpoints, which flow logs are read by: once in each Region that has
//! some to read.

use super::cells::Cells;
use crate::{
    collect::prefix_list,
    config::Config,
    model::{
        coverage::{Failure, Reason, Step},
        flow::FlowPart,
        target::Target,
    },
    org::session::Access,
    usage::flow::plan::{Plan, VpcFlow},
};

/// The name of the part that holds prefix lists; no log group's name has a space.
pub const PREFIX_LISTS: &str = "prefix lists";

/// Asks for the prefix lists of the plan's Region, if it has something to read. Returns which target was
/// asked in vain first, and why, if all were.
pub(super) async fn prefix_lists(
    access: &Access,
    config: &Config,
    cells: &Cells,
    plan: &Plan,
) -> Option<(Target, Failure)> {
    let reads = |(_, flow): &(String, VpcFlow)| matches!(flow, VpcFlow::Places(_));
    let targets = plan.targets.iter();
    let targets = targets.filter(|(_, vpcs)| vpcs.iter().any(reads));
    let targets: Vec<&Target> = targets.map(|(target, _)| target).collect();
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
