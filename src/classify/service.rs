//! From DNS usage to the services that each VPC calls, with what shows their paths.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use super::{
    host::{HostRules, RulesError, partner::PartnerRules},
    path::{AnswerOrigin, EndpointAddresses, ServiceInRegion},
    service_offer::ServiceOffers,
};
use crate::model::{
    bytes::OTHER_REGION,
    classified::{CalledService, ClassifiedHost, HostKind, Path, ServiceBytes, VpcService},
    coverage::Step,
    facts::Facts,
    held_dns::HeldDns,
    id::Region,
    index::ByVpc,
    inventory::{Endpoint, EndpointService, Vpc},
    kind::EndpointType,
    usage::HostQueries,
};

/// The rules for these facts: the private DNS names that the Regions list win over the built-in table.
///
/// # Errors
///
/// If an embedded file is wrong.
pub fn rules(facts: &Facts) -> Result<HostRules, RulesError> {
    let live = facts
        .endpoint_services
        .values()
        .flatten()
        .flat_map(|service| {
            service
                .private_dns_names
                .iter()
                .map(|name| (service.service_name.as_str(), name.as_str()))
        });
    Ok(HostRules::built_in()?.clone().with_private_dns_names(live))
}

/// Classifies the usage of VPCs. Hosts are the most numerous things there are: nobody keeps those of
/// all VPCs, whoever needs them has them judged VPC by VPC.
#[derive(Clone, Debug)]
pub struct UsageClassifier<'f> {
    pub(super) facts: &'f Facts,
    pub(super) rules: &'f HostRules,
    pub(super) partners: &'f PartnerRules,
    pub(super) addresses: &'f EndpointAddresses<'f>,
    pub(super) index: &'f ByVpc<'f>,
    offers: ServiceOffers,
}

impl<'f> UsageClassifier<'f> {
    /// A classifier of these facts.
    pub fn new(
        facts: &'f Facts,
        rules: &'f HostRules,
        partners: &'f PartnerRules,
        addresses: &'f EndpointAddresses<'f>,
        index: &'f ByVpc<'f>,
    ) -> Self {
        Self {
            facts,
            rules,
            partners,
            addresses,
            index,
            offers: ServiceOffers::default(),
        }
    }

    /// The hosts in zones of AWS and of partners that a VPC asked for, by name.
    pub fn hosts(&self, vpc: &Vpc) -> Vec<ClassifiedHost> {
        let dns = self.facts.dns.get(&vpc.vpc_id);
        let hosts = dns.into_iter().flat_map(HeldDns::hosts);
        hosts
            .map(|(host, queries)| self.host(vpc, host, &queries))
            .collect()
    }

    fn host(&self, vpc: &Vpc, host: &str, queries: &HostQueries) -> ClassifiedHost {
        let class = self.rules.classify(host);
        let called = class.service.as_deref().map(|service| ServiceInRegion {
            service,
            region: class.service_region.as_deref(),
        });
        let origins: Vec<(AnswerOrigin, u64)> = queries
            .answers
            .iter()
            .map(|(address, queries)| (self.addresses.origin(vpc, called, address), queries))
            .collect();
        let count = |wanted: &[AnswerOrigin]| {
            let fits = origins.iter().filter(|(origin, _)| wanted.contains(origin));
            fits.map(|(_, queries)| queries).sum()
        };
        let (private_queries, public_queries) = (
            count(&[AnswerOrigin::Local, AnswerOrigin::Central]),
            count(&[AnswerOrigin::Public]),
        );
        // People look up what can be no host's name too. Within a zone of AWS's it is a name of AWS's.
        let partner = match class.kind {
            HostKind::None => self.partners.classify(host),
            _ => None,
        };
        let kind = match (class.kind, &partner) {
            (_, Some(partner)) => partner.kind,
            (HostKind::None, _) if self.rules.is_in_zone(host) => HostKind::OtherAws,
            (kind, _) => kind,
        };
        ClassifiedHost {
            vpc_id: vpc.vpc_id.clone(),
            host: host.to_owned(),
            kind,
            service: class.service.map(std::borrow::Cow::into_owned),
            service_region: class.service_region.map(std::borrow::Cow::into_owned),
            partner: partner.map(|it| it.product()),
            queries: queries.queries,
            nxdomain_queries: queries.nxdomain_queries,
            failed_queries: queries.failed_queries,
            alias_queries: queries.alias_queries,
            private_queries,
            public_queries,
            answers: queries.answers.iter().map(|(address, _)| address).collect(),
            sources: queries.sources,
        }
    }

