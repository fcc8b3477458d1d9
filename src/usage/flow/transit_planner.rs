//! Which flow logs of transit gateways to read: one of each transit gateway, or one of each attachment.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    candidate::{Candidate, Unusable},
    plan::{Logged, Plan, VpcFlow},
    transit::is_attachment,
};
use crate::model::{facts::Facts, flow::FlowKind, target::Target};

/// A flow log of a transit gateway or an attachment, or why it is of no use.
type Found<'f> = (&'f str, Result<Candidate<'f>, String>);

impl Plan {
    /// Adds the transit gateways of a target: one flow log of each, or one of each attachment.
    pub(super) fn add_transit_gateways(&mut self, target: &Target, facts: &Facts) {
        let logs = facts.flow_logs.values();
        let found = logs.filter(|it| it.is_of_transit_gateway()).map(|log| {
            let candidate = Candidate::of_transit_gateway(log).map_err(|why| match why {
                Unusable::Elsewhere(why) => format!("{why}, which is not read"),
                Unusable::Format(why) => why,
                Unusable::Rejected => format!("{} has no bytes", log.flow_log_id),
            });
            (log.resource_id.as_str(), candidate)
        });
        let mut logged: BTreeMap<&str, Logged> = BTreeMap::new();
        let mut by_gateway: BTreeMap<&str, Vec<Candidate<'_>>> = BTreeMap::new();
        let found: Vec<Found<'_>> = found.collect();
        for (resource, candidate) in found {
            match candidate {
                Ok(it) => by_gateway.entry(resource).or_default().push(it),
                Err(why) => logged.entry(resource).or_default().besides.push(why),
            }
        }
        let whole: BTreeSet<&str> = by_gateway.keys().copied().collect();
        let whole: BTreeSet<&str> = whole.into_iter().filter(|it| !is_attachment(it)).collect();
        for (resource, candidates) in &by_gateway {
            let known = facts.transit_gateway_attachments.get(*resource);
            let gateway = known.map(|it| it.transit_gateway_id.as_str());
            let covered = match gateway {
                Some(gateway) => whole.contains(gateway),
                None => !whole.is_empty(),
            };
            // The flow log of the transit gateway has the same records.
            if !(is_attachment(resource) && covered) {
                let logged = logged.entry(resource).or_default();
                self.add_transit_gateway(resource, candidates, &by_gateway, logged);
            }
        }
        let planned = logged.into_iter();
        let planned = planned.map(|(id, logged)| (id.to_owned(), VpcFlow::Places(logged)));
        self.targets
            .entry(target.clone())
            .or_default()
            .extend(planned);
    }

    fn add_transit_gateway(
        &mut self,
        resource: &str,
        candidates: &[Candidate<'_>],
        all: &BTreeMap<&str, Vec<Candidate<'_>>>,
        logged: &mut Logged,
    ) {
        let since = self.since;
        let clash = |one: &Candidate<'_>| {
            let others = all.iter().filter(|(id, _)| {
                // Records of one attachment are not those of another.
                **id == resource || is_attachment(id) != is_attachment(resource)
            });
            let mut others = others.flat_map(|(_, others)| others);
            others.find(|it| one.clashes_with(it)).map(|other| {
                format!(
                    "{} and {} write records of the same attachments into the same place: neither is read",
                    one.log.flow_log_id, other.log.flow_log_id
                )
            })
        };
        let mut usable = Vec::new();
        for candidate in candidates {
            match clash(candidate) {
                Some(why) => logged.besides.push(why),
                None => usable.push(candidate),
            }
        }
        let Some(chosen) = usable.into_iter().max_by_key(|it| it.rank(since)) else {
            return;
        };
        logged.besides.extend(chosen.shortcomings(false, since));
        logged.places.insert(chosen.place.clone());
        logged.interfaces.insert(resource.to_owned());
        let source = self.source(chosen, FlowKind::TransitGateway, false);
        source.interfaces.insert(resource.to_owned(), Vec::new());
        if !chosen.covers(since) {
            source.part.insert(resource.to_owned());
        }
    }
}

#[cfg(test)]
mod tests;
