//! A Region in the making: VPCs, gateways, endpoints and calls, and the advice on them.

use super::*;
use std::sync::Arc;

use crate::{
    model::{
        classified::ServiceNames,
        id::{NatGatewayId, VpcEndpointId},
        opportunity::HubOrOwn,
        tests::sample,
    },
    recommend::{OpportunityStore, RankedRow, sort_key},
};

thread_local! {
    /// Read once: a property makes hundreds of scenes.
    static PRICES: PriceBook = PriceBook::built_in().unwrap();
}

/// What is advised, best first.
pub(super) struct Advised {
    pub(super) opportunities: Vec<Opportunity>,
    pub(super) sort_keys: Vec<Vec<u8>>,
    pub(super) hub_or_own: Vec<HubOrOwn>,
}

impl OpportunityStore for Vec<Opportunity> {
    fn put(&mut self, row: Opportunity) {
        self.push(row);
    }

    fn reason(&mut self, number: usize) -> String {
        self[number].reason.clone()
    }
}

pub(super) struct Scene {
    pub(super) facts: Facts,
    pub(super) services: Vec<VpcService>,
    pub(super) partners: Vec<PartnerUse>,
    pub(super) postures: BTreeMap<VpcEndpointId, EndpointPosture>,
    pub(super) traffic: BTreeMap<NatGatewayId, NatTraffic>,
    pub(super) crossings: BTreeMap<NatGatewayId, ZoneCrossing>,
    pub(super) endpoint_gb: BTreeMap<VpcEndpointId, Decimal>,
    pub(super) region: Region,
    pub(super) prices: PriceBook,
    pub(super) window: Window,
}

