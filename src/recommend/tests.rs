//! Every rule on facts that are designed for it: a scene is a region in which a month was measured, so
//! that GB of the window are GB a month.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::{
    classify::{central_egress, host::HostRules},
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
        network::TransitGatewayAttachment,
        opportunity::{Action, Basis, Caveat, Opportunity},
        posture::{EndpointPosture, Finding},
        run::Window,
        target::Target,
        usage::VpcDns,
    },
    recommend::{Advice, NatTraffic, Seen, advise},
};

const GATEWAY_SERVICES: [&str; 2] = ["s3", "dynamodb"];
const INTERFACE_SERVICES: [&str; 5] = ["s3", "kms", "sqs", "athena", "execute-api"];

struct Scene {
    facts: Facts,
    services: Vec<VpcService>,
    postures: BTreeMap<String, EndpointPosture>,
    traffic: BTreeMap<String, NatTraffic>,
    endpoint_gb: BTreeMap<String, Decimal>,
    region: Region,
    prices: PriceBook,
}

fn account() -> AccountId {
    "123456789012".parse().unwrap()
}

impl Scene {
    /// A region in which every step is complete, at its built-in prices.
    fn in_region(region: &str) -> Self {
        let region: Region = region.parse().unwrap();
        let mut facts = Facts::default();
        for step in Step::REGIONAL {
            let cell = Cell::complete(Some(account()), Some(region.clone()), step);
            facts.outcomes.add(&cell);
        }
        let offers = GATEWAY_SERVICES
            .map(|it| (it, "Gateway"))
            .into_iter()
            .chain(INTERFACE_SERVICES.map(|it| (it, "Interface")));
        let offer = |(service, kind): (&str, &str)| EndpointService {
            region: region.clone(),
            service_name: format!("com.amazonaws.{region}.{service}"),
            service_type: kind.into(),
            private_dns_names: Vec::new(),
            availability_zone_ids: ["az1", "az2", "az3"].map(str::to_owned).to_vec(),
            policy_supported: Some(true),
        };
        facts
            .endpoint_services
            .insert(region.clone(), offers.map(offer).collect());
        Self {
            facts,
            services: Vec::new(),
            postures: BTreeMap::new(),
            traffic: BTreeMap::new(),
            endpoint_gb: BTreeMap::new(),
            region,
            prices: PriceBook::built_in().unwrap(),
        }
    }

    fn target(&self) -> Target {
        Target {
            account_id: account(),
            region: self.region.clone(),
        }
    }

    /// A VPC with subnets in so many zones, whose queries are known.
    fn vpc(mut self, id: &str, block: &str, zones: usize) -> Self {
        self.facts.vpcs.push(Vpc {
            target: self.target(),
            vpc_id: id.into(),
            name: None,
            owner_account_id: account(),
            is_default: false,
            cidrs: vec![block.parse().unwrap()],
            dns_support: Some(true),
            dns_hostnames: Some(true),
        });
        for zone in 1..=zones {
            let subnet = Subnet {
                subnet_id: format!("{id}-{zone}"),
                vpc_id: id.into(),
                availability_zone: format!("zone-{zone}"),
                availability_zone_id: Some(format!("az{zone}")),
                cidrs: Vec::new(),
            };
            self.facts.subnets.insert(subnet.subnet_id.clone(), subnet);
        }
        let dns = VpcDns {
            vpc_id: id.into(),
            queries: Some(1),
            hosts: BTreeMap::new(),
        };
        self.facts.dns.insert(id.into(), dns);
        self
    }

    fn default_route(&mut self, vpc: &str, target: RouteTarget) {
        let table = self
            .facts
            .route_tables
            .entry(format!("{vpc}-main"))
            .or_insert_with(|| RouteTable {
                route_table_id: format!("{vpc}-main"),
                vpc_id: vpc.into(),
                main: true,
                subnet_ids: Vec::new(),
                routes: Vec::new(),
            });
        table.routes.push(Route {
            destination: "0.0.0.0/0".into(),
            target,
            blackhole: false,
        });
    }

