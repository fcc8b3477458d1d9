//! What leads out of a VPC: the default routes of the route tables that its subnets use.

use std::collections::BTreeSet;

use compact_str::CompactString;

use crate::model::{
    classified::Egress,
    index::ByVpc,
    inventory::{RouteTable, RouteTarget},
};

/// The route tables that subnets of the VPC use: those that name a subnet, and the main one if a
/// subnet names no other.
pub fn used_tables<'f>(index: &ByVpc<'f>, vpc_id: &str) -> Vec<&'f RouteTable> {
    let tables = index.route_tables(vpc_id);
    let subnets: BTreeSet<&str> = index
        .subnets(vpc_id)
        .iter()
        .map(|subnet| subnet.subnet_id.as_str())
        .collect();
    let named: BTreeSet<&str> = tables
        .iter()
        .flat_map(|table| table.subnet_ids.iter().map(CompactString::as_str))
        .collect();
    let main_is_used = subnets.difference(&named).next().is_some();
    let used = |table: &&&RouteTable| {
        (table.main && main_is_used)
            || table
                .subnet_ids
                .iter()
                .any(|id| subnets.contains(id.as_str()))
    };
    tables.iter().filter(used).copied().collect()
}

/// The ways out of the VPC, each once.
pub fn egress(index: &ByVpc<'_>, vpc_id: &str) -> Vec<Egress> {
    let ways: BTreeSet<Egress> = used_tables(index, vpc_id)
        .into_iter()
        .flat_map(|table| &table.routes)
        .filter(|route| route.is_default() && !route.blackhole)
        .filter_map(|route| match route.target {
            RouteTarget::Local => None,
            RouteTarget::NatGateway(_) => Some(Egress::Nat),
            RouteTarget::TransitGateway(_) => Some(Egress::TransitGateway),
            RouteTarget::InternetGateway(_) => Some(Egress::InternetGateway),
            RouteTarget::NetworkInterface(_) => Some(Egress::NatInstance),
            RouteTarget::VpcEndpoint(_) | RouteTarget::Other(_) => Some(Egress::Other),
        })
        .collect();
    if ways.is_empty() {
        vec![Egress::None]
    } else {
        ways.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        facts::Facts,
        inventory::{Route, Subnet},
    };

    fn ways(facts: &Facts) -> Vec<Egress> {
        egress(&ByVpc::new(facts), "vpc-1")
    }

    fn table(id: &str, main: bool, subnets: &[&str], target: RouteTarget) -> RouteTable {
        let route = |destination: &str, target, blackhole| Route {
            destination: destination.into(),
            target,
            blackhole,
        };
        RouteTable {
            route_table_id: id.into(),
            vpc_id: "vpc-1".into(),
            main,
            subnet_ids: subnets.iter().copied().map(Into::into).collect(),
            routes: vec![
                route("10.0.0.0/16", RouteTarget::Local, false),
                route("0.0.0.0/0", target, false),
                route("::/0", RouteTarget::Other("vgw-1".into()), true),
            ],
        }
    }

    fn facts(subnets: &[&str]) -> Facts {
        let mut facts = Facts::default();
        for id in subnets {
            let subnet = Subnet {
                subnet_id: (*id).into(),
                vpc_id: "vpc-1".into(),
                availability_zone: "eu-west-1a".into(),
                availability_zone_id: None,
                cidrs: Vec::new(),
                available_addresses: None,
            };
            facts.subnets.insert((*id).into(), subnet);
        }
        for table in [
            table(
                "rtb-main",
                true,
                &[],
                RouteTarget::InternetGateway("igw-1".into()),
            ),
            table(
                "rtb-a",
                false,
                &["subnet-a"],
                RouteTarget::NatGateway("nat-1".into()),
            ),
            table(
                "rtb-x",
                false,
                &[],
                RouteTarget::TransitGateway("tgw-1".into()),
            ),
        ] {
            facts
                .route_tables
                .insert(table.route_table_id.clone(), table);
        }
        facts
    }

    #[test]
    fn the_main_table_counts_only_where_a_subnet_falls_back_on_it() {
        assert_eq!(ways(&facts(&["subnet-a"])), [Egress::Nat]);
        assert_eq!(
            ways(&facts(&["subnet-a", "subnet-b"])),
            [Egress::Nat, Egress::InternetGateway]
        );
    }

    #[test]
    fn a_vpc_without_subnets_has_no_way_out() {
        assert_eq!(ways(&facts(&[])), [Egress::None]);
    }
}
