//! The VPCs of clients whose records show their interface alone: where VPCs with equal address blocks
//! write to one log group, a record belongs to the VPC of its interface.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::Cells;
use crate::{
    collect::network_interface,
    model::{
        flow::{FlowGroup, FlowGroups, FlowKind, FlowRow, FlowSource, FlowUsage},
        id::{NetworkInterfaceId, VpcId},
        target::Target,
    },
    org::session::Access,
    usage::flow::plan::Plan,
};

/// Names the VPCs of rows by their interfaces. What cannot be found stays without: its VPC is
/// then one of several.
pub(super) async fn name_vpcs(access: &Access, cells: &Cells, plan: &Plan, usage: &mut FlowUsage) {
    let unnamed: BTreeSet<String> = usage
        .sources
        .iter()
        .flat_map(unnamed)
        .map(str::to_owned)
        .collect();
    if unnamed.is_empty() {
        return;
    }
    let vpcs: BTreeSet<&str> = usage
        .sources
        .iter()
        .flat_map(|source| source.vpcs.iter().chain(&source.others))
        .map(VpcId::as_str)
        .collect();
    let ids: Vec<String> = unnamed.into_iter().collect();
    let mut found: BTreeMap<NetworkInterfaceId, VpcId> = BTreeMap::new();
    for (target, here) in &plan.targets {
        if here.iter().any(|(vpc, _)| vpcs.contains(vpc.as_str())) {
            found.extend(vpcs_of(access, cells, target, &ids).await);
        }
    }
    for source in &mut usage.sources {
        name(source, &found);
    }
}

/// The interfaces of clients whose rows name no VPC.
fn unnamed(source: &FlowSource) -> impl Iterator<Item = &str> {
    let rows = source.rows.keys().filter(|row| row.vpc_id.is_none());
    let clients = rows.filter(|_| source.kind == FlowKind::Client);
    clients.filter_map(|row| row.interface.as_deref())
}

async fn vpcs_of(
    access: &Access,
    cells: &Cells,
    target: &Target,
    ids: &[String],
) -> Vec<(NetworkInterfaceId, VpcId)> {
    let work = async {
        let account = access.account(&target.account_id).await?;
        network_interface::find(&account.session(&target.region), ids).await
    };
    match cells.measure(work).await.result {
        Ok(found) => found
            .into_iter()
            .map(|it| (it.network_interface_id, it.vpc_id))
            .collect(),
        Err(failure) => {
            tracing::debug!(%target, %failure, "interfaces of clients");
            Vec::new()
        }
    }
}

fn name(source: &mut FlowSource, vpcs: &BTreeMap<NetworkInterfaceId, VpcId>) {
    if source.kind != FlowKind::Client {
        return;
    }
    let mut groups = FlowGroups::default();
    for (row, bytes) in std::mem::take(&mut source.rows) {
        let interface = row.interface.as_ref().filter(|_| row.vpc_id.is_none());
        let named = match interface.and_then(|id| vpcs.get(id.as_str())) {
            Some(vpc) => {
                let group = FlowGroup {
                    vpc_id: Some(vpc.clone()),
                    interface: None,
                    ..FlowGroup::clone(&row)
                };
                groups.share(FlowRow::new(row.external, group))
            }
            None => row,
        };
        *source.rows.entry(named).or_default() += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_get_the_vpc_of_their_interface_and_are_summed_up_by_it() {
        let row = |interface: &str| {
            let group = FlowGroup {
                interface: Some(interface.into()),
                client: Some("10.0.0.0/24".parse().unwrap()),
                ..FlowGroup::default()
            };
            FlowRow::new(None, group)
        };
        let mut source = FlowSource {
            kind: FlowKind::Client,
            interfaces: Vec::new(),
            vpcs: vec!["vpc-1".into(), "vpc-2".into()],
            subnets: Vec::new(),
            others: Vec::new(),
            rows: [
                (row("eni-1"), 1),
                (row("eni-2"), 2),
                (row("eni-3"), 4),
                (row("eni-4"), 8),
            ]
            .into(),
            skipped: BTreeMap::new(),
            quiet: BTreeSet::new(),
            part: BTreeSet::new(),
        };
        assert_eq!(unnamed(&source).count(), 4);
        let vpcs = [("eni-1", "vpc-1"), ("eni-2", "vpc-1"), ("eni-3", "vpc-2")];
        let vpcs = vpcs.map(|(id, vpc)| (id.into(), vpc.into()));
        name(&mut source, &vpcs.into());
        let sums: Vec<_> = source
            .rows
            .iter()
            .map(|(row, bytes)| (row.vpc_id.as_deref(), row.interface.as_deref(), *bytes))
            .collect();
        assert_eq!(
            sums,
            [
                (Some("vpc-1"), None, 3),
                (Some("vpc-2"), None, 4),
                (None, Some("eni-4"), 8)
            ]
        );
    }
}
