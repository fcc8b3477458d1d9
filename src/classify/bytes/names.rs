//! Which service is at an address: by the answers that a VPC got, by the tag that AWS puts on a
//! record, by AWS's address ranges. Where two disagree, nothing is guessed.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use hashbrown::HashMap;
use ipnet::IpNet;

use crate::{
    classify::{path::behind_translation, service::UsageClassifier},
    model::{
        bytes::{Named, NamedBy, OTHER_REGION},
        classified::HostKind,
        id::Region,
        inventory::Vpc,
        partner::PartnerProduct,
    },
};

/// A service and the region in its name.
type Service = (String, Option<String>);

/// What a VPC's names led to at one address.
#[derive(Clone, Debug, Default)]
struct NamesAtAddress {
    services: BTreeSet<Service>,
    /// Whether a name that is no service led there too.
    others: bool,
    /// The partners' products whose names led there.
    partners: BTreeSet<PartnerProduct>,
    /// Whether a name led there that is neither a service's nor served by a partner's endpoint.
    unknown: bool,
}

/// VPCs whose answers are remembered from one source of records to the next, at most.
const REMEMBERED: usize = 256;

/// All that names an address. The answers of a VPC are looked through when a source first asks for them.
#[derive(Debug)]
pub(super) struct Names<'f> {
    classifier: UsageClassifier<'f>,
    vpcs: HashMap<&'f str, &'f Vpc>,
    answers: HashMap<&'f str, HashMap<IpAddr, NamesAtAddress>>,
    /// Blocks of S3 and DynamoDB by region.
    lists: BTreeMap<&'f Region, Vec<(&'f str, &'f [IpNet])>>,
}

impl<'f> Names<'f> {
    pub(super) fn new(classifier: &UsageClassifier<'f>) -> Self {
        let facts = classifier.facts;
        let lists = facts.prefix_lists.iter().map(|(region, lists)| {
            let known = lists.iter().filter_map(|list| {
                let (service, _) = classifier.rules.split_endpoint_service_name(&list.name)?;
                Some((service, list.cidrs.as_slice()))
            });
            (region, known.collect())
        });
        let vpcs = facts.distinct_vpcs().into_iter();
        Self {
            classifier: classifier.clone(),
            vpcs: vpcs.map(|vpc| (vpc.vpc_id.as_str(), vpc)).collect(),
            answers: HashMap::new(),
            lists: lists.collect(),
        }
    }

    /// Makes room before the next source of records: of all VPCs together, answers are too much to be
    /// remembered.
    pub(super) fn begin_source(&mut self) {
        if self.answers.len() >= REMEMBERED {
            self.answers.clear();
        }
    }

    /// What the names of a VPC led to at an address.
    fn at(&mut self, vpc: &str, address: IpAddr) -> Option<&NamesAtAddress> {
        let vpc = *self.vpcs.get(vpc)?;
        let classifier = &self.classifier;
        let answers = self.answers.entry(&vpc.vpc_id).or_insert_with(|| {
            let mut answers: HashMap<IpAddr, NamesAtAddress> = HashMap::new();
            for host in classifier.hosts(vpc) {
                for address in &host.answers {
                    let at = answers.entry(behind_translation(*address)).or_default();
                    if let (Some(service), HostKind::Service) = (&host.service, host.kind) {
                        let service = (service.clone(), host.service_region.clone());
                        at.services.insert(service);
                        continue;
                    }
                    at.others = true;
                    if let (Some(product), HostKind::Partner) = (&host.partner, host.kind) {
                        at.partners.insert(product.clone());
                    } else {
                        at.unknown = true;
                    }
                }
            }
            answers
        });
        answers.get(&address)
    }

