//! Over random organizations: nothing is removed without every proof, and ceilings add up to no more
//! than what the NAT gateways cost.

mod named;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::{
    classify::{bytes, path::EndpointAddresses, posture, service},
    model::{
        bytes::Attribution,
        inventory::EndpointMetrics,
        network::{NetworkInterface, TransitGatewayAttachment},
        posture::MissingProof,
        usage::HostQueries,
    },
};

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

fn any_case() -> impl Strategy<Value = Case> {
    let age = || prop::sample::select(vec![None, Some(-300), Some(-1), Some(0), Some(5000)]);
    let mostly = |other| prop::sample::select(vec![false, false, false, other]);
    let count = || prop::sample::select(vec![0, 0, 0, 5000_u64]);
    let metrics = prop::sample::select(vec![
        None,
        Some((None, Some(0))),
        Some((Some(0), None)),
        Some((Some(0), Some(0))),
        Some((Some(0), Some(0))),
        Some((Some(0), Some(0))),
        Some((Some(7), Some(1))),
    ]);
    let logs = (
        prop::sample::select(vec![
            None,
            Some(1),
            Some(300),
            Some(730),
            Some(730),
            Some(730),
        ]),
        prop::sample::select(vec![true, true, true, false]),
    );
    let endpoint = (
        age(),
        prop::sample::select(vec![None, Some(false), Some(false), Some(true)]),
        any::<bool>(),
        mostly(true),
        any::<bool>(),
        metrics,
        mostly(true),
        mostly(true),
    );
    let names = (count(), count(), mostly(true), mostly(true), mostly(true));
    let nat = (prop::sample::select(vec![0, 0, 50, 9000_u64]), age());
    (logs, endpoint, names, nat).prop_map(|(logs, endpoint, names, nat)| Case {
        logged_hours: logs.0,
        queries_known: logs.1,
        age_hours: endpoint.0,
        managed: endpoint.1,
        private_dns: endpoint.2,
        peer: endpoint.3,
        attached: endpoint.4,
        metrics: endpoint.5,
        stranger: endpoint.6,
        foreign: endpoint.7,
        nxdomain: names.0,
        answerless: names.1,
        unknown_name: names.2,
        answered: names.3,
        public: names.4,
        nat_gb: nat.0,
        nat_age_hours: nat.1,
    })
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
    metrics: Some((Some(0), Some(0))),
    nxdomain: 0,
    answerless: 0,
    unknown_name: false,
    answered: false,
    public: false,
    nat_gb: 0,
    nat_age_hours: Some(5000),
};

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
        let facts = &mut scene.facts;
        let nat = facts.nat_gateways.get_mut(&format!("nat-{vpc}")).unwrap();
        nat.created_at = self.nat_age_hours.map(before_window);
        let id = format!("vpce-{vpc}-kms");
        let endpoint = facts.endpoints.get_mut(&id).unwrap();
        endpoint.created_at = self.age_hours.map(before_window);
        endpoint.requester_managed = self.managed;
        endpoint.private_dns_enabled = Some(self.private_dns);
        if self.foreign {
            endpoint.service_region = "us-west-2".parse().ok();
            endpoint.service_name = "com.amazonaws.us-west-2.kms".into();
        }
        endpoint.network_interface_ids = vec![format!("eni-{at}")];
        let address = format!("10.{}.0.20", at + 1).parse().unwrap();
        let interface = NetworkInterface {
            target: endpoint.target.clone(),
            network_interface_id: format!("eni-{at}"),
            vpc_id: vpc.clone(),
            subnet_id: None,
            interface_type: "vpc_endpoint".into(),
            addresses: vec![address],
            description: None,
        };
        facts
            .network_interfaces
            .insert(format!("eni-{at}"), interface);
        if let Some((bytes_processed, active_connections)) = self.metrics {
            let metrics = EndpointMetrics {
                endpoint_id: id.clone(),
                bytes_processed,
                active_connections,
                ..EndpointMetrics::default()
            };
            facts.endpoint_metrics.insert(id, metrics);
        }
        let dns = facts.dns.get_mut(&vpc).unwrap();
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
                attachment_id: id.clone(),
                resource_id: Some(format!("vpc-of-others-{at}")),
                ..known.clone()
            };
            facts.transit_gateway_attachments.insert(id, attachment);
        }
        if self.peer {
            let table = facts
                .route_tables
                .get_mut(format!("{vpc}-main").as_str())
                .unwrap();
            table.routes.push(Route {
                destination: "172.16.0.0/12".into(),
                target: RouteTarget::Other("pcx-1".into()),
                blackhole: false,
            });
        }
        scene
    }

    /// Whether the queries of the VPC are known over the whole window.
    fn is_covered(&self) -> bool {
        self.queries_known && self.logged_hours == Some(730)
    }

    /// Whether every condition for a removal holds, in an organization of these cases.
    fn is_unused(&self, all: &[Case]) -> bool {
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
            && (self.private_dns || others())
    }
}

