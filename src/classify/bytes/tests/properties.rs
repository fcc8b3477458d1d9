//! What holds for every organization.

use super::*;

/// A row at random: a client in one of the VPCs or in none, one of few addresses, some tags.
fn any_row() -> impl Strategy<Value = (FlowRow, u64)> {
    let client = prop::sample::select(vec!["10.0.1.0/24", "10.1.2.0/24", "10.9.9.0/24"]);
    let tag = prop::sample::select(vec![None, Some("S3"), Some("AMAZON"), Some("DYNAMODB")]);
    let path = prop::sample::select(vec![None, Some(1), Some(2), Some(7), Some(8)]);
    (client, 0..8_u8, any::<bool>(), tag, path, 0..1_u64 << 40).prop_map(
        |(client, last, up, tag, path, bytes)| {
            let row = row(client, &format!("54.0.0.{last}"), up).with(|it| {
                it.aws_service = tag.map(str::to_owned);
                it.traffic_path = path.filter(|_| up);
            });
            (row, bytes)
        },
    )
}

fn any_answers() -> impl Strategy<Value = Vec<(&'static str, &'static str, u8)>> {
    let vpc = prop::sample::select(vec!["hub", "spoke", "twin"]);
    let host = prop::sample::select(vec![
        "sts.eu-west-1.amazonaws.com",
        "sts.us-east-1.amazonaws.com",
        "sqs.eu-west-1.amazonaws.com",
        "b.s3.eu-west-1.amazonaws.com",
        "b.s3.amazonaws.com",
        "lb-1.eu-west-1.elb.amazonaws.com",
        "trace.agent.datadoghq.com",
    ]);
    prop::collection::vec((vpc, host, 0..8_u8), 0..12)
}

proptest! {
    /// Attributed, ambiguous and unmatched bytes are all bytes, and no byte is in two places.
    #[test]
    fn every_byte_is_in_the_sums_once(
        twin: bool,
        answers in any_answers(),
        at_gateway in prop::collection::btree_map(any_row().prop_map(|it| it.0), 0..1_u64 << 40, 0..30),
        at_clients in prop::collection::vec(any_row(), 0..30),
        gateway_is_read: bool,
        clients_are_read: bool,
    ) {
        let mut facts = small_organization(twin);
        let cell = Cell::complete(Some(target().account_id), Some(target().region), Step::Endpoints);
        facts.absorb(Finished { cell, found: Found::Nothing });
        for (vpc, host, last) in answers {
            answered(&mut facts, vpc, host, &format!("54.0.0.{last}"));
        }
        let total: u64 = at_gateway.values().sum();
        if gateway_is_read {
            facts.flows.push(source(FlowKind::NatPackets, at_gateway));
        }
        let mut of_clients = BTreeMap::new();
        for (row, bytes) in at_clients {
            let row = row.with(|it| {
                it.interface = None;
                it.client = Some("10.0.1.0/24".parse().unwrap());
            });
            *of_clients.entry(row).or_insert(0) += bytes;
        }
        let all_of_clients: u64 = of_clients.values().sum();
        if clients_are_read {
            facts.flows.push(source(FlowKind::Client, of_clients));
        }
        let found = found(&facts);
        for (place, shares) in &found.places {
            let parts = shares.attributed() + shares.ambiguous + shares.unmatched;
            prop_assert_eq!(parts, shares.bytes, "{:?}", place);
        }
        let by_route = |nat: bool| -> u64 {
            let fits = found.places.iter().filter(|(it, _)| (it.route == FlowRoute::NatGateway) == nat);
            fits.map(|(_, shares)| shares.bytes).sum()
        };
        let gateway = found.nat_gateways.get("nat-1").copied().unwrap_or_default();
        prop_assert_eq!(gateway.attributed() + gateway.ambiguous + gateway.unmatched, gateway.bytes);
        prop_assert_eq!(gateway.bytes, by_route(true));
        match (gateway_is_read, clients_are_read) {
            // Its own records show it; those of clients add nothing to it.
            (true, _) => prop_assert_eq!(gateway.bytes, total),
            (false, true) => prop_assert_eq!(by_route(true) + by_route(false), all_of_clients),
            (false, false) => prop_assert!(found.places.is_empty()),
        }
        let (mut in_services, mut through_nat) = (0, 0);
        let attributed: u64 = found.places.values().map(Shares::attributed).sum();
        for flow in found.services.values() {
            in_services += flow.to_service + flow.from_service;
            through_nat += flow.nat;
        }
        // A partner's bytes are in no service; with them services have no more than is attributed.
        let of_partners: u64 = found.places.values().map(|it| it.partner).sum();
        prop_assert!(in_services + of_partners <= attributed);
        prop_assert!(through_nat + gateway.partner <= gateway.attributed());
    }
}
