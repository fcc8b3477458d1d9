//! Builds the rules from the three files in `config`.

use std::sync::OnceLock;

use hashbrown::{HashMap, HashSet};
use serde::de::DeserializeOwned;

use super::endpoint_service::{EndpointServices, REGION, service_in};
use super::region::Regions;
use super::rows::{
    Aliases, ByHand, EndpointServiceRow, ExceptionRow, Generated, PartitionRow, ZoneRow,
};
use super::tree::Tree;
use super::{HostKind, HostRules, NameForm, Partition, Rule, RulesError, Zone};

const GENERATED: &str = include_str!("../../../config/services.toml");
const BY_HAND: &str = include_str!("../../../config/services_by_hand.toml");
const ALIASES: &str = include_str!("../../../config/alias_names.toml");
/// Stand for the suffixes of any partition: of APIs, of dual-stack APIs, of customers' own names.
const DNS: &str = ".{dns}";
const DUAL: &str = ".{dual}";
const ON: &str = ".{on}";

/// See [`HostRules::built_in`].
pub(super) fn built_in() -> Result<&'static HostRules, RulesError> {
    /// Reading the tables takes as long as two hundred calls: a scan needs them twice.
    static RULES: OnceLock<HostRules> = OnceLock::new();
    if let Some(rules) = RULES.get() {
        return Ok(rules);
    }
    let rules = build(
        &read("config/services.toml", GENERATED)?,
        &read("config/services_by_hand.toml", BY_HAND)?,
        &read("config/alias_names.toml", ALIASES)?,
    )?;
    Ok(RULES.get_or_init(|| rules))
}

/// Reads one of the embedded files.
fn read<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<T, RulesError> {
    toml::from_str(text).map_err(|source| RulesError::Toml { file, source })
}

fn build(
    generated: &Generated,
    by_hand: &ByHand,
    aliases: &Aliases,
) -> Result<HostRules, RulesError> {
    let mut builder = Builder::new(&by_hand.endpoint_service);
    builder.add_exceptions(&by_hand.endpoint_name_exception);
    builder.add_partitions(&generated.partition);
    builder.add_zones(&by_hand.zone, &generated.partition)?;
    // What comes first wins.
    for row in &by_hand.service {
        builder.add_service(&row.name, &row.service, row.form)?;
        if let Some(rule) = builder.rules.rules.last_mut() {
            rule.region.clone_from(&row.region);
        }
    }
    for name in &by_hand.other_aws {
        builder.add(name, Builder::plain(HostKind::OtherAws))?;
    }
    for row in &generated.service {
        builder.add_service(&row.name, &row.service, row.form)?;
    }
    for row in &generated.regional {
        for suffix in [DNS, DUAL] {
            builder.add_service(
                &format!("{}.{{region}}{suffix}", row.labels),
                &row.service,
                None,
            )?;
        }
    }
    for name in &by_hand.customer_resource {
        builder.add(name, Builder::plain(HostKind::CustomerResource))?;
    }
    for label in &by_hand.customer_label {
        for (fips, suffix) in [("", DNS), ("", DUAL), ("-fips", DNS), ("-fips", DUAL)] {
            for region in ["", ".{region}"] {
                builder.add(
                    &format!("*.{label}{fips}{region}{suffix}"),
                    Builder::plain(HostKind::CustomerResource),
                )?;
            }
        }
    }
    builder.add_no_service_labels(by_hand);
    for row in &aliases.alias {
        builder.add_alias(&row.name)?;
    }
    Ok(builder.finish())
}

struct Builder {
    rules: HostRules,
    on_root: usize,
    /// Service to the private DNS names of its endpoint services.
    private_names: HashMap<String, HashSet<String>>,
}

