//! Sets of endpoints that somebody names, with every figure worked out by hand.

use super::*;
use crate::{
    model::estimate::{EstimateBasis, EstimateRequest, EstimateRow, EstimateType},
    recommend::{RegionEstimate, estimate},
};

fn services(names: &[&str]) -> EstimateRequest {
    EstimateRequest {
        services: Some(names.iter().map(|it| (*it).to_owned()).collect()),
        ..EstimateRequest::default()
    }
}

fn priced(scene: &Scene, request: &EstimateRequest) -> RegionEstimate {
    scene.with_input(|input| estimate(input, &scene.region, request))
}

/// `vpc service: hours data transit nat saving break-even basis`, `-` for what is not known.
fn lines(scene: &Scene, request: &EstimateRequest) -> Vec<String> {
    let figure = |it: Option<crate::model::money::Amount>| {
        it.map_or_else(|| "-".to_owned(), |it| it.0.to_string())
    };
    let line = |row: &EstimateRow| {
        format!(
            "{} {}: {} {} {} {} {} {} {}",
            row.vpc_id.as_deref().unwrap(),
            row.service.as_deref().unwrap_or("attachment"),
            figure(row.monthly_endpoint_hours_usd),
            figure(row.monthly_endpoint_data_usd),
            figure(row.monthly_transit_gateway_usd),
            figure(row.monthly_nat_usd),
            figure(row.monthly_saving_usd),
            figure(row.break_even_gb_month),
            row.basis.unwrap().name(),
        )
    };
    priced(scene, request).rows.iter().map(line).collect()
}

/// Two VPCs of three and two zones that call KMS for 1,000 and 100 GB, and S3.
fn two() -> Scene {
    Scene::in_region("us-east-1")
        .vpc("a", A, 3)
        .nat("a", 9000)
        .calls("a", "kms", Path::Public, Some(1000))
        .calls("a", "s3", Path::Public, Some(500))
        .vpc("b", B, 2)
        .nat("b", 9000)
        .calls("b", "kms", Path::Public, Some(100))
}

#[test]
fn endpoints_of_their_own_cost_hours_by_the_zone_and_data_and_save_what_nat_gateways_charge() {
    // a: 3 * 7.30 + 1000 * 0.010 against 1000 * 0.045; b: 2 * 7.30 + 1 against 4.50.
    assert_eq!(
        lines(&two(), &services(&["kms"])),
        [
            "a kms: 21.9 10 - 45 13.1 625.7143 measured",
            "b kms: 14.6 1 - 4.5 -11.1 417.1429 measured",
        ]
    );
    let one = EstimateRequest {
        zones: Some(1),
        ..services(&["kms"])
    };
    assert_eq!(
        lines(&two(), &one),
        [
            "a kms: 7.3 10 - 45 27.7 208.5714 measured",
            "b kms: 7.3 1 - 4.5 -3.8 208.5714 measured",
        ]
    );
    let more = EstimateRequest {
        zones: Some(3),
        vpcs: ["b".into()].into(),
        ..services(&["kms"])
    };
    let rows = priced(&two(), &more).rows;
    assert_eq!(rows.len(), 1);
    assert!(
        rows[0].remark.contains("1 more needed"),
        "{}",
        rows[0].remark
    );
    assert_eq!(rows[0].availability_zones, Some(3));
}

#[test]
fn a_gateway_endpoint_is_free_unless_an_interface_endpoint_is_asked_for() {
    assert_eq!(
        lines(&two(), &services(&["s3"])),
        [
            "a s3: 0 0 - 22.5 22.5 0 measured",
            "b s3: 0 - - - - 0 not_called"
        ]
    );
    let interface = EstimateRequest {
        endpoint_type: Some(EstimateType::Interface),
        vpcs: ["a".into()].into(),
        ..services(&["s3"])
    };
    assert_eq!(
        lines(&two(), &interface),
        ["a s3: 21.9 5 - 22.5 -4.4 625.7143 measured"]
    );
}

#[test]
fn what_is_called_is_priced_if_no_service_is_named() {
    let scene = two().calls_in("b", "sqs", None, Path::Public, Some(1));
    let found = priced(&scene, &EstimateRequest::default());
    let rows: Vec<_> = found
        .rows
        .iter()
        .map(|row| {
            (
                row.vpc_id.as_deref().unwrap(),
                row.service.as_deref().unwrap(),
            )
        })
        .collect();
    assert_eq!(rows, [("a", "kms"), ("a", "s3"), ("b", "kms")]);
    assert_eq!(found.gaps.calls_out_of_reach, 1);
}

#[test]
fn without_measured_bytes_the_hours_are_known_and_the_saving_is_not() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("a", A, 2)
        .nat("a", 9000)
        .calls("a", "kms", Path::Public, None)
        .calls("a", "sqs", Path::Public, Some(10));
    scene.services[1].bytes.part = true;
    assert_eq!(
        lines(&scene, &services(&["kms", "sqs"])),
        [
            "a kms: 14.6 - - - - 417.1429 not_measured",
            "a sqs: 14.6 - - - - 417.1429 not_measured",
        ]
    );
    let rows = priced(&scene, &services(&["sqs"])).rows;
    assert!(rows[0].remark.contains("part of the bytes"), "{rows:?}");
}