    /// A NAT gateway that the VPC goes out by, with GB of the month.
    fn nat(mut self, vpc: &str, gb: u64) -> Self {
        let id = format!("nat-{vpc}");
        self.default_route(vpc, RouteTarget::NatGateway(id.clone()));
        let gateway = NatGateway {
            target: self.target(),
            vpc_id: vpc.into(),
            nat_gateway_id: id.clone(),
            name: None,
            state: "available".into(),
            connectivity_type: "public".into(),
            availability_mode: "zonal".into(),
            subnet_id: Some(format!("{vpc}-1")),
            availability_zones: Vec::new(),
            public_ipv4_addresses: None,
            created_at: None,
            deleted_at: None,
        };
        let metrics = NatMetrics {
            nat_gateway_id: id.clone(),
            bytes_in_from_source: Some(gb * BYTES_PER_GB),
            bytes_in_from_destination: Some(0),
            active_connections: Some(u64::from(gb > 0)),
        };
        self.facts.nat_gateways.insert(id.clone(), gateway);
        self.facts.nat_metrics.insert(id, metrics);
        self
    }

    /// What the flow logs of its NAT gateway say.
    fn logged(mut self, vpc: &str, gb: u64, unmatched: u64) -> Self {
        let traffic = NatTraffic {
            flow_log_bytes: gb * BYTES_PER_GB,
            ambiguous_bytes: 0,
            unmatched_bytes: unmatched,
        };
        self.traffic.insert(format!("nat-{vpc}"), traffic);
        self
    }

    /// An attachment to the transit gateway, by which the VPC goes out if it has no NAT gateway.
    fn attached(mut self, vpc: &str) -> Self {
        if !self.facts.nat_gateways.contains_key(&format!("nat-{vpc}")) {
            self.default_route(vpc, RouteTarget::TransitGateway("tgw-1".into()));
        }
        let attachment = TransitGatewayAttachment {
            target: self.target(),
            attachment_id: format!("attach-{vpc}"),
            transit_gateway_id: "tgw-1".into(),
            transit_gateway_owner_id: None,
            resource_type: "vpc".into(),
            resource_id: Some(vpc.into()),
            available: true,
            route_table_id: None,
        };
        let id = attachment.attachment_id.clone();
        self.facts
            .transit_gateway_attachments
            .insert(id, attachment);
        self
    }

    /// Calls by names of the VPC's own region; GB through NAT gateways where they are measured.
    fn calls(self, vpc: &str, service: &str, path: Path, gb: Option<u64>) -> Self {
        let region = self.region.to_string();
        self.calls_in(vpc, service, Some(&region), path, gb)
    }

    fn calls_in(
        mut self,
        vpc: &str,
        service: &str,
        region: Option<&str>,
        path: Path,
        gb: Option<u64>,
    ) -> Self {
        let bytes = gb.map(|gb| gb * BYTES_PER_GB);
        self.services.push(VpcService {
            vpc_id: vpc.into(),
            region: self.region.clone(),
            service: service.into(),
            service_region: region.map(str::to_owned),
            queries: 7,
            hosts: 1,
            top_host: "host".into(),
            private_queries: 0,
            public_queries: 7,
            answers: Vec::new(),
            sources: 1,
            endpoint_service_name: None,
            endpoint_types: Vec::new(),
            endpoint_supported: Some(true),
            endpoint_exists: Some(false),
            endpoint_ids: Vec::new(),
            path,
            hub: None,
            bytes: ServiceBytes {
                to_service: bytes,
                from_service: bytes.map(|_| 0),
                nat: bytes,
            },
        });
        self
    }

    /// The last call was answered by this VPC's endpoint.
    fn answered_by(mut self, hub: &str) -> Self {
        let call = self.services.last_mut().unwrap();
        call.hub = Some(Hub {
            account_id: account(),
            vpc_id: hub.into(),
        });
        self
    }

