//! Names that VPCs call a service by, and that private DNS of its interface endpoint does not answer: FIPS,
//! older and other names of the VPC's own Region.

use std::{borrow::Cow, collections::BTreeMap};

use super::input::AdvisorInput;
use crate::{
    classify::host::NameForm,
    model::{caveat::CaveatSet, inventory::Vpc, opportunity::Caveat},
};

/// By VPC and service.
#[derive(Debug, Default)]
pub(super) struct UncoveredNames<'w> {
    vpcs: BTreeMap<&'w str, BTreeMap<&'w str, Uncovered>>,
}

/// Such names of a service.
#[derive(Clone, Copy, Debug, Default)]
struct Uncovered {
    caveats: CaveatSet,
    /// Whether the VPC calls others too, of which that is not known.
    others: bool,
}

impl<'w> UncoveredNames<'w> {
    /// Those of `vpcs`, by id.
    pub(super) fn new(input: &'w AdvisorInput<'w>, vpcs: &BTreeMap<&'w str, &'w Vpc>) -> Self {
        let mut all = Self::default();
        for (vpc_id, dns) in &input.facts.dns {
            let Some(vpc) = vpcs.get(vpc_id.as_str()) else {
                continue;
            };
            let classes = || {
                let called = dns.hosts().filter(|(_, it)| it.queries > 0);
                let classes = called.map(|(host, _)| input.rules.classify(host));
                classes.filter(|class| {
                    class.service_region.as_deref() == Some(vpc.target.region.as_str())
                })
            };
            let mut of_vpc: BTreeMap<&str, Uncovered> = BTreeMap::new();
            for class in classes().filter(|class| class.private_dns_covers == Some(false)) {
                // Only a listed service has private DNS names that are known not to cover a host.
                if let Some(Cow::Borrowed(service)) = class.service {
                    let caveats = &mut of_vpc.entry(service).or_default().caveats;
                    caveats.insert(match class.form {
                        Some(NameForm::Fips) => Caveat::FipsNames,
                        _ => Caveat::OtherNames,
                    });
                }
            }
            if of_vpc.is_empty() {
                continue;
            }
            for class in classes().filter(|class| class.private_dns_covers != Some(false)) {
                let service = class.service.as_deref();
                if let Some(found) = service.and_then(|it| of_vpc.get_mut(it)) {
                    found.others = true;
                }
            }
            all.vpcs.insert(vpc_id, of_vpc);
        }
        all
    }

    /// What there is to think of.
    pub(super) fn caveats(&self, vpc_id: &str, service: &str) -> CaveatSet {
        self.of(vpc_id, service)
            .map_or_else(CaveatSet::default, |it| it.caveats)
    }

    /// Whether a VPC calls a service by such names alone, of those of its own Region.
    pub(super) fn are_all(&self, vpc_id: &str, service: &str) -> bool {
        self.of(vpc_id, service).is_some_and(|it| !it.others)
    }

    fn of(&self, vpc_id: &str, service: &str) -> Option<Uncovered> {
        self.vpcs.get(vpc_id)?.get(service).copied()
    }
}
