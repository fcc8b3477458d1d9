//! Bytes of partners' products.

use super::*;
use crate::{
    classify::{host::partner::PartnerRules, partner_usage},
    model::{classified::Path, partner::PartnerCaveat, partner_use::PartnerUse},
};

const DATADOG: &str = "com.amazonaws.vpce.us-east-1.vpce-svc-0ee865cd1c0a7ba32";

/// The organization in us-east-1, where Datadog's endpoint services are; the hub asked for these names.
fn answered(names: &[(&str, &str)]) -> Facts {
    let mut facts = small_organization(false);
    let region = "us-east-1";
    for vpc in &mut facts.vpcs {
        vpc.target.region = region.parse().unwrap();
    }
    for gateway in facts.nat_gateways.values_mut() {
        gateway.target.region = region.parse().unwrap();
    }
    let mut dns = VpcDns::default();
    for (name, address) in names {
        let mut host = HostQueries {
            queries: 5,
            ..HostQueries::default()
        };
        host.answers.add(address.parse().unwrap(), 5);
        dns.hosts.insert((*name).to_owned(), host);
    }
    facts.dns.insert("hub".into(), dns.into());
    facts
}

fn uses(facts: &Facts) -> (Vec<PartnerUse>, Attribution) {
    let index = ByVpc::new(facts);
    let rules = service::rules(facts).unwrap();
    let partners = PartnerRules::built_in().unwrap();
    let addresses = EndpointAddresses::new(facts, &rules);
    let classifier = UsageClassifier::new(facts, &rules, partners, &addresses, &index);
    let attribution = attribute(&classifier, &BTreeMap::new(), &facts.flows);
    (partner_usage::all(&classifier, &attribution), attribution)
}

fn flows(facts: &mut Facts, address: &str) {
    let up = (row("10.0.1.0/24", address, true), 100);
    let down = (row("10.0.1.0/24", address, false), 11);
    facts.flows = vec![source(FlowKind::NatPackets, [up, down].into())];
}

#[test]
fn bytes_to_the_addresses_of_a_partner_are_its_and_all_sums_hold() {
    let mut facts = answered(&[("trace.agent.datadoghq.com", "3.233.144.1")]);
    flows(&mut facts, "3.233.144.1");
    let (uses, attribution) = uses(&facts);
    assert_eq!(uses.len(), 1, "{uses:?}");
    let it = &uses[0];
    assert_eq!(it.product.provider, "Datadog");
    assert_eq!(it.endpoint_service_name.as_deref(), Some(DATADOG));
    assert_eq!((it.nat_bytes, it.path), (Some(111), Path::Public));
    assert_eq!(it.caveats, [PartnerCaveat::NotChecked]);
    let shares = attribution.nat_gateways["nat-1"];
    assert_eq!(
        (shares.partner, shares.dns, shares.unmatched),
        (111, 111, 0)
    );
    assert_eq!(
        shares.attributed() + shares.ambiguous + shares.unmatched,
        shares.bytes
    );
}

#[test]
fn an_address_of_several_receivers_is_unattributed_and_other_names_of_a_partner_stay_unmatched() {
    let agent = ("trace.agent.datadoghq.com", "3.233.144.1");
    for (names, ambiguous, unmatched) in [
        (vec![agent, ("www.datadoghq.com", "3.233.144.1")], 111, 0),
        (vec![agent, ("mcp.datadoghq.com", "3.233.144.1")], 111, 0),
        (vec![("www.datadoghq.com", "3.233.144.1")], 0, 111),
        (vec![("acme.notdatadoghq.com", "3.233.144.1")], 0, 111),
    ] {
        let mut facts = answered(&names);
        flows(&mut facts, "3.233.144.1");
        let (uses, attribution) = uses(&facts);
        let shares = attribution.nat_gateways["nat-1"];
        let found = (shares.partner, shares.ambiguous, shares.unmatched);
        assert_eq!(found, (0, ambiguous, unmatched), "{names:?}");
        assert!(uses.iter().all(|it| it.nat_bytes.is_none()), "{uses:?}");
    }
}

#[test]
fn the_answer_of_the_owner_and_private_addresses_show_what_is_offered_and_taken() {
    let mut facts = answered(&[("trace.agent.datadoghq.com", "10.0.0.9")]);
    let at = facts.vpcs[0].target.clone();
    for (offered, caveats) in [(true, vec![]), (false, vec![PartnerCaveat::NotOffered])] {
        let known = [(DATADOG.to_owned(), offered)].into();
        facts.partner_services.insert(at.clone(), known);
        let (uses, _) = uses(&facts);
        assert_eq!(uses[0].offered, Some(offered));
        assert_eq!(uses[0].caveats, caveats);
        assert_eq!(uses[0].path, Path::LocalEndpoint);
    }
    // From another Region the name is still shown, with a caveat.
    for vpc in &mut facts.vpcs {
        vpc.target.region = "eu-west-1".parse().unwrap();
    }
    let (uses, _) = uses(&facts);
    assert!(uses[0].caveats.contains(&PartnerCaveat::OtherRegion));
    assert!(!uses[0].in_region);
}