    /// An available endpoint of a service, with what is wrong with it.
    fn endpoint(mut self, vpc: &str, service: &str, kind: &str, findings: &[Finding]) -> Self {
        let id = format!("vpce-{vpc}-{service}");
        let endpoint = Endpoint {
            target: self.target(),
            vpc_id: vpc.into(),
            endpoint_id: id.clone(),
            service_name: format!("com.amazonaws.{}.{service}", self.region),
            endpoint_type: kind.into(),
            state: "available".into(),
            private_dns_enabled: Some(!findings.contains(&Finding::BypassedPrivateDnsOff)),
            subnet_ids: vec![format!("{vpc}-1")],
            route_table_ids: Vec::new(),
            security_group_ids: Vec::new(),
            network_interface_ids: Vec::new(),
            private_dns_only_for_inbound: false,
            policy: None,
        };
        let missing = |finding, name: &str| {
            let has = findings.contains(&finding);
            has.then(|| vec![name.to_owned()])
        };
        let posture = EndpointPosture {
            missing_route_tables: missing(Finding::RouteTablesMissing, &format!("{vpc}-main")),
            missing_availability_zones: missing(Finding::AvailabilityZonesMissing, "zone-2"),
            findings: findings.to_vec(),
            ..EndpointPosture::default()
        };
        self.facts.endpoints.insert(id.clone(), endpoint);
        self.postures.insert(id, posture);
        self
    }

    /// What the rules make of it.
    fn advice(&self) -> Advice {
        let end: jiff::Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let month = jiff::SignedDuration::from_hours(i64::from(HOURS_PER_MONTH));
        let window = Window {
            start: end - month,
            end,
        };
        let rules = HostRules::built_in().unwrap();
        let index = ByVpc::new(&self.facts);
        let cost = |gateway: &NatGateway| {
            let metrics = self.facts.nat_metrics.get(&gateway.nat_gateway_id);
            nat_gateway::cost(gateway, metrics, 1, window, &self.prices)
        };
        let gateways = self.facts.nat_gateways.iter();
        advise(&Seen {
            facts: &self.facts,
            index: &index,
            rules: &rules,
            services: &self.services,
            postures: &self.postures,
            central_egress: &central_egress::of_all(&self.facts, &index),
            nat_costs: &gateways.map(|(id, it)| (id.clone(), cost(it))).collect(),
            endpoint_costs: &endpoint::costs(
                self.facts.endpoints.values(),
                &self.endpoint_gb,
                &self.prices,
            ),
            nat_traffic: &self.traffic,
            prices: &self.prices,
            window,
        })
    }

    /// The rows, each as `action service vpc`.
    fn told(&self) -> Vec<String> {
        let rows = self.advice().opportunities;
        rows.iter().map(told).collect()
    }

    /// The one row of a VPC and service.
    #[track_caller]
    fn row(&self, vpc: &str, service: &str) -> Opportunity {
        let mut rows = self.advice().opportunities;
        rows.retain(|row| row.vpc_id == vpc && row.service.as_deref() == Some(service));
        assert_eq!(rows.len(), 1, "{rows:#?}");
        rows.remove(0)
    }
}

fn told(row: &Opportunity) -> String {
    let action = serde_json::to_value(row.action).unwrap();
    let service = row.service.as_deref().unwrap_or("-");
    format!("{} {service} {}", action.as_str().unwrap(), row.vpc_id)
}

const A: &str = "10.1.0.0/16";
const B: &str = "10.2.0.0/16";
const C: &str = "10.3.0.0/16";

/// `endpoint nat saving ceiling break-even`, `-` for what is not told.
fn money(row: &Opportunity) -> [String; 5] {
    let it = row.money;
    let text = |usd: Option<Decimal>| usd.map_or("-".to_owned(), |usd| format!("{usd:.2}"));
    [
        it.endpoint,
        it.nat,
        it.saving,
        it.ceiling,
        it.break_even.map(|it| it.round_dp(2)),
    ]
    .map(text)
}

#[track_caller]
fn assert_money(row: &Opportunity, basis: Basis, expected: [&str; 5]) {
    assert_eq!(
        (row.basis, money(row)),
        (basis, expected.map(str::to_owned)),
        "{row:#?}"
    );
}

