//! Bytes through the NAT gateways of a hub: by whose records they are charged, and each once.

use super::*;
use crate::model::chargeback::ChargebackBasis::{
    self, NatGatewayFlowLog, TransitGatewayFlowLog, VpcFlowLog,
};
use crate::model::id::{NatGatewayId, VpcId};

/// A record of the transit gateway: bytes of a VPC to an address behind the hub, or back.
fn passed(vpc: &str, external: &str, up: bool) -> FlowRow {
    let group = FlowGroup {
        interface: Some(format!("attach-{vpc}")),
        vpc_id: Some(vpc.into()),
        hub_vpc_id: Some("hub".into()),
        subnet_id: Some("subnet-hub".into()),
        up,
        ingress: Some(up),
        ..FlowGroup::default()
    };
    FlowRow::new(Some(external.parse().unwrap()), group)
}

/// The same bytes, recorded at the attachment of the hub.
fn at_hub(row: &FlowRow) -> FlowRow {
    row.clone().with(|it| {
        it.interface = Some("attach-hub".into());
        it.ingress = it.ingress.map(|it| !it);
    })
}

fn transit(rows: BTreeMap<FlowRow, u64>) -> FlowSource {
    FlowSource {
        interfaces: vec!["tgw-1".into()],
        quiet: BTreeSet::new(),
        ..source(FlowKind::TransitGateway, rows)
    }
}

fn clients_of(vpc: &str, rows: &[(&str, &str, bool, u64)]) -> FlowSource {
    let rows = rows.iter().map(|(client, external, up, bytes)| {
        let row = row(client, external, *up).with(|it| {
            it.interface = None;
            it.vpc_id = Some(vpc.into());
        });
        (row, *bytes)
    });
    FlowSource {
        vpcs: vec![vpc.into()],
        quiet: [vpc.to_owned()].into(),
        ..source(FlowKind::Client, rows.collect())
    }
}

/// `VPC GATEWAY BASIS BYTES`, a line each.
fn charged(found: &Attribution) -> Vec<(VpcId, Option<NatGatewayId>, ChargebackBasis, u64)> {
    let charged = found.egress.iter();
    charged
        .map(|(it, bytes)| {
            assert_eq!(it.hub_vpc_id, "hub");
            (
                it.vpc_id.clone(),
                it.nat_gateway_id.clone(),
                it.basis,
                *bytes,
            )
        })
        .collect()
}

fn of(
    vpc: &str,
    basis: ChargebackBasis,
    bytes: u64,
) -> (VpcId, Option<NatGatewayId>, ChargebackBasis, u64) {
    (vpc.into(), Some("nat-1".into()), basis, bytes)
}

pub(super) fn nat_bytes(found: &Attribution, vpc: &str) -> u64 {
    let places = found.places.iter();
    let here = places
        .filter(|(it, _)| it.route == FlowRoute::NatGateway && it.vpc_id.as_deref() == Some(vpc));
    here.map(|(_, shares)| shares.bytes).sum()
}

pub(super) const STS: &str = "54.0.0.1";

pub(super) fn with_answers(twin: bool) -> Facts {
    let mut facts = small_organization(twin);
    answered(&mut facts, "spoke", "sts.eu-west-1.amazonaws.com", STS);
    facts
}

pub(super) fn sts_of(found: &Attribution, vpc: &str) -> (u64, u64, u64) {
    let place = (vpc.into(), "sts".into(), Some("eu-west-1".into()));
    let flow = found.services.get(&place).copied().unwrap_or_default();
    (flow.to_service, flow.from_service, flow.nat)
}

#[test]
fn records_of_a_transit_gateway_count_once_although_two_attachments_have_them() {
    let mut facts = with_answers(false);
    let (up, down) = (passed("spoke", STS, true), passed("spoke", STS, false));
    let rows = [(&up, 70), (&down, 30)].map(|(row, bytes)| (row.clone(), bytes));
    let doubled = [(at_hub(&up), 70), (at_hub(&down), 30)];
    let both: BTreeMap<_, _> = rows.iter().chain(&doubled).cloned().collect();
    // At both attachments, at that of the spoke alone, at that of the hub alone.
    for rows in [both, rows.into(), doubled.into()] {
        facts.flows = vec![transit(rows)];
        let found = found(&facts);
        assert_eq!(charged(&found), [of("spoke", TransitGatewayFlowLog, 100)]);
        assert_eq!(sts_of(&found, "spoke"), (70, 30, 100));
        assert!(found.nat_known.contains("spoke"));
    }
}

#[test]
fn without_attachments_in_the_records_those_of_what_comes_in_count() {
    let mut facts = with_answers(false);
    let rows = [true, false].into_iter().flat_map(|up| {
        let row = passed("spoke", STS, up).with(|it| it.interface = None);
        let came_in = row.clone().with(|it| it.ingress = Some(true));
        let went_out = row.with(|it| it.ingress = Some(false));
        [(came_in, 40), (went_out, 40)]
    });
    facts.flows = vec![transit(rows.collect())];
    assert_eq!(
        charged(&found(&facts)),
        [of("spoke", TransitGatewayFlowLog, 80)]
    );
}

