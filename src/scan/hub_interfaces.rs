//! Interfaces of endpoints in accounts of other shards, which clients of this shard may call by a
//! transit gateway.
//!
//! The question to the flow logs of a VPC lists the addresses of the endpoints that it may call in other
//! VPCs. One scan knows these endpoints, a shard only those of its own accounts: so it lists those of the
//! VPCs on the same transit gateways, one call an account, if a VPC of its own has flow logs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{StreamExt, stream};

use super::cells::{Cells, Scope};
use crate::{
    collect::network_interface,
    config::Config,
    model::{
        coverage::Step,
        flow::FlowPart,
        id::{TransitGatewayId, VpcId},
        kind::{AttachedResource, InterfaceType},
        network::{NetworkInterface, TransitGatewayAttachment},
        target::Target,
    },
    org::session::Access,
    store::StoreError,
};

/// The name of the part that holds them; no log group's name has a space.
const NAME: &str = "endpoint interfaces";

/// Lists the interfaces, and keeps them as parts of the step that reads flow logs.
///
/// # Errors
///
/// If the store fails.
pub(super) async fn gather(
    access: &Access,
    config: &Config,
    cells: &Cells,
) -> Result<(), Arc<StoreError>> {
    if cells.other_shards().is_none() || !config.usage.enabled {
        return Ok(());
    }
    cells.flush().await?;
    stream::iter(connected_vpcs_of_other_shards(cells))
        .for_each_concurrent(config.limits.accounts, |(target, vpcs)| async move {
            let kept = cells.part::<FlowPart>(&target, Step::FlowUsage, NAME);
            if kept.is_none_or(|(_, again)| again) {
                // Boxed: the futures of the SDK are large.
                Box::pin(list(access, cells, &target, &vpcs)).await;
            }
        })
        .await;
    cells.flush().await
}

async fn list(access: &Access, cells: &Cells, target: &Target, vpcs: &BTreeSet<String>) {
    let work = async {
        let account = access.account(&target.account_id).await?;
        network_interface::list(&account.session(&target.region)).await
    };
    let result = cells.measure(work).await.result;
    let reason = result.as_ref().err().map(|failure| failure.reason);
    // Without them, the merge shows for which VPCs bytes are missing.
    let mut found = result.unwrap_or_else(|failure| {
        tracing::debug!(%target, %failure, "interfaces of endpoints of another shard");
        Vec::new()
    });
    found.retain(|it| {
        it.interface_type != InterfaceType::NatGateway && vpcs.contains(it.vpc_id.as_str())
    });
    let part = FlowPart::Interfaces(found);
    if let Err(error) = cells.keep(target, Step::FlowUsage, NAME, reason, &part) {
        tracing::debug!(%target, %error, "interfaces of endpoints of another shard");
    }
}

/// The VPCs of other shards on the transit gateways of VPCs with flow logs, by target.
fn connected_vpcs_of_other_shards(cells: &Cells) -> BTreeMap<Target, BTreeSet<String>> {
    let mut logged: BTreeSet<VpcId> = BTreeSet::new();
    cells.each_target(Scope::All, &[Step::Vpcs, Step::FlowLogs], |_, facts, _| {
        if !facts.flow_logs.is_empty() {
            logged.extend(facts.vpcs.iter().map(|vpc| vpc.vpc_id.clone()));
        }
    });
    let facts = cells.facts_of(&[Step::TransitGateways]);
    let attachments = facts.transit_gateway_attachments.values();
    let attachments: Vec<_> = attachments.filter(|it| it.available).collect();
    let of_logged = |it: &&&TransitGatewayAttachment| {
        let vpc = it.resource_id.as_ref();
        vpc.is_some_and(|id| logged.contains(id.as_str()))
    };
    let gateways: BTreeSet<&TransitGatewayId> = attachments
        .iter()
        .filter(of_logged)
        .map(|it| &it.transit_gateway_id)
        .collect();
    let mut found: BTreeMap<Target, BTreeSet<String>> = BTreeMap::new();
    for it in attachments {
        let Some((owner, vpc)) = it.resource_owner_id.as_ref().zip(it.resource_id.as_ref()) else {
            continue;
        };
        let is_near =
            it.resource_type == AttachedResource::Vpc && gateways.contains(&it.transit_gateway_id);
        if is_near && cells.other_shard(owner).is_some() {
            let target = Target {
                account_id: owner.clone(),
                region: it.target.region.clone(),
            };
            found.entry(target).or_default().insert(vpc.clone());
        }
    }
    found
}

/// The interfaces that were listed.
pub(super) fn listed(cells: &Cells) -> Vec<NetworkInterface> {
    let mut found = Vec::new();
    if cells.other_shards().is_some() {
        cells.each_part_named(Step::FlowUsage, NAME, |_, part: FlowPart| {
            if let FlowPart::Interfaces(interfaces) = part {
                found.extend(interfaces);
            }
        });
    }
    found
}

/// Whether a part of the step that reads flow logs holds them.
pub(super) fn is_name(name: &str) -> bool {
    name == NAME
}