#[test]
fn a_missing_gateway_endpoint_comes_first_and_claims_nothing_that_was_not_measured() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 2)
        .nat("a", 1000)
        .calls("a", "kms", Path::Public, Some(900))
        .calls("a", "s3", Path::Public, None);
    assert_eq!(scene.told(), ["create s3 a", "create kms a"]);
    let row = scene.row("a", "s3");
    assert_eq!(row.endpoint_type.as_deref(), Some("Gateway"));
    assert_money(&row, Basis::Unknown, ["0.00", "-", "-", "45.00", "0.00"]);
    assert!(row.caveats.contains(&Caveat::WithinVpcOnly));
    assert!(row.caveats.contains(&Caveat::SourceIpPolicies));
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
    assert!(whole.told().is_empty(), "{:?}", whole.told());
}

#[test]
fn the_usual_gateway_endpoints_are_proposed_where_usage_is_not_known_and_a_nat_gateway_is() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 10)
        .vpc("b", B, 1);
    scene.facts.dns.clear();
    assert_eq!(scene.told(), ["create dynamodb a", "create s3 a"]);
    assert!(scene.row("a", "s3").caveats.contains(&Caveat::UsageUnknown));
}

#[test]
fn an_interface_endpoint_without_measured_bytes_is_no_saving_but_a_ceiling_and_a_break_even() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 3)
        .nat("a", 1000)
        .calls("a", "kms", Path::Public, None);
    let row = scene.row("a", "kms");
    assert_eq!(row.action, Action::None);
    assert_money(&row, Basis::Unknown, ["-", "-", "-", "45.00", "625.71"]);
    let bounds = "209 GB a month in 1 zone, 418 in 2, 626 in 3";
    assert!(row.reason.contains(bounds), "{}", row.reason);
}

#[test]
fn a_measured_interface_endpoint_is_proposed_above_the_break_even_and_not_below() {
    let with = |gb| {
        let scene = Scene::in_region("us-east-1").vpc("a", A, 2).nat("a", 9000);
        scene
            .calls("a", "kms", Path::Public, Some(gb))
            .row("a", "kms")
    };
    // 2 * 730 * 0.01 + 1000 * 0.01 against 1000 * 0.045
    let row = with(1000);
    assert_eq!(row.action, Action::Create);
    assert_money(
        &row,
        Basis::Measured,
        ["24.60", "45.00", "20.40", "-", "417.14"],
    );
    let row = with(400);
    assert_eq!(row.action, Action::None);
    assert_money(
        &row,
        Basis::Measured,
        ["18.60", "18.00", "-", "-", "417.14"],
    );
    assert!(row.reason.starts_with("It does not pay"), "{}", row.reason);
}

#[test]
fn bytes_that_pass_an_internet_gateway_cost_at_the_endpoint_and_save_nothing() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 9000)
        .calls("a", "kms", Path::Public, Some(1000));
    let bytes = &mut scene.services[0].bytes;
    bytes.from_service = bytes.to_service;
    // 7.30 + 2000 * 0.01 against 1000 * 0.045
    assert_money(
        &scene.row("a", "kms"),
        Basis::Measured,
        ["27.30", "45.00", "17.70", "-", "208.57"],
    );
}

#[test]
fn zones_that_do_not_offer_the_service_are_not_paid_for() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("a", A, 3)
        .nat("a", 9000)
        .calls("a", "kms", Path::Public, Some(1000));
    let offers = scene.facts.endpoint_services.values_mut().flatten();
    for offer in offers.filter(|it| it.service_name.ends_with("kms")) {
        offer.availability_zone_ids.truncate(1);
    }
    let row = scene.row("a", "kms");
    assert_eq!(money(&row)[0], "17.30");
    assert!(row.caveats.contains(&Caveat::ZonesNotOffered));
    assert!(row.reason.contains("zone-2, zone-3"), "{}", row.reason);
}

