//! Which partner a host name belongs to: a company that runs on AWS and offers AWS PrivateLink endpoints.
//!
//! Owns `config/partners.toml`. It knows names only: whether a published endpoint service is still there, and which
//! path the traffic takes, is judged elsewhere.
//!
//! Words: a *product* is what one set of hosts serves; an *offer* is how its endpoint service is found.

use std::{collections::BTreeMap, sync::OnceLock};

use hashbrown::HashMap;
use serde::Deserialize;

use super::tree::Tree;
use super::{HostKind, RulesError, name};
pub use crate::model::partner::PartnerOffer as Offer;
use crate::model::partner::PartnerProduct;

const FILE: &str = "config/partners.toml";
const PARTNERS: &str = include_str!("../../../config/partners.toml");
/// Labels that place a host of a partner in another cloud.
const OTHER_CLOUDS: [&str; 3] = ["azure", "gcp", "gce"];

/// Whether clients keep calling the same names with an endpoint.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum HostsStay {
    /// The names stay.
    Yes,
    /// Clients must be configured with other names.
    No,
    /// Not documented.
    Unknown,
}

/// An endpoint service of a product.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartnerService {
    /// The Region it is in.
    pub region: String,
    /// Its name, where it is published.
    pub name: Option<String>,
    /// Patterns of the private DNS names that it brings.
    #[serde(default)]
    pub private_dns: Vec<String>,
}

/// A product of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// The partner.
    pub provider: String,
    /// The product.
    pub name: String,
    /// Patterns of the names that the endpoint serves.
    pub host: Vec<String>,
    /// How its endpoint service is found.
    pub offer: Offer,
    /// Whether clients keep calling the same names with an endpoint.
    pub hosts_stay: HostsStay,
    /// What to know before an endpoint is created.
    pub caveat: Option<String>,
    /// The partner's documentation.
    pub doc: String,
    #[serde(rename = "evidence")]
    _evidence: String,
    /// Its endpoint services.
    #[serde(default)]
    pub service: Vec<PartnerService>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    zone: Vec<ZoneRow>,
    product: Vec<Product>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneRow {
    name: String,
    provider: String,
}

/// What a name of a partner is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerHost<'r> {
    /// [`HostKind::Partner`] where an endpoint serves the name, else [`HostKind::PartnerOther`].
    pub kind: HostKind,
    /// The partner.
    pub provider: &'r str,
    /// The products whose endpoints serve the name; several where the name alone does not distinguish them.
    pub products: Vec<&'r Product>,
    /// The Region of the host, where the name or its only endpoint service gives one.
    pub region: Option<String>,
}

impl<'r> PartnerHost<'r> {
    /// The partner and the products, as one name.
    pub fn product(&self) -> PartnerProduct {
        let names: Vec<_> = self.products.iter().map(|it| it.name.as_str()).collect();
        PartnerProduct {
            provider: self.provider.to_owned(),
            product: (!names.is_empty()).then(|| names.join(" or ")),
        }
    }

    /// The published name of the endpoint service that serves the host in `region`, if there is exactly one.
    pub fn endpoint_service_name(&self, region: Option<&str>) -> Option<&'r str> {
        let services = self.products.iter().flat_map(|product| &product.service);
        let mut names: Vec<_> = services
            .filter(|service| region.is_none_or(|region| service.region == region))
            .filter_map(|service| service.name.as_deref())
            .collect();
        names.sort_unstable();
        names.dedup();
        match names.as_slice() {
            [name] => Some(name),
            _ => None,
        }
    }
}

/// What a pattern of the table stands for.
#[derive(Clone, Debug)]
struct Rule {
    provider: Box<str>,
    /// Positions of products; none for a name that no endpoint serves.
    products: Vec<usize>,
}

/// The partners' names.
#[derive(Clone, Debug)]
pub struct PartnerRules {
    zones: Vec<String>,
    products: Vec<Product>,
    tree: Tree,
    root: usize,
    rules: Vec<Rule>,
    /// Endpoint service name to product.
    by_service: HashMap<String, usize>,
}