#[test]
fn the_record_of_the_nat_gateway_comes_before_that_of_the_transit_gateway_and_this_before_the_spokes()
 {
    let mut facts = with_answers(false);
    let nat = [
        (row("10.1.1.0/24", STS, true), 101),
        (row("10.0.1.0/24", STS, true), 9),
    ];
    let transit = transit([(passed("spoke", STS, true), 102)].into());
    let spoke = clients_of("spoke", &[("10.1.1.0/24", STS, true, 103)]);
    let hub = clients_of("hub", &[("10.0.1.0/24", STS, true, 8)]);
    let nat = source(FlowKind::NatPackets, nat.into());
    facts.flows = vec![nat, transit.clone(), spoke.clone(), hub.clone()];
    let all = found(&facts);
    let expected = [
        of("hub", NatGatewayFlowLog, 9),
        of("spoke", NatGatewayFlowLog, 101),
    ];
    assert_eq!(charged(&all), expected);
    assert_eq!((nat_bytes(&all, "spoke"), nat_bytes(&all, "hub")), (101, 9));

    facts.flows = vec![transit, spoke.clone(), hub.clone()];
    let without_nat = found(&facts);
    let expected = [
        of("hub", VpcFlowLog, 8),
        of("spoke", TransitGatewayFlowLog, 102),
    ];
    assert_eq!(charged(&without_nat), expected);
    assert_eq!(nat_bytes(&without_nat, "spoke"), 102);
    assert_eq!(sts_of(&without_nat, "spoke"), (102, 0, 102));

    facts.flows = vec![spoke, hub];
    let by_clients = found(&facts);
    let expected = [of("hub", VpcFlowLog, 8), of("spoke", VpcFlowLog, 103)];
    assert_eq!(charged(&by_clients), expected);
    assert_eq!(nat_bytes(&by_clients, "spoke"), 103);
}

#[test]
fn a_transit_gateway_distinguishes_vpcs_with_the_same_addresses() {
    let mut facts = with_answers(true);
    let rows = [
        (passed("spoke", STS, true), 5),
        (passed("twin", STS, true), 7),
    ];
    facts.flows = vec![transit(rows.into())];
    let expected = [
        of("spoke", TransitGatewayFlowLog, 5),
        of("twin", TransitGatewayFlowLog, 7),
    ];
    assert_eq!(charged(&found(&facts)), expected);
}

#[test]
fn a_flow_log_of_a_part_of_the_window_gives_way_to_a_spokes_own_of_the_whole() {
    let mut facts = with_answers(false);
    let part = FlowSource {
        part: ["tgw-1".to_owned()].into(),
        ..transit([(passed("spoke", STS, true), 50)].into())
    };
    facts.flows = vec![part.clone()];
    let alone = found(&facts);
    assert_eq!(charged(&alone), [of("spoke", TransitGatewayFlowLog, 50)]);
    assert!(alone.part.contains("spoke"), "no rate comes of it");
    let nat = [(row("10.1.1.0/24", STS, true), 90)];
    facts.flows = vec![source(FlowKind::NatPackets, nat.into()), part.clone()];
    assert!(!found(&facts).part.contains("spoke"), "the gateway has all");
    facts.flows = vec![part, clients_of("spoke", &[("10.1.1.0/24", STS, true, 90)])];
    let both = found(&facts);
    assert_eq!(charged(&both), [of("spoke", VpcFlowLog, 90)]);
    assert!(!both.part.contains("spoke"));
}

#[test]
fn the_subnet_of_the_hubs_attachment_shows_which_nat_gateway_took_the_bytes() {
    let mut facts = with_answers(false);
    let second = NatGateway {
        nat_gateway_id: "nat-2".into(),
        ..facts.nat_gateways["nat-1"].clone()
    };
    facts.nat_gateways.insert("nat-2".into(), second);
    let gateways = |rows: Vec<(FlowRow, u64)>| {
        let mut facts = facts.clone();
        facts.flows = vec![transit(rows.into_iter().collect())];
        let charged = charged(&found(&facts)).into_iter();
        charged.map(|it| (it.1, it.3)).collect::<Vec<_>>()
    };
    let by_subnet = gateways(vec![(passed("spoke", STS, true), 6)]);
    assert_eq!(by_subnet, [(Some("nat-1".into()), 6)]);
    let mut tables = facts.clone();
    let table = tables.route_tables.get_mut("rtb-hub").unwrap();
    table.routes[0].target = RouteTarget::Other("vpce-firewall".into());
    let unknown = {
        tables.flows = vec![transit([(passed("spoke", STS, true), 6)].into())];
        charged(&found(&tables))
    };
    assert_eq!(unknown[0].1, None, "behind a firewall");
}

