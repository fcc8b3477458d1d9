//! What is random about an endpoint, its VPC and what surrounds them, and whether it is unused.

use std::net::IpAddr;

use super::*;

/// What is random about an endpoint and its VPC.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is drawn by itself, and named where it is used"
)]
pub(super) struct Case {
    /// Hours of the window that the query logs cover; none if no event is known.
    pub(super) logged_hours: Option<i64>,
    pub(super) queries_known: bool,
    /// Hours before the window in which the endpoint was created, negative within it.
    pub(super) age_hours: Option<i64>,
    pub(super) managed: Option<bool>,
    pub(super) private_dns: bool,
    /// Whether a peer or another network that is not scanned reaches the VPC.
    pub(super) peer: bool,
    pub(super) attached: bool,
    /// Whether the endpoints of the VPC answered VPCs of other Regions.
    pub(super) hub: bool,
    /// Whether queries of other Regions led to the endpoint.
    pub(super) answered_elsewhere: bool,
    /// Bytes that flow logs show at the endpoint's interfaces.
    pub(super) logged_bytes: u64,
    /// What flow logs show of the gateway endpoint.
    pub(super) gateway: GatewayLogs,
    /// Queries of the gateway endpoint's service.
    pub(super) s3_queries: u64,
    /// Whether a VPC that was not scanned is attached to the same transit gateway.
    pub(super) stranger: bool,
    /// Whether the endpoint's service is in another Region, of which CloudWatch publishes no metrics.
    pub(super) foreign: bool,
    /// Whether the service has a private DNS name outside of every zone that the logs are asked about.
    pub(super) unasked_name: bool,
    /// Whether the network interfaces of the account could be listed.
    pub(super) interfaces: bool,
    /// Bytes and connections in CloudWatch.
    pub(super) metrics: Option<(Option<u64>, Option<u64>)>,
    /// NXDOMAIN and answerless queries to the service's name, and queries to a name that no rule knows.
    pub(super) nxdomain: u64,
    /// Queries that ended in another error, such as SERVFAIL.
    pub(super) failed: u64,
    pub(super) answerless: u64,
    pub(super) unknown_name: bool,
    /// Whether the name was answered with the endpoint's address.
    pub(super) answered: bool,
    /// Whether it was answered with another address of the VPC, as by a private zone.
    pub(super) shadowed: bool,
    /// Whether it was answered with a public address, past the endpoint.
    pub(super) public: bool,
    /// Bytes through the NAT gateway, and its age like the endpoint's.
    pub(super) nat_gb: u64,
    pub(super) nat_age_hours: Option<i64>,
    /// Bytes and skipped records in the flow log of the NAT gateway.
    pub(super) nat_log: Option<(u64, u64)>,
}

/// What flow logs show of a VPC with a gateway endpoint.
#[derive(Clone, Copy, Debug)]
pub(super) struct GatewayLogs {
    pub(super) all_routes_known: bool,
    /// Bytes by a gateway endpoint, or by an unknown route.
    pub(super) unclear: Option<FlowRoute>,
    /// Whether there are bytes to the service, or bytes that may be.
    pub(super) to_service: bool,
    pub(super) ambiguous: bool,
}

/// What is random about the account and its Region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings {
    pub(super) window: Window,
    /// Whether other shards scan further accounts.
    pub(super) other_shards: bool,
    /// Whether a Route 53 Profile could not be read, that may make a VPC log.
    pub(super) profiles_unread: bool,
    /// The mode of VPC Block Public Access.
    pub(super) blocked: Option<&'static str>,
}

impl Surroundings {
    /// As they are if nothing is missing.
    pub(super) fn of(window: Window) -> Self {
        Self {
            window,
            other_shards: false,
            profiles_unread: false,
            blocked: None,
        }
    }
}

