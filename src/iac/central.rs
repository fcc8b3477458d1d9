//! VPCs that use a central endpoint: one that the same plan makes, or one that exists.
//!
//! Which hosted zones lead to an endpoint that exists is not known, and its account may be another.
//! So each account gets zones of its own, which lead to the endpoint's own name: its VPCs have no other
//! zone of the service, or they would not be answered publicly.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    network::{Network, Units},
    unit::{CentralEndpoint, HostedZone, Unit, zones},
};
use crate::model::{
    report::{HostRow, OpportunityRow},
    target::Target,
};

/// Leads a VPC to a hub.
pub(super) fn use_hub<'f>(
    network: &Network<'f>,
    units: &mut Units<'f>,
    row: &'f OpportunityRow,
) -> Result<(), String> {
    let (vpc, service, service_name) = network.subject(row)?;
    let hub = row.hub_vpc_id.as_deref().ok_or("the row names no hub")?;
    let account = row.hub_account_id.as_ref().ok_or("the row names no hub")?;
    let target = Target {
        account_id: account.clone(),
        region: row.region.clone(),
    };
    let of_hub = units
        .get_mut(&target)
        .and_then(|(unit, _)| unit.vpcs.get_mut(hub));
    if let Some(of_hub) = of_hub {
        let mut all = of_hub.endpoints.iter_mut();
        let new = all.find(|it| it.service_name == service_name && !it.zones.is_empty());
        if let Some(endpoint) = new {
            for zone in &mut endpoint.zones {
                zone.vpcs.push(vpc);
            }
            endpoint.rows.push(row);
            of_hub.client_blocks.extend(&vpc.cidrs);
            return Ok(());
        }
    }
    let endpoint = network.interface_endpoint(hub, service_name);
    let endpoint = endpoint.ok_or_else(|| {
        format!("the endpoint of {hub} is neither in this plan nor among the stored facts")
    })?;
    let offer = network.offer(row, service_name).ok_or(
        "the Region was not asked for the names that hosted zones have to answer for the service",
    )?;
    let own = Target {
        account_id: row.account_id.clone(),
        region: row.region.clone(),
    };
    let name = network.account_name(&own.account_id);
    let (unit, names) = units
        .entry(own.clone())
        .or_insert_with(|| (Unit::new(own, name), super::names::Names::default()));
    let mut central = unit.central.iter_mut();
    if let Some(planned) = central.find(|it| it.endpoint.endpoint_id == endpoint.endpoint_id) {
        for zone in &mut planned.zones {
            zone.vpcs.push(vpc);
        }
        planned.rows.push(row);
        return Ok(());
    }
    let zones = zones(&endpoint.endpoint_id, vpc, offer, names);
    if zones.is_empty() {
        return Err(
            "the Region lists no private DNS name for the service: no hosted zone leads to the hub"
                .to_owned(),
        );
    }
    unit.central.push(CentralEndpoint {
        name: names.name(&[&endpoint.endpoint_id]),
        service,
        endpoint,
        hub_account_id: account,
        zones,
        rows: vec![row],
        notes: Vec::new(),
    });
    Ok(())
}

/// Names that VPCs call, by VPC and service.
pub(super) struct Hosts<'f>(BTreeMap<(&'f str, &'f str), Vec<&'f str>>);

impl<'f> Hosts<'f> {
    pub(super) fn new(rows: &'f [HostRow]) -> Self {
        let mut hosts: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for row in rows {
            if let Some(service) = &row.service {
                let key = (row.vpc_id.as_str(), service.as_str());
                hosts
                    .entry(key)
                    .or_default()
                    .push(row.host.trim_end_matches('.'));
            }
        }
        Self(hosts)
    }

    /// What the VPCs of zones call today that the zones do not answer: for the reviewer.
    pub(super) fn missing_names(&self, service: &str, zones: &[HostedZone<'_>]) -> Vec<String> {
        let vpcs: BTreeSet<&str> = zones
            .iter()
            .flat_map(|zone| &zone.vpcs)
            .map(|vpc| vpc.vpc_id.as_str())
            .collect();
        let called: BTreeSet<&str> = vpcs
            .iter()
            .filter_map(|vpc| self.0.get(&(*vpc, service)))
            .flatten()
            .copied()
            .collect();
        let missing = called
            .into_iter()
            .filter(|host| !zones.iter().any(|zone| zone.answers(host)));
        let (broken, public): (Vec<&str>, Vec<&str>) =
            missing.partition(|host| zones.iter().any(|zone| zone.holds(host)));
        let mut notes = Vec::new();
        if !broken.is_empty() {
            notes.push(format!(
                "Names that are called today and that the zones have no record for; they would stop \
                 resolving, so add a record for each first: {}.",
                broken.join(", ")
            ));
        }
        if !public.is_empty() {
            notes.push(format!(
                "Names that are called today and stay public: {}.",
                public.join(", ")
            ));
        }
        notes
    }
}

impl HostedZone<'_> {
    /// Whether a name is in the zone.
    fn holds(&self, host: &str) -> bool {
        host == self.domain || is_below(host, &self.domain)
    }

    /// Whether a record answers for a name. A wildcard stands for any number of labels
    /// (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>).
    fn answers(&self, host: &str) -> bool {
        self.records.iter().any(|record| {
            let wildcard = record.strip_prefix("*.");
            record == host || wildcard.is_some_and(|domain| is_below(host, domain))
        })
    }
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|rest| rest.ends_with('.'))
}

/// The VPCs and services of which a template needs the names that are called.
#[derive(Debug)]
pub struct HubConsumers<'f>(BTreeSet<(&'f str, &'f str)>);

impl<'f> HubConsumers<'f> {
    /// Those that an opportunity leads to a hub.
    pub fn of(rows: &'f [OpportunityRow]) -> Self {
        let led = rows.iter().filter(|row| row.hub_vpc_id.is_some());
        Self(
            led.filter_map(|row| Some((row.vpc_id.as_str(), row.service.as_deref()?)))
                .collect(),
        )
    }

    /// Whether the name is called by one of them, in its own Region.
    pub fn call(&self, host: &HostRow) -> bool {
        let own = host.service_region.as_deref() == Some(host.region.as_str());
        let key = host.service.as_deref().map(|it| (host.vpc_id.as_str(), it));
        own && key.is_some_and(|key| self.0.contains(&key))
    }
}
