//! What leads out of a VPC: the default routes of the route tables that its subnets use.

use std::collections::BTreeSet;

use crate::model::{
    classified::Egress,
    index::ByVpc,
    inventory::{Route, RouteTarget},
};

/// What leads out of the VPC, each kind once; `closed` if its transit gateways lead to no open egress.
pub fn egress(index: &ByVpc<'_>, vpc_id: &str, closed: bool) -> Vec<Egress> {
    let egress: BTreeSet<Egress> = index
        .used_route_tables(vpc_id)
        .iter()
        .flat_map(|table| &table.routes)
        .filter(|route| route.is_default() && !route.blackhole)
        .filter(|route| is_open(index, vpc_id, route))
        .filter_map(|route| match route.target {
            RouteTarget::Local => None,
            RouteTarget::NatGateway(_) => Some(Egress::Nat),
            RouteTarget::TransitGateway(_) => (!closed).then_some(Egress::TransitGateway),
            RouteTarget::InternetGateway(_) => Some(Egress::InternetGateway),
            RouteTarget::NetworkInterface(_) => Some(Egress::NatInstance),
            RouteTarget::VpcEndpoint(_) | RouteTarget::Other(_) => Some(Egress::Other),
        })
        .collect();
    if egress.is_empty() {
        vec![Egress::None]
    } else {
        egress.into_iter().collect()
    }
}

/// Whether what a route names lets traffic out: an internet gateway has to be attached to the VPC, and
/// VPC Block Public Access may close it and more
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>).
fn is_open(index: &ByVpc<'_>, vpc_id: &str, route: &Route) -> bool {
    const EGRESS_ONLY: &str = "eigw-";
    let blocked = index.blocked_public_access(vpc_id);
    let bidirectional = index.blocks_nat_gateways(vpc_id);
    match &route.target {
        RouteTarget::InternetGateway(id) => {
            let closed = blocked.is_some() && !id.starts_with(EGRESS_ONLY);
            // A route that has a state is no blackhole here: its gateway is attached.
            let attached = || route.has_state || index.has_internet_gateway(vpc_id, id);
            !closed && !bidirectional && attached()
        }
        // A NAT gateway itself leaves by an internet gateway of its VPC.
        RouteTarget::NatGateway(_) => !bidirectional,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::InternetGatewayId;
    use crate::model::tests::sample::{self, target};
    use crate::model::{
        coverage::{Cell, Step},
        facts::Facts,
        internet::{BlockPublicAccessExclusion, InternetGateway, VpcBlockPublicAccess},
        inventory::{RouteTable, Subnet},
        outcomes::Outcomes,
    };

    fn egress_of(facts: &Facts) -> Vec<Egress> {
        egress(&ByVpc::new(facts), "vpc-1", false)
    }

    fn table(id: &str, main: bool, subnets: &[&str], target: RouteTarget) -> RouteTable {
        let route = |destination: &str, target, blackhole| Route {
            destination: destination.into(),
            target,
            blackhole,
            has_state: false,
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
        assert_eq!(egress_of(&facts(&["subnet-a"])), [Egress::Nat]);
        assert_eq!(
            egress_of(&facts(&["subnet-a", "subnet-b"])),
            [Egress::Nat, Egress::InternetGateway]
        );
    }

    /// One VPC whose subnet routes to an internet gateway, read or not.
    fn with_vpc() -> Facts {
        let mut facts = facts(&["subnet-b"]);
        facts.vpcs.push(sample::vpc(&target(), "vpc-1"));
        let target = target();
        facts.outcomes.add(&Cell::complete(
            Some(target.account_id),
            Some(target.region),
            Step::InternetGateways,
        ));
        facts
    }

    fn gateway(id: &str, vpcs: &[&str]) -> (InternetGatewayId, InternetGateway) {
        let gateway = InternetGateway {
            target: target(),
            internet_gateway_id: id.into(),
            vpc_ids: vpcs.iter().map(|it| (*it).into()).collect(),
        };
        (id.into(), gateway)
    }

    #[test]
    fn an_internet_gateway_that_is_detached_or_missing_is_no_way_out() {
        let mut facts = with_vpc();
        assert_eq!(
            egress_of(&facts),
            [Egress::InternetGateway],
            "none was read"
        );
        facts.internet_gateways = [gateway("igw-1", &["vpc-1"])].into();
        assert_eq!(egress_of(&facts), [Egress::InternetGateway]);
        for detached in [gateway("igw-1", &[]), gateway("igw-1", &["vpc-2"])] {
            facts.internet_gateways = [detached].into();
            assert_eq!(egress_of(&facts), [Egress::None]);
        }
        facts.internet_gateways = [gateway("igw-2", &["vpc-2"])].into();
        assert_eq!(egress_of(&facts), [Egress::None], "igw-1 is missing");
        let state = |facts: &mut Facts, blackhole| {
            let tables = facts.route_tables.values_mut();
            let routes = tables.flat_map(|table| &mut table.routes);
            for route in routes.filter(|it| matches!(it.target, RouteTarget::InternetGateway(_))) {
                (route.blackhole, route.has_state) = (blackhole, true);
            }
        };
        let mut by_state = facts.clone();
        state(&mut by_state, false);
        assert_eq!(egress_of(&by_state), [Egress::InternetGateway], "active");
        state(&mut by_state, true);
        assert_eq!(egress_of(&by_state), [Egress::None], "blackhole");
        facts.outcomes = Outcomes::default();
        assert_eq!(
            egress_of(&facts),
            [Egress::InternetGateway],
            "not all were read"
        );
    }

    #[test]
    fn block_public_access_closes_the_ways_of_its_mode_unless_the_vpc_is_excluded() {
        let blocked = |mode: &str, excluded: Option<&str>, subnet: &str| {
            let mut facts = with_vpc();
            facts.subnets = super::tests::facts(&[subnet]).subnets;
            let exclusions = excluded.map(|id| BlockPublicAccessExclusion {
                resource_id: id.to_owned(),
                mode: "allow-egress".to_owned(),
            });
            let setting = VpcBlockPublicAccess {
                target: target(),
                mode: mode.into(),
                exclusions: exclusions.into_iter().collect(),
            };
            facts.vpc_block_public_access = [(target(), setting)].into();
            egress_of(&facts)
        };
        let (nat, igw) = ("subnet-a", "subnet-b");
        assert_eq!(blocked("off", None, igw), [Egress::InternetGateway]);
        assert_eq!(blocked("block-ingress", None, igw), [Egress::None]);
        assert_eq!(blocked("block-ingress", None, nat), [Egress::Nat]);
        assert_eq!(blocked("block-bidirectional", None, nat), [Egress::None]);
        for excluded in ["vpc-1", "subnet-a"] {
            let open = blocked("block-bidirectional", Some(excluded), nat);
            assert_eq!(open, [Egress::Nat], "{excluded}");
        }
    }

    #[test]
    fn a_vpc_without_subnets_has_no_way_out() {
        assert_eq!(egress_of(&facts(&[])), [Egress::None]);
    }
}