    /// One entry for each service and region in the names; a name that only ever got NXDOMAIN is
    /// no call.
    pub(super) fn services(&self, vpc: &Vpc, hosts: &[ClassifiedHost]) -> Vec<CalledService> {
        let mut groups: BTreeMap<(&str, Option<&str>), Vec<&ClassifiedHost>> = BTreeMap::new();
        for host in hosts
            .iter()
            .filter(|it| it.kind == HostKind::Service && it.queries > 0)
        {
            if let Some(service) = &host.service {
                let key = (service.as_str(), host.service_region.as_deref());
                groups.entry(key).or_default().push(host);
            }
        }
        groups
            .into_iter()
            .map(|((service, region), mut hosts)| {
                hosts.sort_by(|a, b| (b.queries, &a.host).cmp(&(a.queries, &b.host)));
                self.service(vpc, service, region, &hosts)
            })
            .collect()
    }

    /// A VPC's calls to a service by the names of some hosts.
    pub(super) fn service(
        &self,
        vpc: &Vpc,
        service: &str,
        service_region: Option<&str>,
        hosts: &[&ClassifiedHost],
    ) -> CalledService {
        let region = service_region.unwrap_or(vpc.target.region.as_str());
        let here = &vpc.target.region;
        let offer = self.offers.of(here, service, service_region, || {
            self.look_up(service, region)
        });
        let endpoints: Vec<_> = self.endpoints(vpc, service, region).collect();
        // A participant of a shared VPC does not see the endpoints of its owner.
        let asked = self
            .facts
            .outcomes
            .is_complete(&vpc.target, Step::Endpoints);
        let known = !endpoints.is_empty() || (asked && vpc.is_seen_by_owner());
        let answers = hosts.iter().flat_map(|host| &host.answers);
        let answers: BTreeSet<IpAddr> = answers.copied().collect();
        let mut judged = CalledService {
            service: VpcService {
                vpc_id: vpc.vpc_id.clone(),
                names: offer.names,
                queries: hosts.iter().map(|host| host.queries).sum(),
                path: Path::Unknown,
                hub: None,
                bytes: ServiceBytes::default(),
            },
            hosts: hosts.len() as u64,
            top_host: hosts
                .first()
                .map(|host| host.host.clone())
                .unwrap_or_default(),
            private_queries: hosts.iter().map(|host| host.private_queries).sum(),
            public_queries: hosts.iter().map(|host| host.public_queries).sum(),
            answers: answers.into_iter().collect(),
            sources: hosts.iter().map(|host| host.sources).max().unwrap_or(0),
            endpoint_types: offer.endpoint_types,
            endpoint_supported: offer.supported,
            endpoint_exists: known.then_some(!endpoints.is_empty()),
            endpoint_ids: endpoints.iter().map(|it| it.endpoint_id.clone()).collect(),
        };
        let same_region = region == vpc.target.region.as_str();
        let gateways = if same_region {
            on_used_tables(self.index, vpc, &endpoints)
        } else {
            Vec::new()
        };
        let called = ServiceInRegion {
            service,
            region: service_region,
        };
        judged.service.path = self.addresses.path(vpc, called, &judged.answers, &gateways);
        let hub = self.addresses.hub(vpc, called, &judged.answers);
        judged.service.hub = hub.map(Box::new);
        judged
    }