/// The postures and the rows of an organization.
fn judged(cases: &[Case]) -> (BTreeMap<String, EndpointPosture>, Vec<Opportunity>, Decimal) {
    judged_in(cases, window())
}

/// As [`judged`], with endpoints looked at over another window.
fn judged_in(
    cases: &[Case],
    window_of_endpoints: Window,
) -> (BTreeMap<String, EndpointPosture>, Vec<Opportunity>, Decimal) {
    judged_of(cases, window_of_endpoints, false)
}

/// As [`judged_in`], of all accounts or of those of one shard.
fn judged_of(
    cases: &[Case],
    window_of_endpoints: Window,
    other_shards: bool,
) -> (BTreeMap<String, EndpointPosture>, Vec<Opportunity>, Decimal) {
    let mut scene = Scene::in_region("eu-west-1");
    for (at, case) in cases.iter().enumerate() {
        scene = case.add(scene, at);
    }
    scene.facts.elsewhere.other_shards = other_shards;
    let rules = rules();
    let facts = scene.facts.clone();
    let index = ByVpc::new(&facts);
    let addresses = EndpointAddresses::new(&facts, rules);
    let partners = crate::classify::host::partner::PartnerRules::built_in().unwrap();
    let classifier = service::UsageClassifier::new(&facts, rules, &partners, &addresses, &index);
    let mut services = classifier.all_services();
    let attribution: Attribution = bytes::attribute(&classifier, &BTreeMap::new());
    bytes::merge(&attribution, &classifier, &mut services);
    let postures = posture::assess(&classifier, &services, &attribution, window_of_endpoints);
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_is_removed_unless_every_proof_is_there(
        cases in prop::collection::vec(any_case(), 1..4),
    ) {
        let (postures, rows, _) = judged(&cases);
        let removed: BTreeSet<&str> = rows
            .iter()
            .filter(|row| row.action == Action::Remove && row.service.is_some())
            .map(|row| row.vpc_id.as_str())
            .collect();
        for (at, case) in cases.iter().enumerate() {
            let vpc = format!("vpc-{at}");
            let posture = &postures[&format!("vpce-{vpc}-kms")];
            let unused = case.is_unused(&cases);
            prop_assert_eq!(posture.idle == Some(true), unused, "{:?} {:?}", case, posture);
            prop_assert_eq!(removed.contains(vpc.as_str()), unused, "{:?}", case);
            prop_assert!(posture.idle.is_some() == posture.idle_missing_proof.is_empty());
        }
        for row in rows.iter().filter(|row| row.action == Action::Remove && row.service.is_none()) {
            let at: usize = row.vpc_id.trim_start_matches("vpc-").parse().unwrap();
            let case = cases[at];
            prop_assert!(case.nat_age_hours.is_some_and(|it| it >= 0), "{:?}", row);
            prop_assert!(!case.peer, "{:?}", row);
        }
    }

    #[test]
    fn ceilings_add_up_to_no_more_than_the_nat_gateways_cost_for_data(
        cases in prop::collection::vec(any_case(), 1..5),
    ) {
        let (_, rows, data) = judged(&cases);
        let rows = rows.iter().filter(|row| row.action != Action::Remove);
        let ceilings: Decimal = rows.filter_map(|row| row.money.ceiling).sum();
        let rounding = Decimal::new(1, 2) * Decimal::from(cases.len());
        prop_assert!(ceilings <= data + rounding, "{} of {}", ceilings, data);
    }
}
