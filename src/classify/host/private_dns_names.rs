//! Adds the answers of `DescribeVpcEndpointServices` to the rules.
//!
//! Everything is sorted first, so that the same answers give the same rules in whichever order they came. Where
//! two endpoint services claim one thing, the built-in choice stays if it is one of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{HostKind, HostRules, NameForm, Rule, name};

/// A service and its region, as in the name of an endpoint service.
type ServiceInRegion = (String, Option<String>);

/// See [`HostRules::with_private_dns_names`].
pub(super) fn add<'a>(rules: &mut HostRules, names: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let mut names_of: BTreeMap<ServiceInRegion, BTreeSet<&str>> = BTreeMap::new();
    let mut services_of: BTreeMap<String, BTreeSet<ServiceInRegion>> = BTreeMap::new();
    for (endpoint_service, pattern) in names {
        let Some((service, region)) = rules.split_endpoint_service_name(endpoint_service) else {
            continue;
        };
        let service = (service.to_owned(), region.map(str::to_owned));
        names_of
            .entry(service.clone())
            .or_default()
            .insert(endpoint_service);
        let pattern = pattern
            .strip_suffix('.')
            .unwrap_or(pattern)
            .to_ascii_lowercase();
        if is_pattern(&pattern) {
            services_of.entry(pattern).or_default().insert(service);
        }
    }
    for (service, names) in &names_of {
        add_endpoint_service(rules, service, names);
    }
    for (pattern, services) in &services_of {
        add_pattern(rules, pattern, services);
    }
}

/// Whether this is a host name, with or without `*.` before it.
fn is_pattern(text: &str) -> bool {
    let labels = text.strip_prefix("*.").unwrap_or(text);
    name::normalise(labels, &mut [0; name::MAX_LENGTH]).is_some()
}

/// Adds the name of an endpoint service, unless the rules hold it already.
fn add_endpoint_service(
    rules: &mut HostRules,
    (service, region): &ServiceInRegion,
    names: &BTreeSet<&str>,
) {
    let region = region.as_deref();
    let known = rules.endpoint_service_name(service, region);
    if known.is_some_and(|known| names.contains(known.as_str())) {
        return;
    }
    if let Some(name) = names.first() {
        rules
            .endpoint_services
            .add_exception(service, region.unwrap_or_default(), name);
    }
}

/// Adds a private DNS name that these services list, unless the rules hold it already.
fn add_pattern(rules: &mut HostRules, pattern: &str, services: &BTreeSet<ServiceInRegion>) {
    let example = pattern.replacen('*', "x", 1);
    let known = rules.classify(&example);
    let as_known = |(service, region): &&ServiceInRegion| {
        known.service.as_deref() == Some(service.as_str())
            && (region.is_none() || region.as_deref() == known.service_region.as_deref())
    };
    let same = services.iter().find(as_known);
    if same.is_some() && known.private_dns_covers == Some(true) {
        return;
    }
    let Some((service, region)) = same.or(services.first()) else {
        return;
    };
    let rule = Rule {
        kind: HostKind::Service,
        service: service.as_str().into(),
        region: region.as_deref().map(Into::into),
        form: known
            .form
            .unwrap_or_else(|| form_of(&example, region.is_some())),
        covers: Some(true),
    };
    if let Some((labels, root)) = rules.own_root(pattern)
        && rules.tree.insert(root, labels, rules.rules.len())
    {
        rules.rules.push(rule);
    }
}

/// The form of a name that the rules do not know.
fn form_of(host: &str, regional: bool) -> NameForm {
    if host.split(['.', '-']).any(|word| word == "fips") {
        NameForm::Fips
    } else if !regional {
        NameForm::Global
    } else if host.contains(".api.") {
        // The dual-stack zone of every partition begins so.
        NameForm::DualStack
    } else {
        NameForm::Regional
    }
}