    /// What a region offers for a service: the name of its endpoint service, the types, and whether there
    /// is one.
    fn look_up(&self, service: &str, region: &str) -> (Option<String>, Vec<String>, Option<bool>) {
        let offered = self.offered(service, region);
        let types = offered.iter().flatten();
        let types: BTreeSet<&str> = types.map(|it| it.service_type.as_str()).collect();
        (
            self.endpoint_service_name(service, region, offered.as_deref()),
            types.into_iter().map(str::to_owned).collect(),
            offered.as_ref().map(|services| !services.is_empty()),
        )
    }

    /// The endpoint services of that name that a region offers; none if it could not be asked.
    fn offered(&self, service: &str, region: &str) -> Option<Vec<&EndpointService>> {
        let region: Region = region.parse().ok()?;
        let offered = self.facts.endpoint_services.get(&region)?;
        let is_it = |it: &&EndpointService| self.tail(&it.service_name) == Some(service);
        Some(offered.iter().filter(is_it).collect())
    }

    /// As the Region lists it, else as the table has it.
    fn endpoint_service_name(
        &self,
        service: &str,
        region: &str,
        offered: Option<&[&EndpointService]>,
    ) -> Option<String> {
        match offered {
            Some(services) => services.first().map(|service| service.service_name.clone()),
            None if region == OTHER_REGION => None,
            None => self.rules.endpoint_service_name(service, Some(region)),
        }
    }

    fn tail<'n>(&self, endpoint_service_name: &'n str) -> Option<&'n str> {
        Some(
            self.rules
                .split_endpoint_service_name(endpoint_service_name)?
                .0,
        )
    }

    /// The available endpoints in the VPC of the service in a region, whoever's view they are in. The
    /// service of a cross-region endpoint is in another region than the endpoint.
    fn endpoints<'s>(
        &'s self,
        vpc: &'s Vpc,
        service: &'s str,
        region: &'s str,
    ) -> impl Iterator<Item = &'s Endpoint> + 's {
        self.index
            .endpoints(&vpc.vpc_id)
            .iter()
            .copied()
            .filter(move |endpoint| {
                endpoint.is_available()
                    && self.tail(&endpoint.service_name) == Some(service)
                    && region_of_service(self.rules, endpoint) == region
            })
    }
}

/// The region of an endpoint's service: as AWS names it, else as the service's name does, else the
/// endpoint's own.
pub(crate) fn region_of_service<'e>(rules: &HostRules, endpoint: &'e Endpoint) -> &'e str {
    let named = || rules.split_endpoint_service_name(&endpoint.service_name)?.1;
    let listed = endpoint.service_region.as_ref().map(Region::as_str);
    listed
        .or_else(named)
        .unwrap_or(endpoint.target.region.as_str())
}

/// Whether one of the endpoints is a gateway endpoint on a route table that a subnet uses.
pub(super) fn has_gateway_route(index: &ByVpc<'_>, vpc: &Vpc, endpoints: &[&Endpoint]) -> bool {
    !on_used_tables(index, vpc, endpoints).is_empty()
}

/// The gateway endpoints among some that are on a route table that a subnet uses.
fn on_used_tables<'e>(
    index: &ByVpc<'_>,
    vpc: &Vpc,
    endpoints: &[&'e Endpoint],
) -> Vec<&'e Endpoint> {
    let is_gateway = |it: &&Endpoint| it.endpoint_type == EndpointType::Gateway;
    if !endpoints.iter().any(&is_gateway) {
        return Vec::new();
    }
    let used: BTreeSet<&str> = index
        .used_route_tables(&vpc.vpc_id)
        .iter()
        .map(|table| table.route_table_id.as_str())
        .collect();
    let is_used = |endpoint: &&&Endpoint| {
        let mut tables = endpoint.route_table_ids.iter();
        is_gateway(endpoint) && tables.any(|id| used.contains(id.as_str()))
    };
    endpoints.iter().filter(is_used).copied().collect()
}