#[test]
fn an_unknown_price_leaves_the_money_blank_and_is_told() {
    let scene = Scene::in_region("mx-central-1")
        .vpc("a", A, 2)
        .nat("a", 9000)
        .calls("a", "kms", Path::Public, Some(1000))
        .calls("a", "s3", Path::Public, Some(1000));
    for service in ["kms", "s3"] {
        let row = scene.row("a", service);
        assert_eq!(money(&row)[1..4], ["-", "-", "-"], "{row:?}");
        assert!(row.caveats.contains(&Caveat::PriceUnknown), "{row:?}");
    }
}

#[test]
fn without_a_nat_gateway_an_interface_endpoint_would_save_nothing() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 2)
        .calls("a", "kms", Path::Public, None);
    let row = scene.row("a", "kms");
    assert_eq!(row.action, Action::None);
    assert_money(&row, Basis::Unknown, ["-", "-", "-", "0.00", "-"]);
}

#[test]
fn calls_to_other_regions_and_by_global_names_are_out_of_reach() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 9000)
        .calls_in("a", "kms", Some("eu-west-1"), Path::Public, Some(5000))
        .calls_in("a", "sqs", None, Path::Public, Some(5000))
        .calls("a", "athena", Path::Public, Some(1000))
        .calls_in("a", "athena", Some("eu-west-1"), Path::Public, Some(5000));
    for (service, caveat) in [
        ("kms", Caveat::CrossRegionNames),
        ("sqs", Caveat::GlobalNames),
    ] {
        let row = scene.row("a", service);
        assert_eq!((row.action, row.money.saving), (Action::None, None));
        assert!(row.caveats.contains(&caveat), "{row:?}");
    }
    let row = scene.row("a", "athena");
    assert!(row.caveats.contains(&Caveat::CrossRegionNames));
    assert_eq!(row.money.gb_month, Some(Decimal::from(1000)));
}

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
        scene.endpoint("a", "kms", "Interface", &both).told(),
        ["remove kms a"]
    );
}

#[test]
fn the_hours_of_an_idle_endpoint_are_a_ceiling_until_flow_logs_say_the_same() {
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
        let id = "vpce-a-kms".to_owned();
        scene.endpoint_gb.insert(id, Decimal::from(gb));
        scene
    };
    let measured = passed(0).row("a", "kms");
    assert_money(&measured, Basis::Measured, ["7.30", "-", "7.30", "-", "-"]);
    assert!(passed(1).told().is_empty(), "{:?}", passed(1).told());
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

/// A hub that answers `a`, and `b` past it.
fn by_passed(region: &str) -> Scene {
    Scene::in_region(region)
        .vpc("hub", C, 2)
        .attached("hub")
        .endpoint("hub", "kms", "Interface", &[])
        .vpc("a", A, 2)
        .attached("a")
        .calls("a", "kms", Path::CentralEndpoint, None)
        .answered_by("hub")
        .vpc("b", B, 2)
}

#[test]
fn a_hub_that_works_is_proposed_to_those_that_by_pass_it_and_the_money_waits_for_bytes() {
    let scene =
        by_passed("us-east-1")
            .nat("b", 1000)
            .attached("b")
            .calls("b", "kms", Path::Public, None);
    let row = scene.row("b", "kms");
    assert_eq!(row.action, Action::UseHub);
    assert_eq!(row.hub.as_ref().unwrap().vpc_id, "hub");
    assert_money(&row, Basis::Unknown, ["-", "-", "-", "45.00", "0.00"]);
    // 100 * (0.045 - 0.01 - 0.02), and no hours.
    let scene = by_passed("us-east-1").nat("b", 1000).attached("b").calls(
        "b",
        "kms",
        Path::Public,
        Some(100),
    );
    let row = scene.row("b", "kms");
    assert_eq!(row.action, Action::UseHub);
    assert_money(&row, Basis::Measured, ["3.00", "4.50", "1.50", "-", "-"]);
}

#[test]
fn a_hub_behind_a_transit_gateway_without_a_known_price_is_told_without_money() {
    let scene = by_passed("eu-west-1").nat("b", 1000).attached("b").calls(
        "b",
        "kms",
        Path::Public,
        Some(100),
    );
    let row = scene.row("b", "kms");
    assert_eq!(row.action, Action::UseHub);
    assert_eq!(row.money.saving, None);
    assert!(
        row.caveats.contains(&Caveat::TransitGatewayPriceUnknown),
        "{row:?}"
    );
}

