//! Which AWS service a host name belongs to.
//!
//! Owns the classification of names and the naming of endpoint services, read from
//! `config/services.toml`, `config/services_by_hand.toml` and `config/alias_names.toml`. It makes no call, knows no VPC, and
//! knows nothing of how the traffic is routed.
//!
//! Words: a *zone* is a DNS zone of AWS (`amazonaws.com`); a *pattern* is a name with placeholders; a
//! *service* is what follows the region in the name of an endpoint service (`ecr.dkr`), or the labels of the host
//! where no endpoint service is known (`chime`).
//!
//! A name is read from the right: zone, then region, then service labels. Only a name whose every label is
//! accounted for is a service, so that `db.id.eu-west-1.rds.amazonaws.com` and `rds.eu-west-1.amazonaws.com`
//! are kept apart, and a bucket called `sts` is still S3. What no pattern lists is classified by the rules of
//! `unlisted`.

mod endpoint_service;
mod name;
pub mod partner;
mod private_dns_names;
mod region;
mod rows;
mod tables;
#[cfg(test)]
mod tests;
mod tree;
mod unlisted;

use crate::model::kind::EndpointType;
use std::borrow::Cow;

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};

use self::endpoint_service::EndpointServices;
use self::region::Regions;
use self::tree::{Found, Tree};
pub(crate) use crate::model::classified::HostKind;

/// Which of its names a service was called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameForm {
    /// `kms.eu-west-1.amazonaws.com`
    Regional,
    /// `kms.eu-west-1.api.aws`
    DualStack,
    /// `kms-fips.us-east-1.amazonaws.com`, and its dual-stack twin.
    Fips,
    /// `eu-west-1.queue.amazonaws.com`: an older name that still works.
    Legacy,
    /// `sts.amazonaws.com`: a current name without a region.
    Global,
}

/// What is known of one host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostClass<'r> {
    /// What the name is. The fields below are `None` unless it is [`HostKind::Service`].
    pub kind: HostKind,
    /// The service: what follows the region in its endpoint service's name, such as `ecr.dkr`.
    pub service: Option<Cow<'r, str>>,
    /// The region in the name. `None` where the name carries none, whichever region answers it.
    pub service_region: Option<Cow<'r, str>>,
    /// Which of the service's names this is.
    pub form: Option<NameForm>,
    /// Whether the private DNS of the service's interface endpoint answers for this name; `None` is unknown.
    /// Gateway endpoints work by address, whatever the name.
    pub private_dns_covers: Option<bool>,
}

impl HostClass<'_> {
    fn of_kind(kind: HostKind) -> Self {
        Self {
            kind,
            service: None,
            service_region: None,
            form: None,
            private_dns_covers: None,
        }
    }
}

/// Why the rules could not be read. It means that an embedded file is wrong, not the caller's input.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// Not TOML, or not the expected keys.
    #[error("cannot read the rules in `{file}`")]
    Toml {
        /// The file's path in the repository.
        file: &'static str,
        /// The parser's error.
        source: toml::de::Error,
    },
    /// A pattern that cannot be used.
    #[error("pattern `{pattern}` in the rules: {problem}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A zone of a partition that no table names.
    #[error("zone `{zone}` in the rules names the unknown partition `{partition}`")]
    Partition {
        /// The zone.
        zone: String,
        /// The partition.
        partition: String,
    },
}

/// What a name is that matches a pattern.
#[derive(Clone, Debug)]
struct Rule {
    kind: HostKind,
    service: Box<str>,
    /// Set where the rule is for one region, which the pattern then holds literally.
    region: Option<Box<str>>,
    form: NameForm,
    covers: Option<bool>,
}

/// A DNS zone of AWS.
#[derive(Clone, Debug)]
struct Zone {
    /// Positions in the list of partitions.
    partitions: Vec<usize>,
    /// Patterns of this zone alone, and then those shared by all zones of its sort.
    roots: [Option<usize>; 2],
    /// What a name is that matches no pattern and no rule.
    default_kind: HostKind,
}

