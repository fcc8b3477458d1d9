//! Costs of hubs that are known to the cent, split.

use crate::model::tests::sample;
use proptest::prelude::*;

use super::*;
use crate::model::{
    bytes::Shares,
    id::{NatGatewayId, VpcId},
    inventory::NatMetrics,
    target::Target,
};

fn target() -> Target {
    Target {
        account_id: "111111111111".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
    }
}

fn usd(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// VPCs and NAT gateways whose figures are known.
#[derive(Default)]
struct Scene {
    facts: Facts,
    central: BTreeMap<VpcId, CentralEgress>,
    found: Attribution,
    costs: BTreeMap<NatGatewayId, NatGatewayCost>,
}

impl Scene {
    /// A NAT gateway with the bytes that CloudWatch counted, and what its data and hours cost.
    fn gateway(mut self, id: &str, hub: &str, metered: Option<u64>, cost: [&str; 2]) -> Self {
        let gateway = sample::nat_gateway(&target(), hub, id);
        self.facts.nat_gateways.insert(id.into(), gateway);
        self.facts.vpcs.push(sample::vpc(&target(), hub));
        let metrics = NatMetrics {
            nat_gateway_id: id.into(),
            bytes_in_from_source: metered,
            bytes_in_from_destination: Some(0),
            active_connections: None,
            metrics_requested: None,
        };
        self.facts.nat_metrics.insert(id.into(), metrics);
        let cost = NatGatewayCost {
            monthly_data_usd: metered.map(|_| usd(cost[0])),
            monthly_hours_usd: Some(usd(cost[1])),
            ..NatGatewayCost::default()
        };
        self.costs.insert(id.into(), cost);
        self
    }

    fn spoke(mut self, vpc: &str, hub: &str, gateways: &[&str]) -> Self {
        let egress = CentralEgress {
            account_id: target().account_id,
            vpc_id: hub.into(),
            nat_gateway_ids: gateways.iter().map(|it| (*it).into()).collect(),
            diverges: false,
        };
        self.central.insert(vpc.into(), egress);
        self
    }

    /// Bytes of a VPC, by a record of the gateway, or by another one.
    fn bytes(
        mut self,
        vpc: &str,
        hub: &str,
        gateway: Option<&str>,
        basis: ChargebackBasis,
        bytes: u64,
    ) -> Self {
        if let (ChargebackBasis::NatGatewayFlowLog, Some(id)) = (basis, gateway) {
            self.found.nat_clients_recorded.insert(id.into());
            let shares = self.found.nat_gateways.entry(id.into()).or_default();
            shares.bytes += bytes;
        }
        let client = EgressClient {
            hub_vpc_id: hub.into(),
            nat_gateway_id: gateway.map(Into::into),
            vpc_id: vpc.into(),
            basis,
        };
        *self.found.egress.entry(client).or_default() += bytes;
        self
    }

    fn charges(&self) -> Vec<ChargedGateways> {
        of_hubs(ChargebackInput {
            facts: &self.facts,
            central_egress: &self.central,
            attribution: &self.found,
            nat_costs: &self.costs,
        })
    }
}

/// `VPC BYTES DATA HOURS`, a part a line; `-` for what is not known.
fn shown(found: &ChargedGateways) -> Vec<String> {
    let money = |usd: Option<Decimal>| usd.map_or("-".to_owned(), |it| format!("{it:.2}"));
    let charges = found.charges.iter().map(|it| {
        let vpc = it.vpc_id.as_deref().unwrap_or("-");
        let bytes = it.bytes.map_or("-".to_owned(), |it| it.to_string());
        let (data, hours) = (money(it.data_usd), money(it.hours_usd));
        format!("{vpc} {bytes} {data} {hours}")
    });
    charges.collect()
}

use ChargebackBasis::{NatGatewayFlowLog, TransitGatewayFlowLog, VpcFlowLog};

/// Two hubs and five spokes, one of them without a record.
fn two_hubs() -> Scene {
    let hours = "35.04";
    let scene = Scene::default()
        .gateway("nat-1", "hub-1", Some(1000), ["100.01", hours])
        .gateway("nat-2", "hub-2", Some(700), ["7.00", hours])
        .spoke("spoke-a", "hub-1", &["nat-1"])
        .spoke("spoke-b", "hub-1", &["nat-1"])
        .spoke("spoke-c", "hub-2", &["nat-2"])
        .spoke("spoke-d", "hub-2", &["nat-2"])
        .spoke("spoke-e", "hub-2", &["nat-2"]);
    let nat = Some("nat-1");
    scene
        .bytes("hub-1", "hub-1", nat, NatGatewayFlowLog, 100)
        .bytes("spoke-a", "hub-1", nat, NatGatewayFlowLog, 600)
        .bytes("spoke-b", "hub-1", nat, NatGatewayFlowLog, 300)
        .bytes(
            "spoke-c",
            "hub-2",
            Some("nat-2"),
            TransitGatewayFlowLog,
            350,
        )
        .bytes("spoke-d", "hub-2", Some("nat-2"), VpcFlowLog, 100)
}

#[test]
fn the_cost_of_each_gateway_is_split_by_bytes_and_the_rest_is_a_part_of_its_own() {
    let found = two_hubs().charges();
    assert_eq!(
        shown(&found[0]),
        [
            "hub-1 100 10.00 3.51",
            "spoke-a 600 60.01 21.02",
            "spoke-b 300 30.00 10.51"
        ]
    );
    // The spoke without a record is in what is not assigned.
    assert_eq!(
        shown(&found[1]),
        [
            "spoke-c 350 3.50 17.52",
            "spoke-d 100 1.00 5.01",
            "- 250 2.50 12.51"
        ]
    );
    let basis: Vec<_> = found[1].charges.iter().map(|it| it.basis).collect();
    let expected = [
        TransitGatewayFlowLog,
        VpcFlowLog,
        ChargebackBasis::Unassigned,
    ];
    assert_eq!(basis, expected);
}

#[test]
fn a_gateway_without_measured_bytes_has_no_shares() {
    let unmetered = Scene::default()
        .gateway("nat-1", "hub", None, ["5.00", "35.04"])
        .spoke("spoke", "hub", &["nat-1"]);
    let found = unmetered.charges();
    assert_eq!(shown(&found[0]), ["- - - 35.04"]);
    // Bytes of one client without the bytes of all are no share either.
    let one = unmetered.bytes("spoke", "hub", Some("nat-1"), VpcFlowLog, 9);
    assert_eq!(shown(&one.charges()[0]), ["spoke 9 - -", "- - - 35.04"]);
    let metered = Scene::default()
        .gateway("nat-1", "hub", Some(8), ["5.00", "35.04"])
        .spoke("spoke", "hub", &["nat-1"]);
    assert_eq!(shown(&metered.charges()[0]), ["- 8 5.00 35.04"]);
    let idle = Scene::default()
        .gateway("nat-1", "hub", Some(0), ["0.00", "35.04"])
        .spoke("spoke", "hub", &["nat-1"]);
    assert_eq!(shown(&idle.charges()[0]), ["- 0 0.00 35.04"]);
}

#[test]
fn gateways_that_records_do_not_distinguish_are_charged_as_one() {
    let scene = Scene::default()
        .gateway("nat-1", "hub", Some(60), ["6.00", "30.00"])
        .gateway("nat-2", "hub", Some(40), ["4.00", "30.00"])
        .spoke("spoke", "hub", &["nat-1", "nat-2"])
        .bytes("spoke", "hub", None, VpcFlowLog, 75);
    let found = scene.charges();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].nat_gateway_ids, ["nat-1", "nat-2"]);
    assert_eq!(shown(&found[0]), ["spoke 75 7.50 45.00", "- 25 2.50 15.00"]);
}