#[test]
fn a_vpc_in_the_way_of_the_hubs_addresses_cannot_use_it() {
    let mut scene =
        by_passed("us-east-1")
            .nat("b", 1000)
            .attached("b")
            .calls("b", "kms", Path::Public, None);
    scene.facts.vpcs[2].cidrs = vec!["10.0.0.0/8".parse().unwrap()];
    assert_eq!(scene.row("b", "kms").action, Action::None);
}

#[test]
fn where_egress_is_central_the_transit_gateway_is_on_both_sides() {
    for (region, saving) in [("us-east-1", "3.50"), ("eu-west-1", "3.80")] {
        let scene = Scene::in_region(region)
            .vpc("hub", C, 2)
            .nat("hub", 1000)
            .attached("hub")
            .endpoint("hub", "kms", "Interface", &[])
            .vpc("a", A, 2)
            .attached("a")
            .calls("a", "kms", Path::CentralEndpoint, None)
            .answered_by("hub")
            .vpc("b", B, 2)
            .attached("b")
            .calls("b", "kms", Path::Public, Some(100));
        let row = scene.row("b", "kms");
        // 100 * (NAT GB - endpoint GB), whether or not the transit gateway's price is known.
        assert_eq!(
            (row.action, money(&row)[2].as_str()),
            (Action::UseHub, saving),
            "{row:?}"
        );
    }
}

#[test]
fn a_new_hub_is_proposed_where_it_is_cheaper_and_its_rows_add_up_to_what_the_plan_saves() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("egress", "10.100.0.0/16", 1)
        .nat("egress", 90_000)
        .attached("egress");
    let blocks = [A, B, C, "10.4.0.0/16"];
    for (vpc, block) in ["a", "b", "c", "d"].into_iter().zip(blocks) {
        scene = scene
            .vpc(vpc, block, 2)
            .attached(vpc)
            .calls(vpc, "kms", Path::Public, Some(300));
    }
    let advice = scene.advice();
    let rows: Vec<String> = advice.opportunities.iter().map(told).collect();
    let users = [
        "use_hub kms a",
        "use_hub kms b",
        "use_hub kms c",
        "use_hub kms d",
    ];
    assert!(
        users.iter().all(|it| rows.contains(&(*it).to_owned())),
        "{rows:?}"
    );
    assert!(rows.contains(&"create kms egress".to_owned()), "{rows:?}");
    let saved: Decimal = advice
        .opportunities
        .iter()
        .filter_map(|row| row.money.saving)
        .sum();
    assert_eq!(advice.hub_or_own.len(), 1);
    let table = &advice.hub_or_own[0];
    assert_eq!(table.plan, Some([0, 0, 4]));
    // 1200 * 0.065 today; 1200 * 0.03 and one zone of a new endpoint then.
    assert_eq!(
        (table.now, table.best),
        (Some(Decimal::new(7800, 2)), Some(Decimal::new(4330, 2)))
    );
    assert_eq!(saved, Decimal::new(3470, 2));
}

#[test]
fn hub_or_own_tells_from_when_each_way_pays_where_nothing_is_measured() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 3)
        .nat("a", 1)
        .attached("a")
        .calls("a", "kms", Path::Public, None);
    let [table] = <[_; 1]>::try_from(scene.advice().hub_or_own).unwrap();
    let gb = |it: Decimal| it.round_dp(2).to_string();
    assert_eq!(
        table
            .own_pays_from
            .iter()
            .copied()
            .map(gb)
            .collect::<Vec<_>>(),
        ["208.57", "417.14", "625.71"]
    );
    assert_eq!((table.now, table.best, table.plan), (None, None, None));
    // Nobody measured is a candidate.
    assert_eq!(table.hub, None);
}

