//! Over random organizations: nothing is removed without every proof, and ceilings add up to no more
//! than what the NAT gateways cost.

mod generated;
mod named;

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::model::id::VpcEndpointId;
use crate::{
    classify::{bytes, host::partner::PartnerRules, path::EndpointAddresses, posture, service},
    model::{
        bytes::Attribution,
        coverage::Reason,
        inventory::EndpointMetrics,
        network::{NetworkInterface, TransitGatewayAttachment},
        outcomes::Outcomes,
        posture::MissingProof,
        usage::HostQueries,
    },
};

/// Read once for all cases.
static PARTNERS: LazyLock<PartnerRules> = LazyLock::new(|| PartnerRules::built_in().unwrap());

/// What is random about an endpoint and its VPC.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is drawn by itself, and named where it is used"
)]
struct Case {
    /// Hours of the window that the query logs cover; none if no event is known.
    logged_hours: Option<i64>,
    queries_known: bool,
    /// Hours before the window in which the endpoint was created, negative within it.
    age_hours: Option<i64>,
    managed: Option<bool>,
    private_dns: bool,
    /// Whether a peer or another network that is not scanned reaches the VPC.
    peer: bool,
    attached: bool,
    /// Whether a VPC that was not scanned is attached to the same transit gateway.
    stranger: bool,
    /// Whether the endpoint's service is in another Region, of which CloudWatch publishes no metrics.
    foreign: bool,
    /// Whether the service has a private DNS name outside of every zone that the logs are asked about.
    unasked_name: bool,
    /// Whether the network interfaces of the account could be listed.
    interfaces: bool,
    /// Bytes and connections in CloudWatch.
    metrics: Option<(Option<u64>, Option<u64>)>,
    /// NXDOMAIN and answerless queries to the service's name, and queries to a name that no rule knows.
    nxdomain: u64,
    answerless: u64,
    unknown_name: bool,
    /// Whether the name was answered with the endpoint's address.
    answered: bool,
    /// Whether it was answered with a public address, past the endpoint.
    public: bool,
    /// Bytes through the NAT gateway, and its age like the endpoint's.
    nat_gb: u64,
    nat_age_hours: Option<i64>,
}

/// A case in which every proof is there.
const UNUSED: Case = Case {
    logged_hours: Some(730),
    queries_known: true,
    age_hours: Some(5000),
    managed: Some(false),
    private_dns: true,
    peer: false,
    attached: false,
    stranger: false,
    foreign: false,
    unasked_name: false,
    interfaces: true,
    metrics: Some((Some(0), Some(0))),
    nxdomain: 0,
    answerless: 0,
    unknown_name: false,
    answered: false,
    public: false,
    nat_gb: 0,
    nat_age_hours: Some(5000),
};

/// The end of the window.
fn last(hours: i64) -> Window {
    Window {
        start: window().end - SignedDuration::from_hours(hours),
        end: window().end,
    }
}

fn before_window(hours: i64) -> Timestamp {
    window().start - SignedDuration::from_hours(hours)
}