    /// The service at an address, for clients that are in one of these VPCs.
    pub(super) fn of<'v>(
        &mut self,
        vpcs: impl IntoIterator<Item = &'v str>,
        region: &Region,
        address: IpAddr,
        tag: Option<&str>,
    ) -> Named {
        let mut at = NamesAtAddress::default();
        for vpc in vpcs {
            if let Some(here) = self.at(vpc, address) {
                at.services.extend(here.services.iter().cloned());
                at.others |= here.others;
                at.partners.extend(here.partners.iter().cloned());
                at.unknown |= here.unknown;
            }
        }
        let listed = self.listed(region, address);
        let fact = match tag {
            Some("S3") => Some(("s3", NamedBy::ServiceTag)),
            Some("DYNAMODB") => Some(("dynamodb", NamedBy::ServiceTag)),
            _ => listed.map(|service| (service, NamedBy::PrefixList)),
        };
        // The list of the region decides whether a tag means this region's service.
        let in_list = |service: &str, by| match (listed, self.is_outside(region, service, address))
        {
            (None, false) => Named::Ambiguous([service.to_owned()].into()),
            (listed, _) => Named::Service {
                service: service.to_owned(),
                region: Some(listed.map_or(OTHER_REGION.to_owned(), |_| region.to_string())),
                by,
            },
        };
        let names: BTreeSet<&str> = at.services.iter().map(|(name, _)| name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        match (names.as_slice(), fact) {
            ([], Some((service, by))) => in_list(service, by),
            ([], None) => of_partner(&at),
            // An address of S3 is none of another service's, whatever was answered.
            ([only], Some((service, _))) if !is_of(only, service) => {
                Named::Ambiguous([*only, service].map(str::to_owned).into())
            }
            ([only], fact) if !at.others || fact.is_some() => {
                let by = if at.others { fact } else { None };
                in_region(
                    &at.services,
                    only,
                    region,
                    by.map_or(NamedBy::Dns, |it| it.1),
                )
            }
            (several, fact) => {
                let fits = |service| several.iter().filter(move |it| is_of(it, service));
                let decided = fact.and_then(|(service, by)| {
                    let mut fitting = fits(service);
                    let only = fitting.next()?;
                    fitting.next().is_none().then_some((*only, by))
                });
                match decided {
                    Some((service, by)) => in_region(&at.services, service, region, by),
                    None => Named::Ambiguous(several.iter().map(ToString::to_string).collect()),
                }
            }
        }
    }

    /// Whether the blocks of a service in the region are known for the address's family, and none holds it.
    fn is_outside(&self, region: &Region, service: &str, address: IpAddr) -> bool {
        let lists = self.lists.get(region).into_iter().flatten();
        let blocks = lists
            .filter(|(it, _)| *it == service)
            .flat_map(|(_, blocks)| *blocks);
        let mut blocks = blocks
            .filter(|it| it.addr().is_ipv4() == address.is_ipv4())
            .peekable();
        blocks.peek().is_some() && !blocks.any(|block| block.contains(&address))
    }

    /// The service whose blocks in the region hold the address.
    fn listed(&self, region: &Region, address: IpAddr) -> Option<&'f str> {
        let lists = self.lists.get(region)?;
        let holds = |blocks: &[IpNet]| blocks.iter().any(|block| block.contains(&address));
        lists
            .iter()
            .find(|(_, blocks)| holds(blocks))
            .map(|(service, _)| *service)
    }
}

/// The partner's product at an address to which no name of a service led. Nothing is guessed where
/// names of several led there.
fn of_partner(at: &NamesAtAddress) -> Named {
    let mut products = at.partners.iter();
    match (products.next(), products.next()) {
        (None, _) => Named::Unmatched,
        (Some(product), None) if !at.unknown => Named::Partner {
            product: product.clone(),
            by: NamedBy::Dns,
        },
        _ => Named::Ambiguous(BTreeSet::new()),
    }
}

/// Whether a service answers from the address ranges of another: `s3express` from those of S3.
fn is_of(service: &str, range: &str) -> bool {
    service.starts_with(range)
}

/// The service with the region in its names: a global name stands back behind one with a region.
fn in_region(services: &BTreeSet<Service>, service: &str, here: &Region, by: NamedBy) -> Named {
    let regions: BTreeSet<&str> = services
        .iter()
        .filter(|(name, _)| *name == service)
        .filter_map(|(_, region)| region.as_deref())
        .collect();
    let region = match regions.len() {
        0 | 1 => regions.first().copied(),
        _ if regions.contains(here.as_str()) => Some(here.as_str()),
        _ => return Named::Ambiguous([service.to_owned()].into()),
    };
    Named::Service {
        service: service.to_owned(),
        region: region.map(str::to_owned),
        by,
    }
}
