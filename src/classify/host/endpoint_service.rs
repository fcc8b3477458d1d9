//! How endpoint services are named.

use hashbrown::HashMap;

use super::region::Regions;
use crate::model::kind::EndpointType;

/// What stands for the region in a name.
pub(super) const REGION: &str = "{region}";
/// Names of AWS's own endpoint services begin like this, with the service behind it, where they carry no region.
const GLOBAL_PREFIXES: [&str; 2] = ["com.amazonaws.", "aws.api.global."];

/// The endpoint services by service.
#[derive(Clone, Debug, Default)]
pub(super) struct EndpointServices {
    known: HashMap<Box<str>, EndpointService>,
    /// Service and region to name, where a region names it in its own way.
    exceptions: HashMap<Box<str>, HashMap<Box<str>, Box<str>>>,
}

#[derive(Clone, Debug)]
struct EndpointService {
    /// With [`REGION`] where the region stands.
    name: Box<str>,
    types: Vec<EndpointType>,
}

impl EndpointServices {
    /// Adds a service with the types of its endpoints, in lower case; the first name for it stays.
    pub(super) fn add(&mut self, name: &str, types: &[String]) {
        let types = types.iter().map(|it| match it.as_str() {
            "gateway" => EndpointType::Gateway,
            "interface" => EndpointType::Interface,
            other => other.into(),
        });
        let service = EndpointService {
            name: name.into(),
            types: types.collect(),
        };
        self.known.entry(service_in(name).into()).or_insert(service);
    }

    /// Sets the name that one region gives a service.
    pub(super) fn add_exception(&mut self, service: &str, region: &str, name: &str) {
        self.exceptions
            .entry(service.into())
            .or_default()
            .insert(region.into(), name.into());
    }

    /// Whether the service's name carries a region; `None` for an unknown service.
    pub(super) fn is_regional(&self, service: &str) -> Option<bool> {
        self.known
            .get(service)
            .map(|known| known.name.contains(REGION))
    }

    /// See [`super::HostRules::endpoint_service_name`].
    pub(super) fn name(&self, service: &str, region: Option<&str>) -> Option<String> {
        let named_here = self
            .exceptions
            .get(service)
            .and_then(|names| names.get(region.unwrap_or_default()));
        if let Some(name) = named_here {
            return Some(name.to_string());
        }
        let known = self.known.get(service)?;
        match region {
            Some(region) => Some(known.name.replace(REGION, region)),
            None if known.name.contains(REGION) => None,
            None => Some(known.name.to_string()),
        }
    }

    /// See [`super::HostRules::endpoint_types`].
    pub(super) fn types(&self, service: &str) -> &[EndpointType] {
        self.known.get(service).map_or(&[], |known| &known.types)
    }

    /// See [`super::HostRules::split_endpoint_service_name`].
    pub(super) fn split<'n>(
        &self,
        name: &'n str,
        regions: &Regions,
    ) -> Option<(&'n str, Option<&'n str>)> {
        let mut at = 0;
        for label in name.split('.') {
            let end = at + label.len();
            let before = name.get(..at).unwrap_or_default();
            if regions.partition_of(label).is_some() {
                let service = name.get(end + 1..).filter(|service| !service.is_empty())?;
                // Customers' services: com.amazonaws.vpce.eu-west-1.vpce-svc-0123
                if before.ends_with(".vpce.") || service.starts_with("vpce-svc-") {
                    return None;
                }
                return Some((self.without_suffix(name, service, label), Some(label)));
            }
            at = end + 1;
        }
        GLOBAL_PREFIXES
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))
            .map(|service| (service, None))
    }

    /// The service without what its name has behind it in some regions (`transcribe.cn`).
    fn without_suffix<'n>(&self, name: &str, service: &'n str, region: &str) -> &'n str {
        let shorter = service.rsplit_once('.').map(|(shorter, _)| shorter);
        let named_so = |shorter: &&str| {
            self.exceptions
                .get(*shorter)
                .and_then(|names| names.get(region))
                .is_some_and(|known| **known == *name)
        };
        shorter.filter(named_so).unwrap_or(service)
    }
}

/// The service in a name with [`REGION`], or in one without a region.
pub(super) fn service_in(name: &str) -> &str {
    if let Some((_, service)) = name.split_once("{region}.") {
        return service;
    }
    let prefix = GLOBAL_PREFIXES
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix));
    // aws.api.us-east-2.route53globalresolver: one region only.
    prefix
        .or_else(|| name.splitn(4, '.').nth(3))
        .unwrap_or(name)
}