impl Case {
    fn add(self, mut scene: Scene, at: usize) -> Scene {
        let vpc = format!("vpc-{at}");
        scene = scene
            .vpc(&vpc, &format!("10.{}.0.0/16", at + 1), 2)
            .nat(&vpc, self.nat_gb);
        if self.attached {
            scene = scene.attached(&vpc);
        }
        scene = scene.endpoint(&vpc, "kms", "Interface", &[]);
        // Without flow logs, whatever else is known, a gateway endpoint may carry bytes.
        scene = scene.endpoint(&vpc, "s3", "Gateway", &[]);
        let facts = &mut scene.facts;
        let gateway = facts.endpoints.get_mut(&*format!("vpce-{vpc}-s3")).unwrap();
        gateway.created_at = self.age_hours.map(before_window);
        let nat = facts.nat_gateways.get_mut(&*format!("nat-{vpc}")).unwrap();
        nat.created_at = self.nat_age_hours.map(before_window);
        let id = format!("vpce-{vpc}-kms");
        let endpoint = facts.endpoints.get_mut(id.as_str()).unwrap();
        endpoint.created_at = self.age_hours.map(before_window);
        endpoint.requester_managed = self.managed;
        endpoint.private_dns_enabled = Some(self.private_dns);
        if self.foreign {
            endpoint.service_region = "us-west-2".parse().ok();
            endpoint.service_name = "com.amazonaws.us-west-2.kms".into();
        }
        endpoint.network_interface_ids = vec![format!("eni-{at}").into()];
        let address = format!("10.{}.0.20", at + 1).parse().unwrap();
        let interface = NetworkInterface {
            target: endpoint.target.clone(),
            network_interface_id: format!("eni-{at}").into(),
            vpc_id: vpc.as_str().into(),
            subnet_id: None,
            interface_type: "vpc_endpoint".into(),
            addresses: vec![address],
            description: None,
        };
        facts
            .network_interfaces
            .insert(format!("eni-{at}").into(), interface);
        if let Some((bytes_processed, active_connections)) = self.metrics {
            let metrics = EndpointMetrics {
                endpoint_id: id.as_str().into(),
                bytes_processed,
                active_connections,
                ..EndpointMetrics::default()
            };
            facts.endpoint_metrics.insert(id.into(), metrics);
        }
        let dns = facts.dns.get_mut(vpc.as_str()).unwrap();
        dns.queries = self.queries_known.then_some(1);
        dns.coverage = self.logged_hours.map(|hours| LogCoverage {
            first_event: Some(window().end - SignedDuration::from_hours(hours)),
            last_event: Some(window().end),
            ..LogCoverage::default()
        });
        let mut kms = HostQueries {
            queries: self.answerless,
            // Any error but NXDOMAIN means as much.
            nxdomain_queries: self.nxdomain / 2,
            failed_queries: self.nxdomain - self.nxdomain / 2,
            ..HostQueries::default()
        };
        if self.answered {
            kms.queries += 3;
            kms.answers.add(address, 3);
        }
        if self.public {
            kms.queries += 2;
            kms.answers.add("203.0.113.9".parse().unwrap(), 2);
        }
        if kms.queries + kms.nxdomain_queries + kms.failed_queries > 0 {
            dns.hosts.insert("kms.eu-west-1.amazonaws.com".into(), kms);
        }
        if self.unknown_name {
            let queries = HostQueries {
                queries: 9,
                ..HostQueries::default()
            };
            dns.hosts
                .insert("no.such.thing.eu-west-1.amazonaws.com".into(), queries);
        }
        if self.attached && self.stranger {
            let id = format!("attach-stranger-{at}");
            let known = facts.transit_gateway_attachments.values().next().unwrap();
            let attachment = TransitGatewayAttachment {
                attachment_id: id.as_str().into(),
                resource_id: Some(format!("vpc-of-others-{at}")),
                ..known.clone()
            };
            let attachments = &mut facts.transit_gateway_attachments;
            attachments.insert(id.into(), attachment);
        }
        if self.peer {
            let table = facts.route_tables.get_mut(&*format!("{vpc}-main")).unwrap();
            table.routes.push(Route {
                destination: "172.16.0.0/12".into(),
                target: RouteTarget::Other("pcx-1".into()),
                blackhole: false,
                has_state: false,
            });
        }
        scene
    }

    /// Whether the queries of the VPC are known over the whole window.
    fn is_covered(&self) -> bool {
        self.queries_known && self.logged_hours == Some(730)
    }