/// A case in which every proof is there.
pub(super) const UNUSED: Case = Case {
    logged_hours: Some(730),
    queries_known: true,
    age_hours: Some(5000),
    managed: Some(false),
    private_dns: true,
    peer: false,
    attached: false,
    hub: false,
    answered_elsewhere: false,
    logged_bytes: 0,
    gateway: GatewayLogs {
        all_routes_known: true,
        unclear: None,
        to_service: false,
        ambiguous: false,
    },
    s3_queries: 0,
    stranger: false,
    foreign: false,
    unasked_name: false,
    interfaces: true,
    metrics: Some((Some(0), Some(0))),
    nxdomain: 0,
    failed: 0,
    answerless: 0,
    unknown_name: false,
    answered: false,
    shadowed: false,
    public: false,
    nat_gb: 0,
    nat_age_hours: Some(5000),
    nat_log: None,
};

/// The mode of VPC Block Public Access, mostly none.
pub(super) fn block_mode() -> impl Strategy<Value = Option<&'static str>> {
    let (ingress, both) = (Some("block-ingress"), Some("block-bidirectional"));
    prop::sample::select(vec![None, None, None, ingress, both])
}

/// The end of the window.
pub(super) fn last(hours: i64) -> Window {
    Window {
        start: window().end - SignedDuration::from_hours(hours),
        end: window().end,
    }
}

pub(super) fn before_window(hours: i64) -> Timestamp {
    window().start - SignedDuration::from_hours(hours)
}

impl Case {
    pub(super) fn add(self, mut scene: Scene, at: usize) -> Scene {
        let vpc = format!("vpc-{at}");
        scene = scene
            .vpc(&vpc, &format!("10.{}.0.0/16", at + 1), 2)
            .nat(&vpc, self.nat_gb);
        if self.attached {
            scene = scene.attached(&vpc);
        }
        scene = scene.endpoint(&vpc, "kms", "Interface", &[]);
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
        self.add_queries(facts, &vpc, address);
        let elsewhere = &mut facts.cross_region;
        if self.hub {
            elsewhere.hubs.insert(vpc.as_str().into());
        }
        if self.answered_elsewhere {
            elsewhere.answered.insert(format!("vpce-{vpc}-kms").into());
        }
        let log = self
            .nat_log
            .map(|(flow_log_bytes, skipped_records)| NatTraffic {
                flow_log_bytes,
                skipped_records,
                ..NatTraffic::default()
            });
        let log = log.map(|log| (format!("nat-{vpc}").into(), log));
        scene.traffic.extend(log);
        self.add_neighbours(&mut scene.facts, &vpc, at);
        scene
    }

    /// What its query log shows.
    fn add_queries(&self, facts: &mut Facts, vpc: &str, address: IpAddr) {
        let mut dns = VpcDns {
            vpc_id: vpc.into(),
            queries: self.queries_known.then_some(1),
            ..VpcDns::default()
        };
        dns.coverage = self.logged_hours.map(|hours| LogCoverage {
            first_event: Some(window().end - SignedDuration::from_hours(hours)),
            last_event: Some(window().end),
            ..LogCoverage::default()
        });
        let mut kms = HostQueries {
            queries: self.answerless,
            nxdomain_queries: self.nxdomain,
            failed_queries: self.failed,
            ..HostQueries::default()
        };
        if self.answered {
            kms.queries += 3;
            kms.answers.add(address, 3);
        }
        if self.shadowed {
            kms.queries += 1;
            kms.answers.add("10.1.0.200".parse().unwrap(), 1);
        }
        if self.public {
            kms.queries += 2;
            kms.answers.add("203.0.113.9".parse().unwrap(), 2);
        }
        if kms.queries + kms.nxdomain_queries + kms.failed_queries > 0 {
            dns.hosts.insert("kms.eu-west-1.amazonaws.com".into(), kms);
        }
        let asked = [
            ("no.such.thing", u64::from(self.unknown_name) * 9),
            ("s3", self.s3_queries),
        ];
        for (name, queries) in asked.into_iter().filter(|(_, queries)| *queries > 0) {
            let queries = HostQueries {
                queries,
                ..HostQueries::default()
            };
            let host = format!("{name}.eu-west-1.amazonaws.com");
            dns.hosts.insert(host, queries);
        }
        facts.dns.insert(vpc.into(), dns.into());
    }

