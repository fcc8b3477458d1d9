//! Partners' names, and names that look like them.

use std::collections::BTreeSet;

use super::super::partner::{HostsStay, Offer, PartnerRules};
use super::*;

static PARTNERS: LazyLock<&PartnerRules> = LazyLock::new(|| PartnerRules::built_in().unwrap());

const TABLE: &str = include_str!("../../../../tests/fixtures/hosts/partners.csv");

#[test]
fn partners_hosts_differ_from_other_names_other_clouds_and_look_alikes() {
    let (mut names, mut kinds) = (0, BTreeSet::new());
    for [host, kind, provider, region] in rows(TABLE) {
        let found = PARTNERS.classify(host);
        let (actual, of, at) = match &found {
            Some(found) => (
                found.kind.name(),
                found.provider,
                found.region.as_deref().unwrap_or_default(),
            ),
            None => ("none", "", ""),
        };
        assert_eq!((actual, of, at), (kind, provider, region), "{host}");
        // AWS's own names and the partners' never meet.
        if kind != "none" {
            assert_eq!(RULES.classify(host).kind, HostKind::None, "{host}");
        }
        names += 1;
        kinds.insert(kind);
    }
    assert!(names >= 300, "{names}");
    assert_eq!(kinds.len(), 3);
}

#[test]
fn at_least_45_providers_have_an_endpoint_and_a_documentation() {
    let providers: BTreeSet<_> = PARTNERS
        .products()
        .iter()
        .map(|product| product.provider.as_str())
        .collect();
    assert!(providers.len() >= 45, "{}", providers.len());
    for product in PARTNERS.products() {
        let place = format!("{}: {}", product.provider, product.name);
        assert!(product.doc.starts_with("https://"), "{place}");
        assert!(!product.host.is_empty(), "{place}");
        let named = product.service.iter().any(|it| it.name.is_some());
        assert_eq!(named, product.offer == Offer::Published, "{place}");
        for service in &product.service {
            assert!(
                RULES.partition_of_region(&service.region).is_some(),
                "{place}: {}",
                service.region
            );
        }
    }
}

#[test]
fn a_published_endpoint_service_belongs_to_its_product_and_serves_its_hosts() {
    let name = "com.amazonaws.vpce.us-east-1.vpce-svc-0ee865cd1c0a7ba32";
    let product = PARTNERS.product_of_service(name).unwrap();
    assert_eq!(
        (product.provider.as_str(), product.hosts_stay),
        ("Datadog", HostsStay::Yes)
    );
    let host = PARTNERS.classify("Trace.Agent.DatadogHQ.com.").unwrap();
    assert_eq!(host.endpoint_service_name(None), Some(name));
    assert_eq!(host.endpoint_service_name(Some("us-east-1")), Some(name));
    assert_eq!(host.endpoint_service_name(Some("eu-west-1")), None);
    assert_eq!(
        PARTNERS.product_of_service("com.amazonaws.us-east-1.kms"),
        None
    );
    // One name, one service a Region.
    let workspace = PARTNERS.classify("acme.cloud.databricks.com").unwrap();
    assert_eq!(workspace.endpoint_service_name(None), None);
    assert!(workspace.endpoint_service_name(Some("eu-west-1")).is_some());
}

proptest! {
    #[test]
    fn only_names_below_a_partners_zone_are_a_partners(text in "[a-z0-9.-]{0,30}", zone in 0_usize..40) {
        let zone = &PARTNERS.zones()[zone];
        for host in [text.clone(), format!("{text}.{zone}"), format!("{text}{zone}"), format!("{zone}.{text}")] {
            if PARTNERS.classify(&host).is_some() {
                let host = host.strip_suffix('.').unwrap_or(&host);
                let lies_in = |zone: &String| {
                    host.strip_suffix(zone.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                };
                prop_assert!(PARTNERS.zones().iter().any(lies_in), "{host}");
            }
        }
    }
}