impl PartnerRules {
    /// The built-in table.
    ///
    /// # Errors
    ///
    /// If the embedded file is wrong.
    pub fn built_in() -> Result<&'static Self, RulesError> {
        /// Read once: a scan needs it three times.
        static RULES: OnceLock<PartnerRules> = OnceLock::new();
        if let Some(rules) = RULES.get() {
            return Ok(rules);
        }
        let rules = Self::read()?;
        Ok(RULES.get_or_init(|| rules))
    }

    fn read() -> Result<Self, RulesError> {
        let file: File =
            toml::from_str(PARTNERS).map_err(|source| RulesError::Toml { file: FILE, source })?;
        let mut zones: Vec<String> = file.zone.iter().map(|zone| zone.name.clone()).collect();
        zones.sort_unstable();
        let mut tree = Tree::default();
        let root = tree.root();
        let mut rules = Self {
            zones,
            products: file.product,
            tree,
            root,
            rules: Vec::new(),
            by_service: HashMap::new(),
        };
        rules.add_products()?;
        for zone in &file.zone {
            for pattern in [zone.name.clone(), format!("*.{}", zone.name)] {
                rules.add(&pattern, &zone.provider, Vec::new());
            }
        }
        Ok(rules)
    }

    fn add_products(&mut self) -> Result<(), RulesError> {
        let mut patterns: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (position, product) in self.products.iter().enumerate() {
            let private = product.service.iter().flat_map(|it| &it.private_dns);
            for pattern in product.host.iter().chain(private) {
                let positions = patterns.entry(pattern.clone()).or_default();
                if !positions.contains(&position) {
                    positions.push(position);
                }
            }
            for service in &product.service {
                if let Some(name) = &service.name {
                    self.by_service.entry(name.clone()).or_insert(position);
                }
            }
        }
        for (pattern, products) in patterns {
            if pattern.split('.').skip(1).any(|label| label == "*") {
                return Err(RulesError::Pattern {
                    pattern,
                    problem: "`*` stands elsewhere than at the far left",
                });
            }
            let provider = products.first().and_then(|&first| self.products.get(first));
            let provider = provider.map_or_else(String::new, |it| it.provider.clone());
            self.add(&pattern, &provider, products);
        }
        Ok(())
    }

    fn add(&mut self, pattern: &str, provider: &str, products: Vec<usize>) {
        if self.tree.insert(self.root, pattern, self.rules.len()) {
            self.rules.push(Rule {
                provider: provider.into(),
                products,
            });
        }
    }

    /// What a host is to the partners; `None` outside their zones and for hosts in another cloud.
    pub fn classify(&self, host: &str) -> Option<PartnerHost<'_>> {
        let mut buffer = [0; name::MAX_LENGTH];
        let host = name::normalise(host, &mut buffer)?;
        let found = self.tree.find(self.root, host, &is_region)?;
        let rule = self.rules.get(found.rule)?;
        if is_in_other_cloud(host) {
            return None;
        }
        let products: Vec<_> = rule
            .products
            .iter()
            .filter_map(|&position| self.products.get(position))
            .collect();
        let kind = if products.is_empty() {
            HostKind::PartnerOther
        } else {
            HostKind::Partner
        };
        let region = found
            .region
            .map(str::to_owned)
            .or_else(|| only_region(&products));
        Some(PartnerHost {
            kind,
            provider: &rule.provider,
            products,
            region,
        })
    }

    /// The product that an endpoint service belongs to.
    pub fn product_of_service(&self, endpoint_service_name: &str) -> Option<&Product> {
        self.products
            .get(*self.by_service.get(endpoint_service_name)?)
    }

    /// Whether a name lies in a zone of a partner.
    pub fn is_in_zone(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        let mut rest = Some(host);
        while let Some(suffix) = rest {
            if self
                .zones
                .binary_search_by(|zone| zone.as_str().cmp(suffix))
                .is_ok()
            {
                return true;
            }
            rest = suffix.split_once('.').map(|(_, behind)| behind);
        }
        false
    }

    /// The DNS zones of the partners, sorted.
    pub fn zones(&self) -> &[String] {
        &self.zones
    }

    /// Every product.
    pub fn products(&self) -> &[Product] {
        &self.products
    }
}

/// The Region of all endpoint services of these products, if they are in one.
fn only_region(products: &[&Product]) -> Option<String> {
    let services = products.iter().flat_map(|product| &product.service);
    let mut regions: Vec<_> = services.map(|service| service.region.as_str()).collect();
    regions.sort_unstable();
    regions.dedup();
    match regions.as_slice() {
        [region] => Some((*region).to_owned()),
        _ => None,
    }
}

/// Whether a label has the shape of an AWS Region: `eu-west-1`, `us-gov-west-1`.
fn is_region(label: &str) -> bool {
    let mut words = label.split('-');
    let starts = words.next().is_some_and(|word| word.len() == 2);
    let number = label.rsplit('-').next().unwrap_or_default();
    let ends = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    starts && ends && (3..=4).contains(&label.split('-').count())
}

/// Whether a label of the host names another cloud: `azure`, `gcp-starter`, `gce`. The first label is a customer's name or
/// the partner's own word, so that it counts only with a region (`gcp-us-central1`).
fn is_in_other_cloud(host: &str) -> bool {
    let behind_cloud = |label: &str| -> Option<bool> {
        let rest = OTHER_CLOUDS
            .iter()
            .find_map(|cloud| label.strip_prefix(cloud))?;
        (rest.is_empty() || rest.starts_with('-'))
            .then(|| rest.ends_with(|last: char| last.is_ascii_digit()))
    };
    let mut labels = host.split('.');
    labels.next().and_then(behind_cloud) == Some(true)
        || labels.any(|label| behind_cloud(label).is_some())
}