    /// Others on its transit gateway, and a peer.
    fn add_neighbours(&self, facts: &mut Facts, vpc: &str, at: usize) {
        if self.attached && self.stranger {
            let id = format!("attach-stranger-{at}");
            let known = facts.transit_gateway_attachments.values().next().unwrap();
            let attachment = TransitGatewayAttachment {
                attachment_id: id.as_str().into(),
                resource_id: Some(format!("vpc-of-others-{at}")),
                ..known.clone()
            };
            facts
                .transit_gateway_attachments
                .insert(id.into(), attachment);
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
                has_state: false,
            });
        }
    }

    /// Whether the queries of the VPC are known over the whole window.
    fn is_covered(&self) -> bool {
        self.queries_known && self.logged_hours == Some(730)
    }

    /// What flow logs show beside the NAT gateway's own.
    pub(super) fn log(&self, found: &mut Attribution, at: usize) {
        let vpc = format!("vpc-{at}");
        if self.logged_bytes > 0 {
            let id = format!("vpce-{vpc}-kms").into();
            found.endpoints.insert(id, self.logged_bytes);
        }
        let logs = self.gateway;
        if logs.all_routes_known {
            found.all_routes_known.insert(vpc.as_str().into());
        }
        if let Some(route) = logs.unclear {
            let place = FlowPlace {
                account_id: account(),
                region: "eu-west-1".parse().unwrap(),
                vpc_id: Some(vpc.as_str().into()),
                route,
            };
            let shares = Shares {
                bytes: 7,
                unmatched: 7,
                ..Shares::default()
            };
            found.places.insert(place, shares);
        }
        if logs.to_service {
            let place = (
                vpc.as_str().into(),
                "s3".to_owned(),
                Some("eu-west-1".to_owned()),
            );
            let flow = ServiceFlow {
                to_service: 7,
                ..ServiceFlow::default()
            };
            found.services.insert(place, flow);
        }
        if logs.ambiguous {
            let of_vpc = found.ambiguous.entry(vpc.into()).or_default();
            of_vpc.insert("s3".into());
        }
    }

    /// Whether what holds for every endpoint of the VPC leaves no proof open.
    fn is_known(&self, surroundings: Surroundings) -> bool {
        self.is_covered()
            && !surroundings.profiles_unread
            && !surroundings.window.is_too_short()
            && self.age_hours.is_some_and(|it| it >= 0)
            && !self.unknown_name
    }

    /// Whether something used the endpoint. Of one that a service manages nothing is judged.
    pub(super) fn is_used(&self) -> bool {
        let counted = |it: Option<u64>| it.is_some_and(|it| it > 0);
        let metered = |it: (Option<u64>, Option<u64>)| counted(it.0) || counted(it.1);
        let bytes = self.logged_bytes > 0 || self.metrics.is_some_and(metered);
        // What a name of this Region is answered with leads to no endpoint of another one.
        let answered = (self.answered && !self.foreign) || self.answered_elsewhere;
        self.managed != Some(true) && (bytes || answered)
    }

    /// Whether nothing used the gateway endpoint.
    pub(super) fn is_gateway_unused(&self, surroundings: Surroundings) -> bool {
        let logs = self.gateway;
        self.is_known(surroundings)
            && logs.all_routes_known
            && logs.unclear.is_none()
            && !logs.to_service
            && !logs.ambiguous
    }

    /// Whether every condition for a removal holds, in an organization of these cases.
    pub(super) fn is_unused(&self, all: &[Case], surroundings: Surroundings) -> bool {
        let others = || {
            let near: Vec<&Case> = all
                .iter()
                .filter(|it| self.attached && it.attached)
                .collect();
            !self.peer && near.iter().all(|it| it.is_covered() && !it.stranger)
        };
        self.is_known(surroundings)
            && self.managed != Some(true)
            && !self.answered_elsewhere
            && self.logged_bytes == 0
            && self.metrics == Some((Some(0), Some(0)))
            && self.nxdomain == 0
            && self.failed == 0
            && self.answerless == 0
            && !self.answered
            && !self.public
            && !self.foreign
            // What a Region offers and lists is one answer for all VPCs of the account.
            && !all.iter().any(|it| it.unasked_name)
            && all.iter().all(|it| it.interfaces)
            && ((self.private_dns && !self.hub && !surroundings.other_shards) || others())
    }
}
