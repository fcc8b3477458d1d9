//! Names that no pattern lists but that follow the rules by which AWS names its hosts.
//!
//! New services and new forms of old names appear before any published model holds them. Five rules cover them, all of
//! them below the API zones of a partition only (`amazonaws.com`, `api.aws` and their twins):
//!
//! 1. `NAME.dualstack.REGION` is the dual-stack form of `NAME.REGION`.
//! 2. A name in the dual-stack zone is what the same labels are in the other zone.
//! 3. One label before the region, shaped as AWS shapes the names of services, is a service of that name.
//! 4. A name of several labels of which one ends in `-fips` is the FIPS form of the same name without that.
//! 5. A label that names a part of an API (`data`, `control`) before a listed service is a service of both labels:
//!    that of an endpoint service of both words, if there is one.

use std::borrow::Cow;

use super::{HostClass, HostKind, HostRules, NameForm, Zone, name};

/// The published models hold every shorter name, so that a shorter unknown label is a mistyped one (`s3x`, `kmsx`).
const MIN_SERVICE_LABEL: usize = 5;
/// A service's label in the longest known names (`codedeploy-commands-secure`, `bedrock-data-automation-runtime`) is shorter.
const MAX_SERVICE_LABEL: usize = 40;
/// Longer runs of digits are ids and addresses (`ip-10-0-120-3`, `vpc-012345`).
const MAX_DIGITS: usize = 2;
/// Letters and digits take turns twice at most in a service's name (`b2bi`, `s3express`), and often in random ids.
const MAX_TURNS: usize = 2;
/// Words that are numbers: `resource-explorer-2` has one, an address has four.
const MAX_NUMBERS: usize = 1;
/// What FIPS hosts have behind the service.
const FIPS: &str = "-fips";
/// What stands before the region in the dual-stack names of older services.
const DUALSTACK: &str = ".dualstack";
/// What stands for the region in the names of global services, in the dual-stack zone.
const GLOBAL: &str = "global";