    /// Whether every condition for a removal holds, in an organization of these cases, perhaps with accounts that
    /// other shards scan.
    fn is_unused(&self, all: &[Case], other_shards: bool) -> bool {
        let others = || {
            let near: Vec<&Case> = all
                .iter()
                .filter(|it| self.attached && it.attached)
                .collect();
            !self.peer && near.iter().all(|it| it.is_covered() && !it.stranger)
        };
        self.is_covered()
            && self.age_hours.is_some_and(|it| it >= 0)
            && self.managed != Some(true)
            && self.metrics == Some((Some(0), Some(0)))
            && self.nxdomain == 0
            && self.answerless == 0
            && !self.unknown_name
            && !self.answered
            && !self.public
            && !self.foreign
            // What a Region offers and lists is one answer for all VPCs of the account.
            && !all.iter().any(|it| it.unasked_name)
            && all.iter().all(|it| it.interfaces)
            && ((self.private_dns && !other_shards) || others())
    }
}

/// What the account and the Region do not show, in any of the cases.
fn limit(scene: &mut Scene, cases: &[Case]) {
    if cases.iter().any(|it| it.unasked_name) {
        let offered = scene.facts.endpoint_services.values_mut().flatten();
        for service in offered.filter(|it| it.service_name.rsplit('.').next() == Some("kms")) {
            service.private_dns_names.push("kms.example.com".into());
        }
    }
    if !cases.iter().all(|it| it.interfaces) {
        let target = scene.target();
        scene.facts.outcomes = Outcomes::default();
        for step in Step::REGIONAL {
            let (account, region) = (target.account_id.clone(), target.region.clone());
            let cell = Cell::complete(Some(account), Some(region), step);
            scene.facts.outcomes.add(&match step {
                Step::NetworkInterfaces => cell.skipped(Reason::AccessDenied, "denied"),
                _ => cell,
            });
        }
    }
}

/// The postures and the rows of an organization.
fn judged(
    cases: &[Case],
) -> (
    BTreeMap<VpcEndpointId, EndpointPosture>,
    Vec<Opportunity>,
    Decimal,
) {
    judged_in(cases, window())
}

/// As [`judged`], looked at over another window.
fn judged_in(
    cases: &[Case],
    window: Window,
) -> (
    BTreeMap<VpcEndpointId, EndpointPosture>,
    Vec<Opportunity>,
    Decimal,
) {
    judged_of(cases, window, false)
}

/// As [`judged_in`], of all accounts or of those of one shard.
fn judged_of(
    cases: &[Case],
    looked_at: Window,
    other_shards: bool,
) -> (
    BTreeMap<VpcEndpointId, EndpointPosture>,
    Vec<Opportunity>,
    Decimal,
) {
    let mut scene = Scene::in_region("eu-west-1");
    for (at, case) in cases.iter().enumerate() {
        scene = case.add(scene, at);
    }
    scene.facts.elsewhere.other_shards = other_shards;
    scene.window = looked_at;
    limit(&mut scene, cases);
    let rules = rules();
    let facts = scene.facts.clone();
    let index = ByVpc::new(&facts);
    let addresses = EndpointAddresses::new(&facts, rules);
    let classifier = service::UsageClassifier::new(&facts, rules, &PARTNERS, &addresses, &index);
    let mut services = classifier.all_services();
    let attribution: Attribution = bytes::attribute(&classifier, &BTreeMap::new());
    bytes::merge(&attribution, &classifier, &mut services);
    let postures = posture::assess(&classifier, &services, &attribution, looked_at);
    scene.postures = postures.by_endpoint;
    scene.endpoint_gb = endpoint::measured_gb_month(&facts, &attribution.endpoints, window());
    scene.services = services;
    // What public calls could save at the most is shown for the NAT gateways.
    for at in 0..cases.len() {
        for service in ["sqs", "sns", "ec2"] {
            scene = scene.calls(&format!("vpc-{at}"), service, Path::Public, None);
        }
    }
    let costs = scene.facts.nat_gateways.values().map(|gateway| {
        let metrics = scene.facts.nat_metrics.get(&gateway.nat_gateway_id);
        let cost = nat_gateway::cost(gateway, metrics, 1, window(), &scene.prices);
        cost.monthly_data_usd.unwrap_or_default()
    });
    let data = costs.sum();
    (scene.postures.clone(), scene.advice().opportunities, data)
}