/// A partition and the zones in it.
#[derive(Clone, Debug)]
struct Partition {
    id: String,
    zones: Vec<String>,
}

/// The rules for host names and endpoint service names.
#[derive(Clone, Debug)]
pub struct HostRules {
    partitions: Vec<Partition>,
    regions: Regions,
    zones: HashMap<Box<str>, Zone>,
    /// The most labels that any zone has.
    zone_labels: usize,
    tree: Tree,
    /// Root of the patterns below the DNS suffix of any partition.
    dns_root: usize,
    /// Root of the patterns below the dual-stack suffix of any partition.
    dual_root: usize,
    /// Root of the patterns of alias targets, below the same suffix.
    alias_root: usize,
    rules: Vec<Rule>,
    /// Labels that are no service directly before a region: resource labels, and hosts of AWS that are no API.
    no_service_labels: HashSet<Box<str>>,
    /// Labels before a service that name a part of its API.
    plane_labels: HashSet<Box<str>>,
    endpoint_services: EndpointServices,
}

impl HostRules {
    /// The built-in rules.
    ///
    /// # Errors
    ///
    /// If an embedded file is wrong.
    pub fn built_in() -> Result<&'static Self, RulesError> {
        tables::built_in()
    }

    /// Classifies a host name, in any case and with or without a trailing dot.
    ///
    /// Allocates nothing, unless the name is of a region or a service that the rules do not list.
    pub fn classify(&self, host: &str) -> HostClass<'_> {
        let mut buffer = [0; name::MAX_LENGTH];
        let Some(host) = name::normalise(host, &mut buffer) else {
            return HostClass::of_kind(HostKind::None);
        };
        let Some((rest, zone)) = self.zone_of(host) else {
            return HostClass::of_kind(if name::is_name_server(host) {
                HostKind::OtherAws
            } else {
                HostKind::None
            });
        };
        let Some(rest) = rest else {
            return HostClass::of_kind(HostKind::OtherAws);
        };
        let is_region = |label: &str| self.is_region_in(zone, label);
        let found = zone
            .roots
            .iter()
            .flatten()
            .find_map(|&root| self.tree.find(root, rest, &is_region));
        found
            .and_then(|found| self.class_of(found))
            .or_else(|| self.classify_unlisted(zone, rest))
            .unwrap_or_else(|| HostClass::of_kind(zone.default_kind))
    }

    /// The class that the matching pattern gives.
    fn class_of(&self, found: Found<'_>) -> Option<HostClass<'_>> {
        let rule = self.rules.get(found.rule)?;
        if rule.kind != HostKind::Service {
            return Some(HostClass::of_kind(rule.kind));
        }
        Some(HostClass {
            kind: rule.kind,
            service: Some(Cow::Borrowed(&rule.service)),
            service_region: match &rule.region {
                Some(region) => Some(Cow::Borrowed(region)),
                None => found.region.map(|region| self.regions.to_cow(region)),
            },
            form: Some(rule.form),
            private_dns_covers: rule.covers,
        })
    }

    /// Whether a name is only the target of other names of AWS (CNAME), so that no client asks for it by itself.
    ///
    /// A resolver that logs the aliases it follows logs this name beside the one that was asked for. Its queries
    /// are no calls of their own. Allocates nothing.
    pub fn is_alias_target(&self, host: &str) -> bool {
        let mut buffer = [0; name::MAX_LENGTH];
        let Some((Some(labels), zone)) =
            name::normalise(host, &mut buffer).and_then(|host| self.zone_of(host))
        else {
            return false;
        };
        let is_region = |label: &str| self.is_region_in(zone, label);
        zone.roots.contains(&Some(self.dns_root))
            && self
                .tree
                .find(self.alias_root, labels, &is_region)
                .is_some()
    }

    fn is_region_in(&self, zone: &Zone, label: &str) -> bool {
        self.regions
            .partition_of(label)
            .is_some_and(|partition| zone.partitions.contains(&partition))
    }

    /// Whether a name ends in a DNS zone of AWS, even if it can be no host's name (`a b.amazonaws.com`).
    pub fn is_in_zone(&self, name: &str) -> bool {
        let mut rest = Some(name.strip_suffix('.').unwrap_or(name));
        while let Some(suffix) = rest {
            if self.zones.contains_key(suffix) {
                return true;
            }
            rest = suffix.split_once('.').map(|(_, behind)| behind);
        }
        false
    }

    /// The name of the endpoint service of `service` in `region`, as far as the rules know it.
    ///
    /// A service with one name for all regions (`com.amazonaws.iam`) needs no region. `None` where no endpoint
    /// service is known, or where its name needs a region and none is given.
    pub fn endpoint_service_name(&self, service: &str, region: Option<&str>) -> Option<String> {
        self.endpoint_services.name(service, region)
    }

    /// The types of endpoint that the service has; empty if none is known.
    pub fn endpoint_types(&self, service: &str) -> &[EndpointType] {
        self.endpoint_services.types(service)
    }

    /// Splits the name of an endpoint service into service and region.
    ///
    /// `com.amazonaws.eu-west-1.ecr.dkr` is `ecr.dkr` in `eu-west-1`, `com.amazonaws.iam` is `iam` and no region. `None` for
    /// a service that is not AWS's own.
    pub fn split_endpoint_service_name<'n>(
        &self,
        name: &'n str,
    ) -> Option<(&'n str, Option<&'n str>)> {
        self.endpoint_services.split(name, &self.regions)
    }

    /// The DNS zones of a partition (`aws`, `aws-cn`, ...), sorted, without those that lie in another one; empty for an
    /// unknown partition.
    ///
    /// Every name that [`classify`](Self::classify) calls anything but [`HostKind::None`] ends in one of these, but for
    /// the name servers of Route 53, which no service's client asks for.
    pub fn zones(&self, partition: &str) -> &[String] {
        self.partitions
            .iter()
            .find(|known| known.id == partition)
            .map_or(&[], |known| &known.zones)
    }

    /// The partition of a region: of a listed one, or of one named as that partition names its regions.
    #[cfg(test)]
    fn partition_of_region(&self, region: &str) -> Option<&str> {
        let position = self.regions.partition_of(region)?;
        Some(&self.partitions.get(position)?.id)
    }

    /// Adds what `DescribeVpcEndpointServices` answered: pairs of an endpoint service name and one of its private
    /// DNS names, where `*.` stands for one label or more.
    ///
    /// These win over the built-in patterns, so that a new service needs no new release. An empty DNS name gives
    /// the name of the endpoint service alone. Services that are not AWS's own, and DNS names outside its zones,
    /// are left out. The order of the pairs does not matter.
    #[must_use]
    pub fn with_private_dns_names<'a>(
        mut self,
        names: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        private_dns_names::add(&mut self, names);
        self
    }

    /// The longest zone that `host` lies in, and the labels before it; no labels for the zone itself.
    fn zone_of<'n>(&self, host: &'n str) -> Option<(Option<&'n str>, &Zone)> {
        let mut starts = host
            .bytes()
            .enumerate()
            .rev()
            .filter(|&(_, byte)| byte == b'.')
            .map(|(at, _)| at);
        let mut longest = None;
        for _ in 0..self.zone_labels {
            let dot = starts.next();
            let suffix = host.get(dot.map_or(0, |dot| dot + 1)..)?;
            if let Some(zone) = self.zones.get(suffix) {
                longest = Some((dot.and_then(|dot| host.get(..dot)), zone));
            }
            if dot.is_none() {
                break;
            }
        }
        longest
    }
}
