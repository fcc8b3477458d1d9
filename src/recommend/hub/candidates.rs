//! Which VPCs may hold a central endpoint, and how a VPC is connected to one.

use std::{cmp::Reverse, collections::BTreeSet};

use super::consumers::Consumer;
use crate::{
    model::{id::Region, inventory::Vpc},
    recommend::context::RuleContext,
};

/// VPCs that are looked at as a hub, at most: those in use come first, and of the others those with
/// the most GB, since a hub saves most where they are.
const LOOKED_AT: usize = 16;

/// How a VPC reaches another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connection {
    /// It is the same.
    Itself,
    /// By a transit gateway that both are attached to.
    Attached,
    /// By an attachment that would have to be made.
    NewAttachment,
    /// Not at all: their address blocks overlap, or there is no transit gateway.
    None,
}

/// How a VPC reaches a hub.
pub(super) fn connection(context: &RuleContext<'_>, vpc: &Vpc, hub: &Vpc) -> Connection {
    if vpc.vpc_id == hub.vpc_id {
        return Connection::Itself;
    }
    let overlap = vpc.cidrs.iter().any(|block| {
        let mut others = hub.cidrs.iter();
        others.any(|other| block.contains(other) || other.contains(block))
    });
    let of_hub: BTreeSet<&str> = context.attached(&hub.vpc_id).collect();
    if overlap || of_hub.is_empty() || vpc.target.region != hub.target.region {
        Connection::None
    } else if context.attached(&vpc.vpc_id).any(|it| of_hub.contains(it)) {
        Connection::Attached
    } else {
        Connection::NewAttachment
    }
}

/// A VPC and the transit gateway that it would be attached to.
pub(super) type Attachment<'w> = (&'w str, &'w str);

/// The attachment that a VPC needs to reach a hub: one will do for everything behind it.
pub(super) fn attachment<'w>(
    context: &RuleContext<'w>,
    vpc: &'w Vpc,
    hub: &Vpc,
) -> Option<Attachment<'w>> {
    let is_new = connection(context, vpc, hub) == Connection::NewAttachment;
    let gateway = context.attached(&hub.vpc_id).next().filter(|_| is_new)?;
    Some((&vpc.vpc_id, gateway))
}

/// The candidates, those in use first: hubs of this service, of any service, VPCs that others go
/// out by, and the callers.
pub(super) fn all<'w>(
    context: &RuleContext<'w>,
    region: &Region,
    service: &str,
    consumers: &[Consumer<'w>],
) -> Vec<&'w Vpc> {
    let mut ids: Vec<&str> = context.hubs(region, service);
    ids.extend(context.hubs_of_any(region));
    ids.extend(context.egress_vpcs(region));
    let mut callers: Vec<&Consumer<'_>> = consumers.iter().filter(|it| it.gb.is_some()).collect();
    callers.sort_by_key(|it| Reverse(it.gb.map(|gb| gb.all)));
    ids.extend(callers.iter().map(|it| it.vpc.vpc_id.as_str()));
    let mut seen = BTreeSet::new();
    ids.into_iter()
        .filter(|id| seen.insert(*id) && context.attached(id).next().is_some())
        .filter_map(|id| context.vpc(id))
        .filter(|vpc| vpc.is_seen_by_owner())
        .take(LOOKED_AT)
        .collect()
}