#[test]
fn a_vpc_that_sent_nothing_by_a_recorded_gateway_has_a_part_of_zero() {
    let scene = Scene::default()
        .gateway("nat-1", "hub", Some(50), ["2.00", "30.00"])
        .spoke("spoke", "hub", &["nat-1"])
        .spoke("quiet", "hub", &["nat-1"])
        .bytes("spoke", "hub", Some("nat-1"), NatGatewayFlowLog, 50);
    assert_eq!(
        shown(&scene.charges()[0]),
        [
            "hub 0 0.00 0.00",
            "quiet 0 0.00 0.00",
            "spoke 50 2.00 30.00"
        ]
    );
    // Bytes whose client is not known may be its own.
    let mut unclear = scene;
    let shares = Shares {
        bytes: 60,
        ..Shares::default()
    };
    unclear.found.nat_gateways.insert("nat-1".into(), shares);
    assert_eq!(
        shown(&unclear.charges()[0]),
        ["spoke 50 1.67 25.00", "- 10 0.33 5.00"]
    );
}

#[test]
fn a_vpc_that_nobody_goes_out_by_is_not_charged_back() {
    let scene = Scene::default()
        .gateway("nat-1", "alone", Some(50), ["2.00", "30.00"])
        .bytes("alone", "alone", Some("nat-1"), NatGatewayFlowLog, 50);
    assert_eq!(scene.charges(), []);
}

