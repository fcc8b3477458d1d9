//! Published endpoint services of partners that VPCs call: whether the owner of the VPC can see them.
//! Asked once the query logs are read, and only in targets in which a VPC calls one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{StreamExt, stream};

use super::cells::Cells;
use crate::{
    classify::host::{HostKind, partner::PartnerRules},
    collect::partner_service,
    config::Config,
    model::{coverage::Step, facts::Found, target::Target, usage::GroupRead},
    org::session::Access,
    store::StoreError,
};

/// Asks in the account that owns each VPC.
///
/// # Errors
///
/// If the store fails.
pub(super) async fn gather(
    access: &Access,
    config: &Config,
    cells: &Cells,
) -> Result<(), Arc<StoreError>> {
    cells.flush().await?;
    let Ok(partners) = PartnerRules::built_in() else {
        return Ok(());
    };
    stream::iter(wanted(cells, partners))
        .for_each_concurrent(config.limits.accounts, |(target, names)| async move {
            let work = async {
                if let Some(denied) = cells.denied(&target) {
                    return Err(denied);
                }
                let account = access.account(&target.account_id).await?;
                partner_service::list(&account.session(&target.region), &names).await
            };
            let at = target.clone();
            let found = |checks| Found::PartnerServices(at, checks);
            let step = cells.step(&target, Step::PartnerServices, work, found);
            Box::pin(step).await;
        })
        .await;
    Ok(())
}

/// The published names of what VPCs call, by the target of the VPC's owner. Only targets of the scan
/// are asked.
fn wanted(cells: &Cells, partners: &PartnerRules) -> BTreeMap<Target, BTreeSet<String>> {
    let facts = cells.facts_of(&[Step::Vpcs]);
    let targets = cells.targets();
    let owner = |vpc: &crate::model::inventory::Vpc| Target {
        account_id: vpc.owner_account_id.clone(),
        region: vpc.target.region.clone(),
    };
    let vpcs = facts.distinct_vpcs().into_iter();
    let vpcs = vpcs.map(|vpc| (vpc.vpc_id.as_str(), owner(vpc)));
    let vpcs: BTreeMap<_, _> = vpcs.filter(|(_, at)| targets.contains(at)).collect();
    let mut wanted: BTreeMap<Target, BTreeSet<String>> = BTreeMap::new();
    cells.each_part(Step::DnsUsage, |read: GroupRead| {
        for (vpc_id, dns) in read.usage.vpcs {
            let Some(at) = vpcs.get(vpc_id.as_str()) else {
                continue;
            };
            for (host, _) in dns.hosts.iter().filter(|(_, it)| it.queries > 0) {
                let found = partners.classify(host);
                let found = found.filter(|it| it.kind == HostKind::Partner);
                let name = found.and_then(|it| it.endpoint_service_name(Some(at.region.as_str())));
                if let Some(name) = name {
                    let names = wanted.entry(at.clone()).or_default();
                    names.insert(name.to_owned());
                }
            }
        }
    });
    wanted
}
