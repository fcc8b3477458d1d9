//! Endpoints that are there.

use super::*;

#[test]
fn private_dns_saves_the_difference_of_the_gb_alone() {
    let off = [Finding::BypassedPrivateDnsOff];
    let scene = |gb| {
        let scene = Scene::in_region("us-east-1").vpc("a", A, 1).nat("a", 9000);
        let scene = scene.endpoint("a", "kms", "Interface", &off);
        scene.calls("a", "kms", Path::Public, gb)
    };
    let row = scene(Some(100)).row("a", "kms");
    assert_eq!(row.action, Action::EnablePrivateDns);
    assert_money(&row, Basis::Measured, ["1.00", "4.50", "3.50", "-", "0.00"]);
    assert_money(
        &scene(None).row("a", "kms"),
        Basis::Unknown,
        ["-", "-", "-", "405.00", "0.00"],
    );
}

#[test]
fn a_missing_zone_costs_and_saves_nothing_and_an_idle_endpoint_gets_none() {
    let zones = [Finding::AvailabilityZonesMissing];
    let scene = Scene::in_region("us-east-1").vpc("a", A, 2);
    let scene = scene.endpoint("a", "kms", "Interface", &zones);
    let row = scene.row("a", "kms");
    assert_eq!(row.action, Action::AddAvailabilityZones);
    assert_money(&row, Basis::Unknown, ["7.30", "-", "-", "-", "-"]);
    let both = [Finding::AvailabilityZonesMissing, Finding::Idle];
    let scene = Scene::in_region("us-east-1").vpc("a", A, 2);
    assert_eq!(
        scene.endpoint("a", "kms", "Interface", &both).rows(),
        ["remove kms a"]
    );
}

#[test]
fn the_hours_of_an_idle_endpoint_are_a_ceiling_until_flow_logs_show_the_same() {
    let idle = || {
        Scene::in_region("us-east-1").vpc("a", A, 1).endpoint(
            "a",
            "kms",
            "Interface",
            &[Finding::Idle],
        )
    };
    let row = idle().row("a", "kms");
    assert_eq!(row.action, Action::Remove);
    assert_money(&row, Basis::Unknown, ["7.30", "-", "-", "7.30", "-"]);
    let passed = |gb: u64| {
        let mut scene = idle();
        let id = "vpce-a-kms".into();
        scene.endpoint_gb.insert(id, Decimal::from(gb));
        scene
    };
    let measured = passed(0).row("a", "kms");
    assert_money(&measured, Basis::Measured, ["7.30", "-", "7.30", "-", "-"]);
    assert!(passed(1).rows().is_empty(), "{:?}", passed(1).rows());
    let superseded = idle()
        .vpc("hub", B, 1)
        .calls("a", "kms", Path::CentralEndpoint, None)
        .answered_by("hub");
    let reason = superseded.row("a", "kms").reason;
    assert!(
        reason.contains("answered by an endpoint in hub instead"),
        "{reason}"
    );
}

#[test]
fn private_dns_is_proposed_only_where_its_names_are_listed_and_no_gateway_endpoint_is_on_offer() {
    let off = [Finding::BypassedPrivateDnsOff];
    let scene = |service: &str| {
        let scene = Scene::in_region("us-east-1").vpc("a", A, 1).nat("a", 9000);
        let scene = scene.endpoint("a", service, "Interface", &off);
        scene.calls("a", service, Path::Public, None)
    };
    let proposed = |scene: &Scene| {
        let rows = scene.advice().opportunities;
        rows.iter().any(|it| it.action == Action::EnablePrivateDns)
    };
    assert!(proposed(&scene("kms")));
    let mut unlisted = scene("kms");
    for offered in unlisted.facts.endpoint_services.values_mut().flatten() {
        offered.private_dns_names.clear();
    }
    assert!(!proposed(&unlisted));
    // The free gateway endpoint takes the same bytes.
    assert!(!proposed(&scene("s3")));
    assert_eq!(scene("s3").row("a", "s3").action, Action::Create);
}

#[test]
fn private_dns_onto_security_groups_that_keep_the_vpc_out_is_advised_with_that() {
    for blocked in [
        Finding::SecurityGroupBlocks443,
        Finding::SecurityGroupBlocksService,
    ] {
        let findings = [Finding::BypassedPrivateDnsOff, blocked];
        let scene = Scene::in_region("us-east-1").vpc("a", A, 1).nat("a", 9000);
        let row = scene
            .endpoint("a", "kms", "Interface", &findings)
            .calls("a", "kms", Path::Public, Some(100))
            .row("a", "kms");
        assert_eq!(row.action, Action::EnablePrivateDns);
        assert!(row.caveats.contains(Caveat::SecurityGroupBlocks), "{row:?}");
        assert!(row.reason.contains("allow it first"), "{}", row.reason);
    }
}