#[test]
fn what_a_transit_gateway_sends_elsewhere_is_no_byte_of_a_nat_gateway() {
    let mut facts = with_answers(false);
    let elsewhere = passed("spoke", STS, true).with(|it| {
        it.hub_vpc_id = None;
        it.subnet_id = None;
    });
    facts.flows = vec![
        transit([(elsewhere, 50)].into()),
        clients_of("spoke", &[("10.1.1.0/24", STS, true, 50)]),
    ];
    let found = found(&facts);
    assert_eq!(charged(&found), []);
    let routes: Vec<_> = found
        .places
        .iter()
        .map(|(it, s)| (it.route, s.bytes))
        .collect();
    assert_eq!(routes, [(FlowRoute::Other, 50)]);
}

#[test]
fn an_inspection_vpc_between_them_is_not_charged_for_what_it_sends_on() {
    let mut facts = with_answers(false);
    let away = RouteTarget::TransitGateway("tgw-1".into());
    add_vpc(&mut facts, "inspection", "10.3.0.0/16", away);
    let to_inspection =
        passed("spoke", STS, true).with(|it| it.hub_vpc_id = Some("inspection".into()));
    facts.flows = vec![transit(
        [(to_inspection, 60), (passed("inspection", STS, true), 60)].into(),
    )];
    let found = found(&facts);
    assert_eq!(charged(&found), [of("spoke", TransitGatewayFlowLog, 60)]);
    assert_eq!(nat_bytes(&found, "spoke"), 60);
}

/// The row of a client, or of the transit gateway, or of the NAT gateway, of few VPCs and addresses.
fn any_bytes() -> impl Strategy<Value = (u8, u8, bool, u64)> {
    (0..4_u8, 0..4_u8, any::<bool>(), 1..1_u64 << 40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is recorded where, a byte is charged once, and by the best record alone.
    #[test]
    fn every_byte_of_a_hub_is_charged_once(
        sent in prop::collection::vec(any_bytes(), 0..20),
        nat_is_read: bool,
        transit_is_read: bool,
        spokes_are_read: bool,
    ) {
        let mut facts = with_answers(false);
        add_vpc(&mut facts, "other", "10.2.0.0/16", RouteTarget::TransitGateway("tgw-1".into()));
        let vpcs = [("hub", "10.0.1.0/24"), ("spoke", "10.1.1.0/24"), ("other", "10.2.1.0/24")];
        let (mut at_nat, mut at_transit) = (BTreeMap::new(), BTreeMap::new());
        let mut at_clients: BTreeMap<&str, Vec<(&str, &str, bool, u64)>> = BTreeMap::new();
        let addresses = ["54.0.0.1", "54.0.0.2", "54.0.0.3", "54.0.0.4"];
        let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for (vpc, address, up, bytes) in sent {
            let (vpc, client) = vpcs[usize::from(vpc) % vpcs.len()];
            let external = addresses[usize::from(address)];
            if !seen.insert((vpc, external, up)) {
                continue;
            }
            *totals.entry(vpc).or_default() += bytes;
            at_nat.insert(row(client, external, up), bytes);
            at_clients.entry(vpc).or_default().push((client, external, up, bytes));
            if vpc != "hub" {
                let row = passed(vpc, external, up);
                at_transit.insert(at_hub(&row), bytes);
                at_transit.insert(row, bytes);
            }
        }
        if nat_is_read {
            facts.flows.push(source(FlowKind::NatPackets, at_nat));
        }
        if transit_is_read {
            facts.flows.push(transit(at_transit));
        }
        if spokes_are_read {
            facts.flows.extend(at_clients.iter().map(|(vpc, rows)| clients_of(vpc, rows)));
        }
        let found = found(&facts);
        let mut charges: BTreeMap<&str, u64> = BTreeMap::new();
        for (client, bytes) in &found.egress {
            *charges.entry(&client.vpc_id).or_default() += bytes;
        }
        let known = |vpc: &str| nat_is_read || spokes_are_read || (transit_is_read && vpc != "hub");
        totals.retain(|vpc, _| known(vpc));
        prop_assert_eq!(&charges, &totals);
        // What is charged is what the tables of services, partners and the rest are made of.
        let mut counted: BTreeMap<&str, u64> = BTreeMap::new();
        for (place, shares) in &found.places {
            let parts = shares.attributed() + shares.ambiguous + shares.unmatched;
            prop_assert_eq!(parts, shares.bytes);
            prop_assert_eq!(place.route, FlowRoute::NatGateway);
            *counted.entry(place.vpc_id.as_deref().unwrap()).or_default() += shares.bytes;
        }
        prop_assert_eq!(counted, totals);
    }
}
