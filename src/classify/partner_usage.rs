//! From DNS usage to the partners' products that each VPC calls, with the path that the answers show, the
//! endpoints that lead there, and the bytes.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    host::partner::{HostsStay, PartnerHost, Product},
    path::ServiceInRegion,
    service::UsageClassifier,
};
use crate::model::{
    bytes::Attribution,
    classified::{ClassifiedHost, HostKind},
    coverage::Step,
    inventory::{Endpoint, Vpc},
    partner::{PartnerCaveat, PartnerOffer, PartnerProduct},
    partner_use::PartnerUse,
};

/// No endpoint of AWS's services serves a partner's name.
const NO_SERVICE: ServiceInRegion<'static> = ServiceInRegion {
    service: "",
    region: None,
};

/// The partners' products that each VPC calls, by VPC; a name that was never answered is no call.
pub fn all(classifier: &UsageClassifier<'_>, attribution: &Attribution) -> Vec<PartnerUse> {
    let vpcs = classifier.facts.distinct_vpcs().into_iter();
    let mut uses: Vec<_> = vpcs.flat_map(|vpc| of_vpc(classifier, vpc)).collect();
    for it in &mut uses {
        add_bytes(attribution, it);
    }
    uses
}

fn of_vpc(classifier: &UsageClassifier<'_>, vpc: &Vpc) -> Vec<PartnerUse> {
    let hosts = classifier.hosts(vpc);
    let mut groups: BTreeMap<&PartnerProduct, Vec<&ClassifiedHost>> = BTreeMap::new();
    for host in &hosts {
        let called = host.kind == HostKind::Partner && host.queries > 0;
        if let Some(product) = host.partner.as_ref().filter(|_| called) {
            groups.entry(product).or_default().push(host);
        }
    }
    let uses = groups.into_iter().filter_map(|(product, mut hosts)| {
        hosts.sort_by(|a, b| (b.queries, &a.host).cmp(&(a.queries, &b.host)));
        let found = classifier.partners.classify(&hosts.first()?.host)?;
        Some(of_product(classifier, vpc, product, &hosts, &found))
    });
    uses.collect()
}

fn of_product(
    classifier: &UsageClassifier<'_>,
    vpc: &Vpc,
    product: &PartnerProduct,
    hosts: &[&ClassifiedHost],
    found: &PartnerHost<'_>,
) -> PartnerUse {
    let region = vpc.target.region.as_str();
    let here = found.endpoint_service_name(Some(region));
    let name = here.or_else(|| found.endpoint_service_name(None));
    let offered = here.and_then(|name| classifier.facts.is_partner_service_offered(vpc, name));
    let answers: BTreeSet<_> = hosts.iter().flat_map(|it| &it.answers).copied().collect();
    let answers: Vec<_> = answers.into_iter().collect();
    let endpoints = endpoints(classifier, vpc, &found.products);
    let known = vpc.is_seen_by_owner()
        && classifier
            .facts
            .outcomes
            .is_complete(&vpc.target, Step::Endpoints);
    let offer = only(found.products.iter().map(|it| it.offer));
    let stay = only(found.products.iter().map(|it| it.hosts_stay)).unwrap_or(HostsStay::Unknown);
    let remarks: BTreeSet<&str> = found
        .products
        .iter()
        .filter_map(|it| it.caveat.as_deref())
        .collect();
    let mut caveats = vec![
        (found.products.len() > 1, PartnerCaveat::SeveralProducts),
        (stay == HostsStay::No, PartnerCaveat::HostsChange),
        (stay == HostsStay::Unknown, PartnerCaveat::HostsMayChange),
        (here.is_none() && name.is_some(), PartnerCaveat::OtherRegion),
        (offered == Some(false), PartnerCaveat::NotOffered),
        (
            here.is_some() && offered.is_none(),
            PartnerCaveat::NotChecked,
        ),
    ];
    caveats.retain(|(is_so, _)| *is_so);
    let mut caveats: Vec<_> = caveats.into_iter().map(|(_, caveat)| caveat).collect();
    caveats.sort_unstable();
    let doc = found.products.first().map(|it| it.doc.clone());
    PartnerUse {
        vpc_id: vpc.vpc_id.clone(),
        region: vpc.target.region.clone(),
        product: product.clone(),
        hosts: hosts.iter().map(|it| it.host.clone()).collect(),
        queries: hosts.iter().map(|it| it.queries).sum(),
        path: classifier.addresses.path(vpc, NO_SERVICE, &answers, &[]),
        answers,
        endpoint_service_name: name.map(str::to_owned).or_else(|| {
            (offer == Some(PartnerOffer::PerAccount)).then(|| "per account".to_owned())
        }),
        in_region: here.is_some() || name.is_none(),
        offer,
        offered,
        endpoint_exists: (known || !endpoints.is_empty())
            .then(|| endpoints.iter().any(|it| it.is_available()))
            // The name of an endpoint service that is made for an account does not show its owner.
            .filter(|exists| *exists || name.is_some()),
        endpoint_ids: endpoints.iter().map(|it| it.endpoint_id.clone()).collect(),
        remark: (!remarks.is_empty()).then(|| remarks.into_iter().collect::<Vec<_>>().join("; ")),
        caveats,
        hosts_stay: <&str>::from(stay).to_owned(),
        doc: doc.unwrap_or_default(),
        nat_bytes: None,
        part: false,
    }
}

/// The endpoints in the VPC of published endpoint services of these products.
fn endpoints<'f>(
    classifier: &UsageClassifier<'f>,
    vpc: &Vpc,
    products: &[&Product],
) -> Vec<&'f Endpoint> {
    let all = classifier.index.endpoints(&vpc.vpc_id).iter().copied();
    all.filter(|it| {
        let services = products.iter().flat_map(|product| &product.service);
        let mut names = services.filter_map(|service| service.name.as_deref());
        names.any(|name| name == it.service_name)
    })
    .collect()
}

/// The bytes of a product: what was measured; zero only where every NAT gateway is read and none of
/// what is ambiguous may be the partner's.
fn add_bytes(found: &Attribution, it: &mut PartnerUse) {
    let key = (it.vpc_id.clone(), it.product.clone());
    let whole = found.nat_known.contains(&it.vpc_id)
        && !it.answers.is_empty()
        && !found.partner_ambiguous.contains(&it.vpc_id);
    it.nat_bytes = found.partners.get(&key).copied().or(whole.then_some(0));
    it.part = found.part.contains(&it.vpc_id);
    if it.part && it.nat_bytes.is_some() {
        it.caveats.push(PartnerCaveat::PartOfWindow);
    }
}

/// The one value that all have.
fn only<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|it| it == first).then_some(first)
}