impl Scene {
    /// A region in which every step is complete, at its built-in prices.
    pub(super) fn in_region(region: &str) -> Self {
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
            private_dns_names: vec![format!("{service}.{region}.amazonaws.com")],
            availability_zone_ids: ["az1", "az2", "az3"].map(str::to_owned).to_vec(),
            policy_supported: Some(true),
        };
        facts
            .endpoint_services
            .insert(region.clone(), offers.map(offer).collect());
        Self {
            facts,
            services: Vec::new(),
            partners: Vec::new(),
            postures: BTreeMap::new(),
            traffic: BTreeMap::new(),
            crossings: BTreeMap::new(),
            endpoint_gb: BTreeMap::new(),
            region,
            prices: PRICES.with(Clone::clone),
            window: window(),
        }
    }

    pub(super) fn target(&self) -> Target {
        Target {
            account_id: account(),
            region: self.region.clone(),
        }
    }

    /// A VPC with subnets in so many zones, whose queries are known.
    pub(super) fn vpc(mut self, id: &str, block: &str, zones: usize) -> Self {
        self.facts.vpcs.push(Vpc {
            owner_account_id: account(),
            cidrs: vec![block.parse().unwrap()],
            dns_support: Some(true),
            dns_hostnames: Some(true),
            ..sample::vpc(&self.target(), id)
        });
        for zone in 1..=zones {
            let subnet = Subnet {
                subnet_id: format!("{id}-{zone}").into(),
                vpc_id: id.into(),
                availability_zone: format_compact!("zone-{zone}"),
                availability_zone_id: Some(format_compact!("az{zone}")),
                cidrs: Vec::new(),
                available_addresses: None,
            };
            self.facts.subnets.insert(subnet.subnet_id.clone(), subnet);
        }
        let dns = VpcDns {
            vpc_id: id.into(),
            queries: Some(1),
            hosts: BTreeMap::new(),
            coverage: Some(LogCoverage {
                first_event: Some(window().start),
                last_event: Some(window().end),
                ..LogCoverage::default()
            }),
        };
        self.facts.dns.insert(id.into(), dns.into());
        self
    }

    pub(super) fn default_route(&mut self, vpc: &str, target: RouteTarget) {
        let table = self
            .facts
            .route_tables
            .entry(format!("{vpc}-main").into())
            .or_insert_with(|| RouteTable {
                route_table_id: format!("{vpc}-main").into(),
                vpc_id: vpc.into(),
                main: true,
                subnet_ids: Vec::new(),
                routes: Vec::new(),
            });
        table.routes.push(Route {
            destination: "0.0.0.0/0".into(),
            target,
            blackhole: false,
            has_state: false,
        });
    }

    /// A NAT gateway that the VPC goes out by, with GB of the month.
    pub(super) fn nat(mut self, vpc: &str, gb: u64) -> Self {
        let id = format!("nat-{vpc}");
        self.default_route(vpc, RouteTarget::NatGateway(id.as_str().into()));
        let gateway = NatGateway {
            subnet_id: Some(format!("{vpc}-1").into()),
            created_at: Some("2025-01-01T00:00:00Z".parse().unwrap()),
            ..sample::nat_gateway(&self.target(), vpc, &id)
        };
        let metrics = NatMetrics {
            nat_gateway_id: id.as_str().into(),
            bytes_in_from_source: Some(gb * BYTES_PER_GB),
            bytes_in_from_destination: Some(0),
            active_connections: Some(u64::from(gb > 0)),
            metrics_requested: None,
        };
        self.facts.nat_gateways.insert(id.as_str().into(), gateway);
        self.facts.nat_metrics.insert(id.into(), metrics);
        self
    }

    /// What the flow logs of its NAT gateway show.
    pub(super) fn logged(mut self, vpc: &str, gb: u64, unmatched: u64) -> Self {
        let traffic = NatTraffic {
            flow_log_bytes: gb * BYTES_PER_GB,
            ambiguous_bytes: 0,
            unmatched_bytes: unmatched,
            skipped_records: 0,
        };
        self.traffic.insert(format!("nat-{vpc}").into(), traffic);
        self
    }

    /// An attachment to the transit gateway, by which the VPC goes out if it has no NAT gateway.
    pub(super) fn attached(mut self, vpc: &str) -> Self {
        if !self
            .facts
            .nat_gateways
            .contains_key(format!("nat-{vpc}").as_str())
        {
            self.default_route(vpc, RouteTarget::TransitGateway("tgw-1".into()));
        }
        let attachment = TransitGatewayAttachment {
            target: self.target(),
            attachment_id: format!("attach-{vpc}").into(),
            transit_gateway_id: "tgw-1".into(),
            transit_gateway_owner_id: Some(account()),
            resource_owner_id: None,
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
    pub(super) fn calls(self, vpc: &str, service: &str, path: Path, gb: Option<u64>) -> Self {
        let region = self.region.to_string();
        self.calls_in(vpc, service, Some(&region), path, gb)
    }

    pub(super) fn calls_in(
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
            names: Arc::new(ServiceNames {
                service: service.into(),
                service_region: region.map(Into::into),
                in_own_region: region == Some(self.region.as_str()),
                endpoint_service_name: None,
            }),
            queries: 7,
            path,
            hub: None,
            bytes: ServiceBytes {
                to_service: bytes,
                from_service: bytes.map(|_| 0),
                nat: bytes,
                part: false,
            },
        });
        self
    }

    /// The last call was answered by this VPC's endpoint.
    pub(super) fn answered_by(mut self, hub: &str) -> Self {
        let call = self.services.last_mut().unwrap();
        call.hub = Some(Box::new(Hub {
            account_id: account(),
            vpc_id: hub.into(),
        }));
        self
    }

    /// An available endpoint of a service, with what is wrong with it.
    pub(super) fn endpoint(
        mut self,
        vpc: &str,
        service: &str,
        kind: &str,
        findings: &[Finding],
    ) -> Self {
        let id = format!("vpce-{vpc}-{service}");
        let endpoint = Endpoint {
            endpoint_type: kind.into(),
            private_dns_enabled: Some(!findings.contains(&Finding::BypassedPrivateDnsOff)),
            subnet_ids: vec![format!("{vpc}-1").into()],
            ..sample::endpoint(
                &self.target(),
                vpc,
                &id,
                &format!("com.amazonaws.{}.{service}", self.region),
            )
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
        self.facts.endpoints.insert(id.as_str().into(), endpoint);
        self.postures.insert(id.into(), posture);
        self
    }

    /// What the rules make of it.
    pub(super) fn advice(&self) -> Advised {
        self.with_input(|input| {
            let mut made: Vec<Opportunity> = Vec::new();
            let advice = advise(input, &mut made);
            let of_rank = |rank: &RankedRow<'_>| {
                let mut row = made[rank.number].clone();
                row.money.ceiling = rank.ceiling;
                row
            };
            Advised {
                opportunities: advice.opportunities.iter().map(of_rank).collect(),
                sort_keys: advice.opportunities.iter().map(sort_key).collect(),
                hub_or_own: advice.hub_or_own,
            }
        })
    }

    /// Hands what the rules look at to a function.
    pub(super) fn with_input<R>(&self, judge: impl FnOnce(&AdvisorInput<'_>) -> R) -> R {
        let window = self.window;
        let rules = rules();
        let index = ByVpc::new(&self.facts);
        let cost = |gateway: &NatGateway| {
            let metrics = self.facts.nat_metrics.get(&gateway.nat_gateway_id);
            nat_gateway::cost(gateway, metrics, 1, window, &self.prices)
        };
        let gateways = self.facts.nat_gateways.iter();
        judge(&AdvisorInput {
            facts: &self.facts,
            index: &index,
            rules,
            services: &self.services,
            partners: &self.partners,
            postures: &self.postures,
            central_egress: &central_egress::of_all(&self.facts, &index),
            closed_beyond_transit_gateway: &central_egress::closed(&self.facts, &index),
            nat_costs: &gateways.map(|(id, it)| (id.clone(), cost(it))).collect(),
            endpoint_costs: &endpoint::costs(
                self.facts.endpoints.values(),
                &self.endpoint_gb,
                &self.prices,
            ),
            zone_crossings: &self.crossings,
            nat_traffic: &self.traffic,
            prices: &self.prices,
            window,
        })
    }

    /// The rows, each as `action service vpc`.
    pub(super) fn rows(&self) -> Vec<String> {
        let rows = self.advice().opportunities;
        rows.iter().map(action_line).collect()
    }

    /// The one row of a VPC and service.
    #[track_caller]
    pub(super) fn row(&self, vpc: &str, service: &str) -> Opportunity {
        let mut rows = self.advice().opportunities;
        rows.retain(|row| row.vpc_id == vpc && row.service.as_deref() == Some(service));
        assert_eq!(rows.len(), 1, "{rows:#?}");
        rows.remove(0)
    }
}
