//! Bytes through a private NAT gateway, and through that of the hub behind it.

use super::{
    central::{STS, nat_bytes, sts_of, with_answers},
    *,
};

/// The spoke goes out by a private NAT gateway of its own, and by that of the hub behind it.
fn with_private_gateway() -> Facts {
    let mut facts = with_answers(false);
    let interface = NetworkInterface {
        network_interface_id: "eni-private".into(),
        vpc_id: "spoke".into(),
        subnet_id: Some("subnet-spoke".into()),
        addresses: vec!["10.1.9.9".parse().unwrap()],
        description: Some("Interface for NAT Gateway nat-private".into()),
        ..facts.network_interfaces["eni-nat"].clone()
    };
    let id = interface.network_interface_id.clone();
    facts.network_interfaces.insert(id, interface);
    let gateway = NatGateway {
        connectivity_type: "private".into(),
        subnet_id: Some("subnet-spoke".into()),
        addresses: Some(vec![NatGatewayAddress {
            network_interface_id: Some("eni-private".into()),
            private_ip: "10.1.9.9".parse().ok(),
            public_ip: None,
            availability_zone: None,
        }]),
        ..sample::nat_gateway(&target(), "spoke", "nat-private")
    };
    facts.nat_gateways.insert("nat-private".into(), gateway);
    facts
}

#[test]
fn bytes_of_a_private_nat_gateway_count_once_although_the_hub_shows_them_again() {
    let mut facts = with_private_gateway();
    let up = |client: &str| row(client, STS, true);
    let private = FlowSource {
        interfaces: vec!["eni-private".into()],
        quiet: ["eni-private".to_owned()].into(),
        ..source(
            FlowKind::NatPackets,
            [(
                up("10.1.0.0/24").with(|it| it.interface = Some("eni-private".into())),
                100,
            )]
            .into(),
        )
    };
    // Of the bytes at the hub, 30 are of another client beside the private NAT gateway, 7 of one elsewhere.
    let hub = source(
        FlowKind::NatPackets,
        [(up("10.1.9.0/24"), 130), (up("10.1.2.0/24"), 7)].into(),
    );
    for flows in [
        vec![hub.clone(), private.clone()],
        vec![private, hub.clone()],
    ] {
        facts.flows = flows;
        let found = found(&facts);
        assert_eq!(nat_bytes(&found, "spoke"), 137);
        assert_eq!(sts_of(&found, "spoke"), (137, 0, 137));
        let of_gateway = |id| found.nat_gateways[id].bytes;
        assert_eq!([of_gateway("nat-1"), of_gateway("nat-private")], [137, 100]);
        assert_eq!(charged_by_hub(&found), 137);
    }
    facts.flows = vec![hub];
    assert_eq!(nat_bytes(&found(&facts), "spoke"), 137, "no log of it");
}

/// Bytes that the NAT gateway of the hub is charged for.
fn charged_by_hub(found: &Attribution) -> u64 {
    let of_hub = found.egress.iter().filter(|(it, _)| it.hub_vpc_id == "hub");
    of_hub.map(|(_, bytes)| bytes).sum()
}