#[test]
fn the_tiers_of_endpoint_data_count_the_set_as_a_whole_behind_what_is_there() {
    // 1 PB = 1,048,576 GB at 0.010, what is beyond at 0.006.
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 9_000_000)
        .calls("a", "kms", Path::Public, Some(1_048_576))
        .calls("a", "sqs", Path::Public, Some(1_048_576));
    // 1,048,576 * 0.016 = 16,777.216, half of it each.
    let data = |scene: &Scene| {
        let rows = priced(scene, &services(&["kms", "sqs"])).rows;
        let figure = |row: &EstimateRow| row.monthly_endpoint_data_usd.unwrap().0.to_string();
        rows.iter().map(figure).collect::<Vec<_>>()
    };
    assert_eq!(data(&scene), ["8388.61", "8388.61"]);
    let mut scene = scene.endpoint("a", "logs", "Interface", &[]);
    let there = ("vpce-a-logs".into(), Decimal::from(1_048_576));
    scene.endpoint_gb = BTreeMap::from([there]);
    // The first PB is used up: 2 * 1,048,576 * 0.006.
    assert_eq!(data(&scene), ["6291.46", "6291.46"]);
}

#[test]
fn a_hub_costs_its_hours_once_and_a_transit_gateway_for_each_gb() {
    let scene = two()
        .attached("a")
        .attached("b")
        .vpc("hub", C, 2)
        .attached("hub");
    let request = EstimateRequest {
        hub: Some("hub".to_owned()),
        ..services(&["kms"])
    };
    // A GB saves 0.045 - 0.010 - 0.020: the hours of two zones, 14.60, are earned from 973.3333 GB on.
    assert_eq!(
        lines(&scene, &request),
        [
            "hub kms: 14.6 - - - -14.6 973.3333 hours",
            "a kms: - 10 20 45 15 0 measured",
            "b kms: - 1 2 4.5 1.5 0 measured",
        ]
    );
    let called = EstimateRequest {
        services: None,
        ..request
    };
    let found = priced(&scene, &called);
    // S3 stays with its free gateway endpoint.
    assert_eq!((found.rows.len(), found.gaps.calls_with_gateway), (3, 1));
}

#[test]
fn a_vpc_that_is_not_attached_pays_an_attachment_and_one_that_overlaps_has_no_saving() {
    let scene = two().attached("a").vpc("hub", B, 2).attached("hub");
    let request = EstimateRequest {
        hub: Some("hub".to_owned()),
        ..services(&["kms"])
    };
    let overlapping = lines(&scene, &request);
    assert_eq!(overlapping[2], "b kms: - 1 2 4.5 - 0 measured");
    let scene = two().attached("a").vpc("hub", C, 2).attached("hub");
    // 730 * 0.05 for the attachment of b.
    assert_eq!(
        lines(&scene, &request)[1],
        "b attachment: - - 36.5 - -36.5 - hours"
    );
}

#[test]
fn the_calls_of_the_hub_itself_pass_no_transit_gateway() {
    let scene = two().attached("a").attached("b");
    let request = EstimateRequest {
        hub: Some("a".to_owned()),
        ..services(&["kms"])
    };
    assert_eq!(
        lines(&scene, &request),
        [
            "a kms: 21.9 10 - 45 13.1 1460 measured",
            "b kms: - 1 2 4.5 1.5 0 measured",
        ]
    );
}

#[test]
fn an_endpoint_that_is_there_is_part_of_what_is_paid_today() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("a", A, 2)
        .nat("a", 9000)
        .calls("a", "kms", Path::LocalEndpoint, Some(0))
        .endpoint("a", "kms", "Interface", &[]);
    scene.services[0].bytes.to_service = Some(1000 * BYTES_PER_GB);
    scene.endpoint_gb = BTreeMap::from([("vpce-a-kms".into(), Decimal::from(1000))]);
    // Today one zone and 1,000 GB: 17.30; in two zones 24.60.
    let rows = priced(&scene, &services(&["kms"])).rows;
    assert_eq!(
        lines(&scene, &services(&["kms"])),
        ["a kms: 14.6 10 - 0 -7.3 417.1429 measured"]
    );
    assert_eq!(
        rows[0].monthly_endpoint_today_usd.unwrap().0.to_string(),
        "17.3"
    );
    assert!(rows[0].remark.contains("vpce-a-kms exists"), "{rows:?}");
}

#[test]
fn a_region_without_prices_in_us_dollars_has_no_money_and_the_reason() {
    let scene = Scene::in_region("cn-north-1")
        .vpc("a", A, 2)
        .nat("a", 9000)
        .calls("a", "kms", Path::Public, Some(1000));
    assert_eq!(
        lines(&scene, &services(&["kms"])),
        ["a kms: - - - - - - measured"]
    );
    let rows = priced(&scene, &services(&["kms"])).rows;
    assert!(
        rows[0]
            .remark
            .contains("interface_endpoint_hour is not known")
    );
}

#[test]
fn a_service_without_an_endpoint_on_offer_is_a_row_without_money() {
    let found = priced(&two(), &services(&["chime"]));
    assert!(!found.names.services.contains("chime"));
    let basis: Vec<_> = found.rows.iter().map(|row| row.basis.unwrap()).collect();
    assert_eq!(basis, [EstimateBasis::NotOffered; 2]);
}
