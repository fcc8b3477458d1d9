//! Over random organizations: nothing is removed without every proof, and ceilings add up to no more
//! than what the NAT gateways cost.

mod case;
mod generated;
mod in_use;
mod named;

use std::{convert::Infallible, sync::LazyLock};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::{
    classify::{bytes, host::partner::PartnerRules, path::EndpointAddresses, posture, service},
    model::{
        bytes::{Attribution, FlowPlace, FlowRoute, ServiceFlow, Shares},
        coverage::Reason,
        id::VpcEndpointId,
        inventory::EndpointMetrics,
        network::{NetworkInterface, TransitGatewayAttachment},
        outcomes::Outcomes,
        posture::MissingProof,
        usage::HostQueries,
    },
};

use case::{Case, GatewayLogs, Surroundings, UNUSED, before_window, block_mode, last};

/// Read once for all cases.
static PARTNERS: LazyLock<&PartnerRules> = LazyLock::new(|| PartnerRules::built_in().unwrap());

/// What the account and the Region do not show, in any of the cases.
fn limit(scene: &mut Scene, cases: &[Case], surroundings: Surroundings) {
    scene.window = surroundings.window;
    scene.facts.cross_region.other_shards = surroundings.other_shards;
    if let Some(mode) = surroundings.blocked {
        evidence::block(scene, mode);
    }
    if cases.iter().any(|it| it.unasked_name) {
        let offered = scene.facts.endpoint_services.values_mut().flatten();
        for service in offered.filter(|it| it.service_name.rsplit('.').next() == Some("kms")) {
            service.private_dns_names.push("kms.example.com".into());
        }
    }
    let target = scene.target();
    let mut denied = Vec::new();
    if surroundings.profiles_unread {
        denied.extend([Step::Route53Profiles, Step::DnsUsage]);
    }
    if !cases.iter().all(|it| it.interfaces) {
        denied.push(Step::NetworkInterfaces);
    }
    scene.facts.outcomes = Outcomes::default();
    for step in Step::REGIONAL {
        let (account, region) = (target.account_id.clone(), target.region.clone());
        let cell = Cell::complete(Some(account), Some(region), step);
        scene.facts.outcomes.add(&if denied.contains(&step) {
            cell.skipped(Reason::AccessDenied, "denied")
        } else {
            cell
        });
    }
}

/// The postures and the rows of an organization.
type Judgement = (BTreeMap<VpcEndpointId, EndpointPosture>, Vec<Opportunity>);

fn judge(cases: &[Case]) -> Judgement {
    judge_in(cases, Surroundings::of(window()))
}

/// As [`judged`], with surroundings of which something is missing.
fn judge_in(cases: &[Case], surroundings: Surroundings) -> Judgement {
    let mut scene = Scene::in_region("eu-west-1");
    for (at, case) in cases.iter().enumerate() {
        scene = case.add(scene, at);
    }
    limit(&mut scene, cases, surroundings);
    let rules = rules();
    let facts = scene.facts.clone();
    let index = ByVpc::new(&facts);
    let addresses = EndpointAddresses::new(&facts, rules);
    let classifier = service::UsageClassifier::new(&facts, rules, &PARTNERS, &addresses, &index);
    let mut attribution: Attribution =
        bytes::attribute(&classifier, &BTreeMap::new(), &facts.flows);
    for (at, case) in cases.iter().enumerate() {
        case.log(&mut attribution, at);
    }
    let mut services = Vec::new();
    let take = |used: bytes::VpcUsage<'_>| {
        services.extend(used.services.into_iter().map(|it| it.service));
        Ok::<_, Infallible>(())
    };
    bytes::each_vpc(&mut attribution, &classifier, take).unwrap();
    let postures = posture::assess(&classifier, &services, &attribution, surroundings.window);
    scene.postures = postures.by_endpoint;
    scene.endpoint_gb =
        endpoint::measured_gb_month(&facts, &attribution.endpoints, surroundings.window);
    scene.services = services;
    // What public calls could save at the most is shown for the NAT gateways.
    for at in 0..cases.len() {
        for service in ["sqs", "sns", "ec2"] {
            scene = scene.calls(&format!("vpc-{at}"), service, Path::Public, None);
        }
    }
    (scene.postures.clone(), scene.advice().opportunities)
}
