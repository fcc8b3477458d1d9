//! Gateway endpoints: free, and first of what is not measured.

use super::*;

#[test]
fn a_missing_gateway_endpoint_comes_behind_measured_savings_and_claims_nothing_itself() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 2)
        .nat("a", 1000)
        .calls("a", "kms", Path::Public, Some(900))
        .calls("a", "s3", Path::Public, None);
    assert_eq!(scene.rows(), ["create kms a", "create s3 a"]);
    let row = scene.row("a", "s3");
    assert_eq!(row.endpoint_type, Some("Gateway".into()));
    assert_money(&row, Basis::Unknown, ["0.00", "-", "-", "45.00", "0.00"]);
    assert!(row.caveats.contains(Caveat::WithinVpcOnly));
    assert!(row.caveats.contains(Caveat::SourceIpPolicies));
}

#[test]
fn a_measured_gateway_endpoint_saves_all_that_its_gb_cost_at_the_nat_gateway() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 2)
        .nat("a", 1000)
        .calls("a", "s3", Path::Public, Some(800));
    assert_money(
        &scene.row("a", "s3"),
        Basis::Measured,
        ["0.00", "36.00", "36.00", "-", "0.00"],
    );
}

#[test]
fn a_gateway_endpoint_goes_on_further_tables_and_is_not_made_twice() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 2)
        .nat("a", 1000)
        .endpoint("a", "s3", "Gateway", &[Finding::RouteTablesMissing])
        .calls("a", "s3", Path::GatewayEndpoint, None);
    let row = scene.row("a", "s3");
    assert_eq!(row.action, Action::AttachRouteTables);
    assert!(row.reason.contains("a-main"), "{}", row.reason);
    let whole = Scene::in_region("us-east-1")
        .vpc("a", A, 2)
        .nat("a", 1000)
        .endpoint("a", "s3", "Gateway", &[])
        .calls("a", "s3", Path::GatewayEndpoint, None);
    assert!(whole.rows().is_empty(), "{:?}", whole.rows());
}

#[test]
fn the_usual_gateway_endpoints_are_proposed_where_usage_is_not_known_and_a_nat_gateway_is() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 10)
        .vpc("b", B, 1);
    scene.facts.dns.clear();
    assert_eq!(scene.rows(), ["create dynamodb a", "create s3 a"]);
    assert!(scene.row("a", "s3").caveats.contains(Caveat::UsageUnknown));
}

#[test]
fn a_region_that_was_not_asked_is_advised_by_the_built_in_table_with_a_caveat() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("a", A, 2)
        .nat("a", 1000)
        .calls("a", "s3", Path::Public, Some(800))
        .calls("a", "kms", Path::Public, Some(900));
    scene.facts.endpoint_services.clear();
    assert_eq!(scene.rows(), ["create s3 a", "create kms a"]);
    for service in ["s3", "kms"] {
        let row = scene.row("a", service);
        assert!(row.caveats.contains(Caveat::OfferUnknown), "{service}");
    }
}