impl Builder {
    fn new(rows: &[EndpointServiceRow]) -> Self {
        let mut endpoint_services = EndpointServices::default();
        let mut private_names: HashMap<_, HashSet<_>> = HashMap::new();
        for row in rows {
            endpoint_services.add(&row.name, &row.types);
            let names = private_names
                .entry(service_in(&row.name).to_owned())
                .or_default();
            names.extend(row.dns.iter().cloned());
        }
        let mut tree = Tree::default();
        let (dns_root, dual_root, on_root) = (tree.root(), tree.root(), tree.root());
        let rules = HostRules {
            partitions: Vec::new(),
            regions: Regions::default(),
            zones: HashMap::new(),
            zone_labels: 0,
            dns_root,
            dual_root,
            alias_root: tree.root(),
            tree,
            rules: Vec::new(),
            no_service_labels: HashSet::new(),
            plane_labels: HashSet::new(),
            endpoint_services,
        };
        Self {
            rules,
            on_root,
            private_names,
        }
    }

    fn add_exceptions(&mut self, rows: &[ExceptionRow]) {
        for row in rows {
            let suffix = row
                .suffix
                .as_ref()
                .map(|suffix| format!(".{suffix}"))
                .unwrap_or_default();
            for region in &row.regions {
                for service in &row.services {
                    let name = format!("{}.{region}.{service}{suffix}", row.prefix);
                    self.rules
                        .endpoint_services
                        .add_exception(service, region, &name);
                }
            }
        }
    }

    fn add_partitions(&mut self, rows: &[PartitionRow]) {
        for (position, row) in rows.iter().enumerate() {
            self.rules
                .regions
                .add(position, &row.region_prefixes, &row.regions);
            self.rules.partitions.push(Partition {
                id: row.id.clone(),
                zones: Vec::new(),
            });
            let zones = [
                (row.dns.clone(), self.rules.dns_root, HostKind::OtherAws),
                (row.dual.clone(), self.rules.dual_root, HostKind::OtherAws),
                (
                    row.dual.replacen("api.", "on.", 1),
                    self.on_root,
                    HostKind::CustomerResource,
                ),
            ];
            for (name, root, kind) in zones {
                self.add_zone(&name, position, Some(root), kind);
            }
        }
    }

    fn add_zones(
        &mut self,
        rows: &[ZoneRow],
        partitions: &[PartitionRow],
    ) -> Result<(), RulesError> {
        for row in rows {
            for partition in &row.partitions {
                let position = self
                    .rules
                    .partitions
                    .iter()
                    .position(|known| known.id == *partition);
                let unknown = || RulesError::Partition {
                    zone: row.name.clone(),
                    partition: partition.clone(),
                };
                let position = position.ok_or_else(unknown)?;
                if !row.name.contains(REGION) {
                    self.add_zone(&row.name, position, None, row.kind);
                    continue;
                }
                let regions = partitions.get(position).map(|it| it.regions.iter());
                for region in regions.into_iter().flatten() {
                    let name = row.name.replace(REGION, region);
                    self.add_zone(&name, position, None, row.kind);
                }
            }
        }
        Ok(())
    }

    /// Two partitions may share a zone, as `aws` and `aws-us-gov` do.
    fn add_zone(
        &mut self,
        name: &str,
        position: usize,
        shared_root: Option<usize>,
        default_kind: HostKind,
    ) {
        let new = Zone {
            partitions: Vec::new(),
            roots: [None, shared_root],
            default_kind,
        };
        self.rules
            .zones
            .entry(name.into())
            .or_insert(new)
            .partitions
            .push(position);
        self.rules.zone_labels = self.rules.zone_labels.max(name.split('.').count());
        if let Some(partition) = self.rules.partitions.get_mut(position) {
            partition.zones.push(name.to_owned());
        }
    }

    fn plain(kind: HostKind) -> Rule {
        Rule {
            kind,
            service: "".into(),
            region: None,
            form: NameForm::Global,
            covers: None,
        }
    }

    fn add_service(
        &mut self,
        name: &str,
        service: &str,
        form: Option<NameForm>,
    ) -> Result<(), RulesError> {
        let form = form.unwrap_or_else(|| form_of(name));
        let regional = self.rules.endpoint_services.is_regional(service);
        let covers = if regional.is_none() {
            None
        } else if self.is_private_name(service, name) {
            Some(true)
        } else if form == NameForm::Legacy || (form == NameForm::Global && regional == Some(true)) {
            Some(false)
        } else {
            None
        };
        self.add(
            name,
            Rule {
                kind: HostKind::Service,
                service: service.into(),
                region: None,
                form,
                covers,
            },
        )
    }

