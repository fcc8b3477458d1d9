//! Which VPCs are asked for their DNS attributes: two calls a VPC, the largest part of all calls of a
//! scan if every VPC were asked.
//!
//! Private DNS of interface endpoints needs the attributes. So they matter in a VPC that has one, and in
//! a VPC that calls services, which could get one. The logs show the calls; VPCs with logs are asked with
//! the rest of their target, those that are found in a log group all the same are asked after the logs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use futures::{StreamExt, stream};

use super::cells::{Cells, Scope};
use crate::{
    collect::vpc_dns_attributes,
    config::Config,
    model::{
        coverage::{Cell, Step},
        facts::{Facts, Finished, Found},
        id::VpcId,
        inventory::Vpc,
        target::Target,
    },
    org::session::Access,
    store::{Place, StoreError},
};

/// The VPCs of a target that have an interface endpoint, query logs or flow logs. If it is not known who
/// has them (`incomplete`), all. A flow log of a subnet or an interface may be of any VPC of the target.
pub(super) fn needed(known: &Facts, incomplete: bool) -> Vec<VpcId> {
    let mut vpcs: BTreeSet<&str> = BTreeSet::new();
    let endpoints = known.endpoints.values();
    let in_subnets = endpoints.filter(|it| !it.subnet_ids.is_empty());
    vpcs.extend(in_subnets.map(|it| it.vpc_id.as_str()));
    let associations = known.query_log_associations.iter();
    vpcs.extend(associations.map(|it| it.vpc_id.as_str()));
    let logged = known.flow_logs.values().map(|it| it.resource_id.as_str());
    vpcs.extend(logged.clone());
    let mut logged = logged;
    let any = incomplete || logged.any(|id| id.starts_with("subnet-") || id.starts_with("eni-"));
    known
        .vpcs
        .iter()
        .filter(|vpc| vpc.is_seen_by_owner() && (any || vpcs.contains(vpc.vpc_id.as_str())))
        .map(|vpc| vpc.vpc_id.clone())
        .collect()
}

/// Asks the VPCs that a log group holds calls of, though they have no log any more.
///
/// # Errors
///
/// If the store fails.
pub(super) async fn of_called(
    access: &Access,
    config: &Config,
    cells: &Cells,
) -> Result<(), Arc<StoreError>> {
    cells.flush().await?;
    let called = cells.vpcs_in_query_logs();
    let mut left: BTreeMap<Target, Vec<VpcId>> = BTreeMap::new();
    let steps = [Step::Vpcs, Step::VpcDnsAttributes];
    cells.each_target(Scope::All, &steps, |target, facts, incomplete| {
        let unread = |vpc: &&Vpc| {
            // In runs of before 2026-11-27 the VPC itself holds them.
            let known =
                facts.vpc_dns_attributes.contains_key(&vpc.vpc_id) || vpc.dns_support.is_some();
            vpc.is_seen_by_owner() && !known && called.contains(vpc.vpc_id.as_str())
        };
        let vpcs: Vec<_> = facts.vpcs.iter().filter(unread).collect();
        if incomplete.is_empty() && !vpcs.is_empty() {
            let ids = vpcs.into_iter().map(|vpc| vpc.vpc_id.clone());
            left.insert(target, ids.collect());
        }
    });
    stream::iter(left)
        .for_each_concurrent(config.limits.accounts, |(target, vpc_ids)| async move {
            // Boxed: the futures of the SDK are large.
            Box::pin(ask(access, cells, &target, vpc_ids)).await;
        })
        .await;
    Ok(())
}

/// Adds the attributes of some VPCs to the cell of their target.
async fn ask(access: &Access, cells: &Cells, target: &Target, vpc_ids: Vec<VpcId>) {
    let place = Place::at(target, Step::VpcDnsAttributes);
    let mut found = match cells.found(place) {
        Found::VpcDnsAttributes(found) => found,
        _ => Vec::new(),
    };
    let measured = cells
        .measure(async {
            let account = access.account(&target.account_id).await?;
            vpc_dns_attributes::list(&account.session(&target.region), vpc_ids).await
        })
        .await;
    let cell = cells.recorded(place).unwrap_or_else(|| {
        let (account, region) = (target.account_id.clone(), target.region.clone());
        Cell::complete(Some(account), Some(region), Step::VpcDnsAttributes)
    });
    let cell = measured.add_to(cell);
    let cell = match measured.result {
        Ok(more) => {
            found.extend(more);
            cell
        }
        Err(failure) => cell.failed(failure),
    };
    let found = Found::VpcDnsAttributes(found);
    cells.record(vec![Finished { cell, found }]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts() -> Facts {
        let target = json!({"account_id": "111122223333", "region": "eu-west-1"});
        let vpc = |id: &str, owner: &str| {
            serde_json::from_value(json!({
                "target": target, "vpc_id": id, "name": null, "owner_account_id": owner,
                "is_default": false, "cidrs": [], "dns_support": null, "dns_hostnames": null,
            }))
            .unwrap()
        };
        Facts {
            vpcs: vec![
                vpc("vpc-logged", "111122223333"),
                vpc("vpc-plain", "111122223333"),
                vpc("vpc-shared", "444455556666"),
            ],
            ..Facts::default()
        }
    }

    #[test]
    fn a_vpc_without_endpoints_and_logs_is_not_asked_for_its_dns_attributes() {
        let mut known = facts();
        assert_eq!(needed(&known, false), Vec::<String>::new());
        let association = json!({
            "target": {"account_id": "111122223333", "region": "eu-west-1"},
            "config_id": "rqlc-1", "vpc_id": "vpc-logged", "status": "ACTIVE", "error": null,
        });
        known.query_log_associations = vec![serde_json::from_value(association).unwrap()];
        assert_eq!(needed(&known, false), ["vpc-logged"]);
    }

    #[test]
    fn all_own_vpcs_are_asked_if_it_is_not_known_which_have_logs() {
        assert_eq!(needed(&facts(), true), ["vpc-logged", "vpc-plain"]);
    }
}
