//! Where a VPC goes out whose default route leads to a transit gateway: the VPC behind it, as far as
//! attachments and the transit gateway's own route tables are visible.

use std::collections::{BTreeMap, BTreeSet};

use super::path::only;
use crate::model::{
    classified::CentralEgress,
    coverage::Step,
    facts::Facts,
    index::ByVpc,
    inventory::{NatGateway, RouteTarget, Vpc},
    network::TransitGatewayAttachment,
    target::Target,
};

/// The VPCs that go out through another one, each with that one. Nothing is said of a VPC whose
/// transit gateway tells no single way.
pub fn of_all(facts: &Facts, index: &ByVpc<'_>) -> BTreeMap<String, CentralEgress> {
    let vpcs: BTreeMap<&str, &Vpc> = facts
        .distinct_vpcs()
        .into_iter()
        .map(|vpc| (vpc.vpc_id.as_str(), vpc))
        .collect();
    let network = Network { facts, index };
    vpcs.keys()
        .filter_map(|vpc_id| {
            let gateways = network.transit_gateways(vpc_id);
            let behind: BTreeSet<&str> = gateways
                .into_iter()
                .map(|gateway| network.behind(vpc_id, gateway))
                .collect::<Option<_>>()?;
            let hub = vpcs.get(only(behind.into_iter())?)?;
            let egress = CentralEgress {
                account_id: hub.owner_account_id.clone(),
                vpc_id: hub.vpc_id.clone(),
                nat_gateway_ids: network
                    .nat_gateways(&hub.vpc_id)
                    .map(|it| it.nat_gateway_id.clone())
                    .collect(),
            };
            Some(((*vpc_id).to_owned(), egress))
        })
        .collect()
}

struct Network<'n> {
    facts: &'n Facts,
    index: &'n ByVpc<'n>,
}