    /// Whether the endpoint service's private DNS lists the pattern, or `*.` and what it ends in.
    fn is_private_name(&self, service: &str, pattern: &str) -> bool {
        let Some(names) = self.private_names.get(service) else {
            return false;
        };
        let mut ends = pattern
            .match_indices('.')
            .filter_map(|(dot, _)| pattern.get(dot..));
        names.contains(pattern) || ends.any(|end| names.contains(format!("*{end}").as_str()))
    }

    fn add(&mut self, pattern: &str, rule: Rule) -> Result<(), RulesError> {
        let problem = |problem| RulesError::Pattern {
            pattern: pattern.to_owned(),
            problem,
        };
        let (labels, root) = if let Some(labels) = pattern.strip_suffix(DNS) {
            (labels, self.rules.dns_root)
        } else if let Some(labels) = pattern.strip_suffix(DUAL) {
            (labels, self.rules.dual_root)
        } else if let Some(labels) = pattern.strip_suffix(ON) {
            (labels, self.on_root)
        } else {
            self.rules
                .own_root(pattern)
                .ok_or_else(|| problem("it ends in no zone"))?
        };
        if labels.is_empty() || labels.split('.').any(str::is_empty) {
            return Err(problem("it has an empty label"));
        }
        if labels.split('.').skip(1).any(|label| label == "*") {
            return Err(problem("`*` stands elsewhere than at the far left"));
        }
        self.rules.tree.insert(root, labels, self.rules.rules.len());
        self.rules.rules.push(rule);
        Ok(())
    }

    /// Adds a pattern of names that only aliases lead to.
    fn add_alias(&mut self, pattern: &str) -> Result<(), RulesError> {
        let Some(labels) = pattern.strip_suffix(DNS) else {
            return Err(RulesError::Pattern {
                pattern: pattern.to_owned(),
                problem: "an alias ends in `.{dns}`",
            });
        };
        let root = self.rules.alias_root;
        self.rules.tree.insert(root, labels, 0);
        Ok(())
    }

    fn add_no_service_labels(&mut self, by_hand: &ByHand) {
        let labels = by_hand
            .no_service_label
            .iter()
            .chain(&by_hand.customer_label);
        let labels = labels.map(|label| label.as_str().into());
        self.rules.no_service_labels.extend(labels);
        let planes = by_hand.plane_label.iter().cloned();
        self.rules.plane_labels.extend(planes);
    }

    fn finish(mut self) -> HostRules {
        for partition in &mut self.rules.partitions {
            partition.zones.sort();
            partition.zones.dedup();
            let all = partition.zones.clone();
            partition
                .zones
                .retain(|zone| !all.iter().any(|outer| is_below(zone, outer)));
        }
        self.rules
    }
}

/// Whether one zone lies in another.
fn is_below(zone: &str, outer: &str) -> bool {
    zone.strip_suffix(outer)
        .is_some_and(|labels| labels.ends_with('.'))
}

impl HostRules {
    /// The labels of a pattern before its zone, and the root of the patterns of that zone alone.
    pub(super) fn own_root<'p>(&mut self, pattern: &'p str) -> Option<(&'p str, usize)> {
        let dots = pattern
            .bytes()
            .enumerate()
            .filter(|&(_, byte)| byte == b'.')
            .map(|(at, _)| at);
        let dot = dots.into_iter().find(|&at| {
            pattern
                .get(at + 1..)
                .is_some_and(|zone| self.zones.contains_key(zone))
        })?;
        let zone = self.zones.get_mut(pattern.get(dot + 1..)?)?;
        let root = *zone.roots[0].get_or_insert_with(|| self.tree.root());
        Some((pattern.get(..dot)?, root))
    }
}

/// The form that a pattern shows by itself.
fn form_of(pattern: &str) -> NameForm {
    if pattern.split(['.', '-']).any(|word| word == "fips") {
        NameForm::Fips
    } else if !pattern.contains("{region}") {
        NameForm::Global
    } else if pattern.ends_with(DUAL) || pattern.ends_with(ON) {
        NameForm::DualStack
    } else {
        NameForm::Regional
    }
}
