//! Every rule on facts that are designed for it: a scene is a region in which a month was measured, so
//! that GB of the window are GB a month.

mod estimate;
mod evidence;
mod existing;
mod gateway_endpoint;
mod hub;
mod interface_endpoint;
mod proofs;
mod scene;
mod shown;
mod sums;
mod zone_crossing;

use std::collections::BTreeMap;

use compact_str::format_compact;
use rust_decimal::Decimal;

use crate::{
    classify::{central_egress, host::HostRules, zone_crossing::ZoneCrossing},
    cost::{endpoint, nat_gateway, price_book::PriceBook},
    model::{
        classified::{Hub, Path, ServiceBytes, VpcService},
        coverage::{Cell, Step},
        facts::Facts,
        id::{AccountId, Region},
        index::ByVpc,
        inventory::{
            Endpoint, EndpointService, NatGateway, NatMetrics, Route, RouteTable, RouteTarget,
            Subnet, Vpc,
        },
        money::{BYTES_PER_GB, HOURS_PER_MONTH},
        network::{TransitGatewayAttachment, TransitGatewayRoute, TransitGatewayRouteTable},
        opportunity::{Action, Basis, Caveat, Opportunity},
        partner_use::PartnerUse,
        posture::{EndpointPosture, Finding},
        run::Window,
        target::Target,
        usage::{LogCoverage, VpcDns},
    },
    recommend::{AdvisorInput, NatTraffic, advise},
};

use scene::Scene;
use shown::{action_line, assert_money, money};

const GATEWAY_SERVICES: [&str; 2] = ["s3", "dynamodb"];
const INTERFACE_SERVICES: [&str; 10] = [
    "s3",
    "kms",
    "sqs",
    "athena",
    "execute-api",
    "ec2",
    "logs",
    "sns",
    "ssm",
    "sts",
];

const A: &str = "10.1.0.0/16";
const B: &str = "10.2.0.0/16";
const C: &str = "10.3.0.0/16";

/// A month of 730 hours.
fn window() -> Window {
    let end: jiff::Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let month = jiff::SignedDuration::from_hours(i64::from(HOURS_PER_MONTH));
    Window {
        start: end - month,
        end,
    }
}

/// Read once: reading takes longer than most tests.
fn rules() -> &'static HostRules {
    HostRules::built_in().unwrap()
}

fn account() -> AccountId {
    "123456789012".parse().unwrap()
}

/// A hub that answers `a`.
fn with_hub(region: &str) -> Scene {
    Scene::in_region(region)
        .vpc("hub", C, 2)
        .attached("hub")
        .endpoint("hub", "kms", "Interface", &[])
        .vpc("a", A, 2)
        .attached("a")
        .calls("a", "kms", Path::CentralEndpoint, None)
        .answered_by("hub")
}

/// A hub that answers `a`, and a VPC with an endpoint of its own, through which flow logs show so many GB.
fn with_own_beside_hub(logged: Option<u64>) -> Scene {
    let mut scene = with_hub("us-east-1")
        .vpc("own", B, 2)
        .attached("own")
        .endpoint("own", "kms", "Interface", &[])
        .calls("own", "kms", Path::LocalEndpoint, Some(0));
    scene.services.last_mut().unwrap().bytes = ServiceBytes {
        to_service: logged.map(|gb| gb * BYTES_PER_GB),
        from_service: logged.map(|_| 0),
        nat: Some(0),
        part: false,
    };
    scene
}

/// A hub that answers `a`, and `b` past it.
fn bypassed(region: &str) -> Scene {
    with_hub(region).vpc("b", B, 2)
}