#[test]
fn cents_that_are_left_go_to_the_parts_that_lost_most() {
    let parts = |amount: &str, weights: &[u64]| -> Vec<String> {
        let parts = split(usd(amount), weights);
        parts.iter().map(|it| format!("{it:.2}")).collect()
    };
    assert_eq!(parts("1.00", &[1, 1, 1]), ["0.34", "0.33", "0.33"]);
    assert_eq!(parts("0.01", &[1, 2]), ["0.00", "0.01"]);
    assert_eq!(parts("10.00", &[0, 7]), ["0.00", "10.00"]);
    assert_eq!(parts("0.00", &[3, 4]), ["0.00", "0.00"]);
    let most = u64::MAX;
    assert_eq!(parts("99999999.99", &[most, 0, most]).len(), 3);
}

proptest! {
    #[test]
    fn the_parts_of_any_amount_add_up_to_it_and_differ_by_less_than_a_cent(
        cents in 0_u64..100_000_000_000,
        weights in proptest::collection::vec(0_u64..u64::MAX / 64, 1..40),
    ) {
        let whole: u128 = weights.iter().copied().map(u128::from).sum();
        prop_assume!(whole > 0);
        let amount = Decimal::from(cents) / Decimal::ONE_HUNDRED;
        let parts = split(amount, &weights);
        prop_assert_eq!(parts.iter().sum::<Decimal>(), amount);
        for (part, weight) in parts.iter().zip(&weights) {
            let exact = u128::from(cents) * u128::from(*weight) / whole;
            let part = (*part * Decimal::ONE_HUNDRED).to_u128().unwrap();
            prop_assert!(part == exact || part == exact + 1);
        }
    }

    #[test]
    fn the_parts_of_random_hubs_add_up_to_the_cost_of_their_gateways(
        gateways in proptest::collection::vec((0_usize..3, 0_u64..5000, 0_u64..99_999, any::<bool>()), 1..6),
        clients in proptest::collection::vec((0_usize..6, 0_usize..8, 0_u64..900, 0_u8..3), 0..30),
    ) {
        let mut scene = Scene::default();
        for (at, (hub, metered, cents, known)) in gateways.iter().enumerate() {
            let money = format!("{}", Decimal::new(i64::try_from(*cents).unwrap(), 2));
            let metered = known.then_some(*metered);
            scene = scene.gateway(&format!("nat-{at}"), &format!("hub-{hub}"), metered, [&money, "35.04"]);
        }
        let hub_of = |at: usize| format!("hub-{}", gateways[at].0);
        let mut sent = 0;
        for (gateway, spoke, bytes, basis) in clients {
            let at = gateway % gateways.len();
            let basis = [NatGatewayFlowLog, TransitGatewayFlowLog, VpcFlowLog][usize::from(basis)];
            let id = format!("nat-{at}");
            let (hub, spoke) = (hub_of(at), format!("spoke-{spoke}"));
            scene = scene.spoke(&spoke, &hub, &[&id]);
            scene = scene.bytes(&spoke, &hub, Some(&id), basis, bytes);
            sent += bytes;
        }
        let found = scene.charges();
        let mut assigned = 0;
        for it in &found {
            let cost = |of: fn(&NatGatewayCost) -> Option<Decimal>| -> Option<Decimal> {
                it.nat_gateway_ids.iter().map(|id| of(&scene.costs[id.as_str()])).sum()
            };
            let data: Option<Decimal> = cost(|it| it.monthly_data_usd);
            let parts: Decimal = it.charges.iter().filter_map(|it| it.data_usd).sum();
            prop_assert_eq!(data.unwrap_or_default(), parts);
            let hours: Option<Decimal> = cost(|it| it.monthly_hours_usd);
            let parts: Decimal = it.charges.iter().filter_map(|it| it.hours_usd).sum();
            prop_assert_eq!(hours.unwrap_or_default(), parts);
            let bytes = it.charges.iter().filter(|it| it.vpc_id.is_some());
            assigned += bytes.filter_map(|it| it.bytes).sum::<u64>();
            let all = it.charges.iter().filter_map(|it| it.bytes).sum::<u64>();
            prop_assert!(it.bytes.is_none() || it.bytes == Some(all));
        }
        prop_assert_eq!(assigned, sent, "each byte once");
    }
}