#[test]
fn for_a_vpc_and_a_service_there_is_one_saving_at_most() {
    let scene = by_passed("us-east-1")
        .nat("b", 9000)
        .attached("b")
        .calls("b", "kms", Path::Public, Some(3000))
        .calls("b", "sqs", Path::Public, Some(3000))
        .calls("b", "s3", Path::Public, Some(3000))
        .calls("hub", "kms", Path::LocalEndpoint, Some(10));
    let mut savings: BTreeMap<(String, Option<String>), usize> = BTreeMap::new();
    for row in scene.advice().opportunities {
        if row.money.saving.is_some() {
            *savings.entry((row.vpc_id, row.service)).or_default() += 1;
        }
    }
    assert_eq!(savings.len(), 3, "{savings:?}");
    assert!(savings.values().all(|count| *count == 1), "{savings:?}");
}

#[test]
fn advice_for_a_shared_vpc_goes_to_its_owner_and_says_so_if_the_owner_was_not_seen() {
    let mut scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 9000)
        .calls("a", "kms", Path::Public, Some(1000))
        .calls("a", "s3", Path::Public, Some(1000));
    scene.facts.vpcs[0].owner_account_id = "999999999999".parse().unwrap();
    let row = scene.row("a", "kms");
    assert_eq!(row.account_id.as_str(), "999999999999");
    assert!(row.caveats.contains(&Caveat::SharedVpc));
    // Whether the owner has a gateway endpoint cannot be seen.
    assert_eq!(scene.told(), ["create kms a"]);
}

#[test]
fn nat_gateways_go_only_if_every_byte_could_go_by_endpoints_and_their_gb_are_counted_once() {
    let scene = |unmatched| {
        Scene::in_region("us-east-1")
            .vpc("a", A, 1)
            .nat("a", 1100)
            .logged("a", 1100, unmatched)
            .calls("a", "s3", Path::Public, Some(1000))
            .calls("a", "kms", Path::Public, Some(100))
    };
    let rows = scene(0).advice().opportunities;
    let rows: Vec<&Opportunity> = rows.iter().filter(|row| row.service.is_none()).collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    let row = rows[0];
    assert_eq!(row.action, Action::Remove);
    // Hours 32.85; kms does not pay alone: 4.50 at the NAT gateway, 8.30 by an endpoint. S3 is in its row.
    assert_money(row, Basis::Measured, ["8.30", "37.35", "29.05", "-", "-"]);
    let unknown = scene(1).advice().opportunities;
    assert!(
        unknown.iter().all(|row| row.service.is_some()),
        "{unknown:?}"
    );
    let another_region = scene(0).calls_in("a", "kms", Some("eu-west-1"), Path::Public, Some(1));
    let rows = another_region.advice().opportunities;
    assert!(rows.iter().all(|row| row.service.is_some()), "{rows:?}");
}

#[test]
fn an_idle_nat_gateway_is_removable_and_its_hours_are_a_ceiling_until_flow_logs_say_the_same() {
    let idle = || Scene::in_region("us-east-1").vpc("a", A, 1).nat("a", 0);
    let rows = idle().advice().opportunities;
    assert_money(&rows[0], Basis::Unknown, ["-", "-", "-", "32.85", "-"]);
    let rows = idle().logged("a", 0, 0).advice().opportunities;
    assert_money(&rows[0], Basis::Measured, ["-", "-", "32.85", "-", "-"]);
}

#[test]
fn the_best_comes_first_and_what_is_not_worth_it_last() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 100)
        .vpc("b", B, 1)
        .nat("b", 9000)
        .calls("a", "sqs", Path::Public, None)
        .calls("a", "kms", Path::Public, Some(500))
        .calls("a", "s3", Path::Public, None)
        .calls("b", "kms", Path::Public, Some(5000))
        .calls("b", "athena", Path::Public, None)
        .endpoint("b", "sqs", "Interface", &[Finding::Idle]);
    assert_eq!(
        scene.told(),
        [
            "create s3 a",
            "create kms b",
            "create kms a",
            "remove sqs b",
            "none athena b",
            "none sqs a"
        ]
    );
}