impl<'n> Network<'n> {
    /// Those that default routes of the VPC lead to.
    fn transit_gateways(&self, vpc_id: &str) -> BTreeSet<&'n str> {
        self.index
            .used_route_tables(vpc_id)
            .into_iter()
            .flat_map(|table| &table.routes)
            .filter(|route| route.is_default() && !route.blackhole)
            .filter_map(|route| match &route.target {
                RouteTarget::TransitGateway(id) => Some(id.as_str()),
                _ => None,
            })
            .collect()
    }

    fn attachments(
        &self,
        transit_gateway: &str,
    ) -> impl Iterator<Item = &'n TransitGatewayAttachment> {
        let all = self.facts.transit_gateway_attachments.values();
        all.filter(move |it| it.available && it.transit_gateway_id == transit_gateway)
    }

    /// The VPC that the transit gateway sends the rest to: by its routes where these are visible,
    /// else the only other VPC attached that has a way out of its own.
    fn behind(&self, vpc_id: &str, transit_gateway: &str) -> Option<&'n str> {
        let of_vpc = |it: &&TransitGatewayAttachment| it.resource_id.as_deref() == Some(vpc_id);
        let table = self
            .attachments(transit_gateway)
            .filter(of_vpc)
            .find_map(|it| it.route_table_id.as_deref());
        let route = table.and_then(|it| self.facts.transit_gateway_default_routes.get(it));
        if let Some(route) = route {
            let attachments = route.attachment_ids.iter().map(|id| {
                let known = self.facts.transit_gateway_attachments.get(id)?;
                known.resource_id.as_deref()
            });
            let vpcs: BTreeSet<&str> = attachments.collect::<Option<_>>()?;
            return only(vpcs.into_iter()).filter(|it| *it != vpc_id);
        }
        // Without its routes the way is known only if everything that is attached was scanned.
        if !self.is_whole(transit_gateway) {
            return None;
        }
        let others = self
            .attachments(transit_gateway)
            .filter(|it| it.resource_type == "vpc" && !of_vpc(it))
            .filter_map(|it| it.resource_id.as_deref())
            .filter(|it| self.nat_gateways(it).next().is_some());
        let others: BTreeSet<&str> = others.collect();
        only(others.into_iter())
    }

    /// Whether the owner of a transit gateway listed all that is attached, and each of it is a VPC of
    /// the scan.
    fn is_whole(&self, transit_gateway: &str) -> bool {
        let scanned = |it: &TransitGatewayAttachment| {
            let id = it.resource_id.as_deref();
            let mut vpcs = self.facts.vpcs.iter();
            it.resource_type == "vpc" && vpcs.any(|vpc| id == Some(vpc.vpc_id.as_str()))
        };
        let listed = self.attachments(transit_gateway).any(|it| {
            let owner = it.transit_gateway_owner_id.clone();
            owner.is_some_and(|account_id| {
                let at = Target {
                    account_id,
                    region: it.target.region.clone(),
                };
                let outcomes = &self.facts.outcomes;
                outcomes.is_complete(&at, Step::TransitGateways)
            })
        });
        listed && self.attachments(transit_gateway).all(scanned)
    }

    /// NAT gateways of a VPC that lead to the internet.
    fn nat_gateways(&self, vpc_id: &str) -> impl Iterator<Item = &'n NatGateway> {
        let all = self.index.nat_gateways(vpc_id).iter().copied();
        all.filter(|it| it.state == "available" && it.connectivity_type == "public")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        coverage::Cell,
        inventory::{Route, RouteTable, Subnet},
        network::TransitGatewayDefaultRoute,
    };

    /// VPCs `spoke` (default route to `tgw-1`), `hub` and `other` (a NAT gateway each), all attached.
    fn facts(table: Option<&str>) -> Facts {
        let mut facts = Facts::default();
        for (id, account) in [("spoke", "1"), ("hub", "2"), ("other", "3")] {
            let target = Target {
                account_id: account.repeat(12).parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
            };
            facts.vpcs.push(Vpc {
                target: target.clone(),
                vpc_id: id.into(),
                name: None,
                owner_account_id: target.account_id.clone(),
                is_default: false,
                cidrs: Vec::new(),
                dns_support: None,
                dns_hostnames: None,
            });
            facts.transit_gateway_attachments.insert(
                format!("attach-{id}"),
                TransitGatewayAttachment {
                    target: target.clone(),
                    attachment_id: format!("attach-{id}"),
                    transit_gateway_id: "tgw-1".into(),
                    transit_gateway_owner_id: Some("222222222222".parse().unwrap()),
                    resource_type: "vpc".into(),
                    resource_id: Some(id.into()),
                    available: true,
                    route_table_id: table.map(str::to_owned),
                },
            );
            if id == "spoke" {
                continue;
            }
            facts.nat_gateways.insert(
                format!("nat-{id}"),
                NatGateway {
                    target,
                    vpc_id: id.into(),
                    nat_gateway_id: format!("nat-{id}"),
                    name: None,
                    state: "available".into(),
                    connectivity_type: "public".into(),
                    availability_mode: "zonal".into(),
                    subnet_id: None,
                    availability_zones: Vec::new(),
                    created_at: None,
                    deleted_at: None,
                    public_ipv4_addresses: None,
                    addresses: None,
                },
            );
        }
        facts.subnets.insert(
            "subnet-1".into(),
            Subnet {
                subnet_id: "subnet-1".into(),
                vpc_id: "spoke".into(),
                availability_zone: "eu-west-1a".into(),
                availability_zone_id: None,
                cidrs: Vec::new(),
                available_addresses: None,
            },
        );
        facts.route_tables.insert(
            "rtb-1".into(),
            RouteTable {
                route_table_id: "rtb-1".into(),
                vpc_id: "spoke".into(),
                main: true,
                subnet_ids: Vec::new(),
                routes: vec![Route {
                    destination: "0.0.0.0/0".into(),
                    target: RouteTarget::TransitGateway("tgw-1".into()),
                    blackhole: false,
                }],
            },
        );
        facts
    }

    fn hub_of_spoke(facts: &Facts) -> Option<CentralEgress> {
        of_all(facts, &ByVpc::new(facts)).remove("spoke")
    }

    #[test]
    fn the_route_of_the_transit_gateway_decides_where_it_is_visible() {
        let mut facts = facts(Some("tgw-rtb-1"));
        let mut route = |to: &[&str]| {
            let route = TransitGatewayDefaultRoute {
                route_table_id: "tgw-rtb-1".into(),
                attachment_ids: to.iter().map(ToString::to_string).collect(),
            };
            let routes = &mut facts.transit_gateway_default_routes;
            routes.insert("tgw-rtb-1".into(), route);
            hub_of_spoke(&facts)
        };
        let egress = route(&["attach-hub"]).unwrap();
        assert_eq!(egress.account_id.as_str(), "222222222222");
        assert_eq!(egress.nat_gateway_ids, ["nat-hub"]);
        assert_eq!(route(&[]), None, "the route drops");
        assert_eq!(route(&["attach-hub", "attach-other"]), None, "two ways");
        assert_eq!(route(&["attach-vpn"]), None, "not seen");
    }

    #[test]
    fn without_routes_the_only_attached_vpc_with_a_nat_gateway_is_it_if_all_are_known() {
        let mut facts = facts(None);
        let mut spare = facts.clone();
        spare.nat_gateways.remove("nat-other");
        assert_eq!(hub_of_spoke(&spare), None, "the owner was not scanned");
        let at = &facts.transit_gateway_attachments["attach-hub"].target;
        let cell = Cell::complete(
            Some(at.account_id.clone()),
            Some(at.region.clone()),
            Step::TransitGateways,
        );
        facts.outcomes.add(&cell);
        let mut partial = facts.clone();
        partial.nat_gateways.remove("nat-other");
        partial.vpcs.retain(|vpc| vpc.vpc_id != "other");
        assert_eq!(
            hub_of_spoke(&partial),
            None,
            "an attached VPC was not scanned"
        );
        assert_eq!(hub_of_spoke(&facts), None, "two have one");
        facts.nat_gateways.remove("nat-other");
        assert_eq!(hub_of_spoke(&facts).unwrap().vpc_id, "hub");
        let attachment = facts.transit_gateway_attachments.get_mut("attach-hub");
        attachment.unwrap().available = false;
        assert_eq!(hub_of_spoke(&facts), None, "no longer attached");
    }
}