impl HostRules {
    /// The class of labels in `zone` that no pattern matches; `None` if no rule covers them either.
    pub(super) fn classify_unlisted(&self, zone: &Zone, labels: &str) -> Option<HostClass<'_>> {
        let root = zone.roots[1]?;
        let dual_stack = root == self.dual_root;
        if !dual_stack && root != self.dns_root {
            return None;
        }
        let (name, region) = labels.rsplit_once('.')?;
        let in_region = self.is_region_in(zone, region);
        if dual_stack {
            if in_region && let Some(dual_stack_form) = self.dual_stack_form(zone, name, region) {
                return Some(dual_stack_form);
            }
        } else if let Some(name) = name.strip_suffix(DUALSTACK).filter(|_| in_region) {
            let dual_stack_form = self.dual_stack_form(zone, name, region);
            return dual_stack_form
                .or_else(|| self.new_service(zone, name, Some(region), NameForm::DualStack));
        }
        let region = match region {
            GLOBAL if dual_stack => None,
            region if in_region => Some(region),
            _ => return None,
        };
        let form = match (region, dual_stack) {
            (None, _) => NameForm::Global,
            (_, true) => NameForm::DualStack,
            (_, false) => NameForm::Regional,
        };
        self.new_service(zone, name, region, form)
            .or_else(|| self.fips_form(zone, name, region?))
            .or_else(|| self.part_of_service(zone, name, region?, form))
    }

    /// The FIPS form of a listed name of several labels.
    fn fips_form(&self, zone: &Zone, name: &str, region: &str) -> Option<HostClass<'_>> {
        if !name.contains('.') || !name.split('.').any(|label| label.ends_with(FIPS)) {
            return None;
        }
        let labels = name.split('.');
        let plain: Vec<&str> = labels
            .map(|label| label.strip_suffix(FIPS).unwrap_or(label))
            .collect();
        let class = self.listed_regional(zone, &plain.join("."), region)?;
        (class.kind == HostKind::Service).then_some(HostClass {
            form: Some(NameForm::Fips),
            private_dns_covers: None,
            ..class
        })
    }

    /// The class of a part of a listed service's API, `data.SERVICE`.
    fn part_of_service(
        &self,
        zone: &Zone,
        name: &str,
        region: &str,
        form: NameForm,
    ) -> Option<HostClass<'_>> {
        let (part, service) = name.split_once('.')?;
        let is_fips = [part, service].iter().any(|it| it.ends_with(FIPS));
        let [part, service] = [part, service].map(|it| it.strip_suffix(FIPS).unwrap_or(it));
        if service.contains('.') || !self.plane_labels.contains(part) {
            return None;
        }
        let listed = self.listed_regional(zone, service, region)?;
        (listed.kind == HostKind::Service).then(|| HostClass {
            service: Some(Cow::Owned(self.name_of_part(part, service))),
            form: Some(if is_fips { NameForm::Fips } else { form }),
            private_dns_covers: None,
            ..listed
        })
    }

    /// The name of a part of a service: that of its endpoint service, whichever way AWS joins the two
    /// (`evidently-dataplane`, `iotsitewise.data`), else the labels as they are.
    fn name_of_part(&self, part: &str, service: &str) -> String {
        let joined = [(service, part), (part, service)]
            .into_iter()
            .flat_map(|(first, second)| [format!("{first}.{second}"), format!("{first}-{second}")]);
        joined
            .into_iter()
            .find(|name| self.endpoint_services.is_regional(name).is_some())
            .unwrap_or_else(|| format!("{part}.{service}"))
    }

    /// The dual-stack form of what `NAME.REGION` is below the DNS suffix.
    fn dual_stack_form(&self, zone: &Zone, name: &str, region: &str) -> Option<HostClass<'_>> {
        let mut class = self.listed_regional(zone, name, region)?;
        if class.form.is_some_and(|form| form != NameForm::Fips) {
            class.form = Some(NameForm::DualStack);
        }
        class.private_dns_covers = None;
        Some(class)
    }

    /// The class of `NAME.REGION` below the DNS suffix, if a pattern matches it.
    fn listed_regional(&self, zone: &Zone, name: &str, region: &str) -> Option<HostClass<'_>> {
        let mut buffer = [0; name::MAX_LENGTH];
        let length = name.len() + 1 + region.len();
        let labels = buffer.get_mut(..length)?;
        labels
            .get_mut(..name.len())?
            .copy_from_slice(name.as_bytes());
        *labels.get_mut(name.len())? = b'.';
        labels
            .get_mut(name.len() + 1..)?
            .copy_from_slice(region.as_bytes());
        let labels = std::str::from_utf8(labels).ok()?;
        let is_region = |label: &str| self.is_region_in(zone, label);
        let found = self.tree.find(self.dns_root, labels, &is_region)?;
        found
            .region
            .is_some()
            .then(|| self.class_of(found))
            .flatten()
    }

    /// The class of one label before a region, if it looks like a service.
    fn new_service(
        &self,
        zone: &Zone,
        label: &str,
        region: Option<&str>,
        form: NameForm,
    ) -> Option<HostClass<'_>> {
        let (base, form) = match label.strip_suffix(FIPS) {
            Some(base) => (base, NameForm::Fips),
            None => (label, form),
        };
        let listed = region
            .filter(|_| form == NameForm::Fips)
            .and_then(|region| self.listed_regional(zone, base, region));
        if let Some(class) = listed.filter(|class| class.kind == HostKind::Service) {
            return Some(HostClass {
                form: Some(form),
                private_dns_covers: None,
                ..class
            });
        }
        if self.no_service_labels.contains(base)
            || !is_service_label(base)
            || self.holds_region(zone, base)
        {
            return None;
        }
        Some(HostClass {
            kind: HostKind::Service,
            service: Some(Cow::Owned(base.to_owned())),
            service_region: region.map(|region| self.regions.to_cow(region)),
            form: Some(form),
            private_dns_covers: None,
        })
    }

    /// Whether some words of the label are a region, as in `prod-eu-west-1-api`.
    fn holds_region(&self, zone: &Zone, label: &str) -> bool {
        let starts = label.match_indices('-').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(starts);
        starts.into_iter().any(|start| {
            let rest = label.get(start..).unwrap_or_default();
            let ends = rest.match_indices('-').map(|(at, _)| at);
            let mut ends = ends.chain(std::iter::once(rest.len()));
            ends.any(|end| self.is_region_in(zone, rest.get(..end).unwrap_or_default()))
        })
    }
}

/// Whether a label is shaped as the names of services are: words of letters and few digits, joined by single hyphens.
fn is_service_label(label: &str) -> bool {
    (MIN_SERVICE_LABEL..=MAX_SERVICE_LABEL).contains(&label.len())
        && label.starts_with(|first: char| first.is_ascii_lowercase())
        && label.split('-').all(is_service_word)
        && label.split('-').filter(|word| is_number(word)).count() <= MAX_NUMBERS
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_service_word(word: &str) -> bool {
    let (mut digits, mut turns, mut last_digit) = (0, 0, None);
    for byte in word.bytes() {
        let digit = byte.is_ascii_digit();
        if !digit && !byte.is_ascii_lowercase() {
            return false;
        }
        turns += usize::from(last_digit.is_some_and(|last| last != digit));
        digits = if digit { digits + 1 } else { 0 };
        if digits > MAX_DIGITS || turns > MAX_TURNS {
            return false;
        }
        last_digit = Some(digit);
    }
    last_digit.is_some()
}
