//! One Region: classify, price, advise, write the rows.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AssessError, Context,
    facts::Logs,
    kept_opportunities::KeptOpportunities,
    opportunities::hub_or_own,
    services::hosts_of_vpc,
    tables::{Tables, WantedRows},
    totals::Sums,
    view::{BehindTransitGateways, RegionFindings, RegionView, View},
};
use crate::{
    classify::{
        bytes, central_egress, partner_usage, path::EndpointAddresses, posture,
        service::UsageClassifier, zone_crossing,
    },
    cost::{
        bill,
        chargeback::{self, ChargebackInput},
        endpoint, nat_gateway,
        price_book::PriceBook,
    },
    model::{
        bytes::{Attribution, Shares},
        classified::VpcService,
        cost::NatGatewayCost,
        facts::Facts,
        id::{NatGatewayId, Region, VpcEndpointId, VpcId},
        index::ByVpc,
        inventory::NatGateway,
        run::Window,
        vpc_logging::VpcLogging,
    },
    recommend::{self, AdvisorInput, NatTraffic, RegionEstimate},
};

/// What is kept of a Region that was assessed.
#[derive(Debug)]
pub(super) struct RegionAssessment {
    pub(super) sums: Sums,
    /// Endpoints of other Regions that queries of this one led to.
    pub(super) answered_elsewhere: BTreeSet<VpcEndpointId>,
    /// VPCs of other Regions whose endpoints answered VPCs of this one.
    pub(super) hubs_elsewhere: BTreeSet<VpcId>,
    /// Endpoints that were not used as far as this Region shows, and their VPCs.
    pub(super) unused: BTreeMap<VpcEndpointId, VpcId>,
    /// Endpoints that were to be priced besides.
    pub(super) estimate: Option<RegionEstimate>,
    /// What a bill is compared with.
    pub(super) computed: bill::ByItem,
}

/// Assesses the facts of a Region and writes its rows.
pub(super) fn assess(
    context: &Context<'_>,
    tables: &Tables<'_>,
    region: &Region,
    facts: &Facts,
    logs: Logs,
) -> Result<RegionAssessment, AssessError> {
    let (window, prices, rules) = (context.window, context.prices, context.rules);
    let index = ByVpc::new(facts);
    let addresses = EndpointAddresses::new(facts, rules);
    let classifier = UsageClassifier::new(facts, rules, context.partners, &addresses, &index);
    let behind_transit_gateways = BehindTransitGateways {
        central_egress: central_egress::of_all(facts, &index),
        closed: central_egress::closed(facts, &index),
    };
    let central_egress = &behind_transit_gateways.central_egress;
    let mut attribution = bytes::attribute(&classifier, central_egress, &logs.flows);
    let zone_crossings = zone_crossing::of_all(facts, &index, &attribution, &logs.flows);
    drop(logs.flows);
    let region_view = RegionView::new(context, facts, &index, &classifier);
    tables.begin(Some(region));
    let mut sums = Sums::of_facts(&region_view, &attribution);
    let services = region_view.usage(
        tables,
        &behind_transit_gateways,
        logs.of_vpcs,
        &mut attribution,
        &mut sums,
    )?;
    let partners = partner_usage::all(&classifier, &attribution);
    let postures = posture::assess(&classifier, &services, &attribution, window);
    let nat_costs = nat_costs(facts, window, prices);
    let endpoint_gb_month = endpoint::measured_gb_month(facts, &attribution.endpoints, window);
    let judged = RegionFindings {
        endpoint_costs: endpoint::costs(facts.endpoints.values(), &endpoint_gb_month, prices),
        nat_costs,
        postures: postures.by_endpoint,
        zone_crossings,
    };
    let nat_traffic = nat_traffic(&attribution);
    let computed = match (tables.wanted(), &context.organization.bill) {
        (WantedRows::All, Some(_)) => {
            let (nat_costs, endpoint_costs) = (&judged.nat_costs, &judged.endpoint_costs);
            bill::computed(facts, nat_costs, endpoint_costs, window, prices)
        }
        _ => bill::ByItem::new(),
    };
    if tables.wanted() == WantedRows::All {
        let chargeback = chargeback::of_hubs(ChargebackInput {
            facts,
            central_egress,
            attribution: &attribution,
            nat_costs: &judged.nat_costs,
        });
        let view = View::new(&region_view, &judged, &attribution);
        view.write(tables, &mut sums)?;
        for row in region_view.egress_chargeback(&chargeback) {
            tables.add(row.hub_account_id.as_str().as_bytes(), &row)?;
        }
    }
    drop(attribution);
    let input = AdvisorInput {
        facts,
        rules,
        index: &index,
        services: &services,
        partners: &partners,
        postures: &judged.postures,
        central_egress,
        closed_beyond_transit_gateway: &behind_transit_gateways.closed,
        nat_costs: &judged.nat_costs,
        endpoint_costs: &judged.endpoint_costs,
        zone_crossings: &judged.zone_crossings,
        nat_traffic: &nat_traffic,
        prices,
        window,
    };
    let mut kept = KeptOpportunities::new(&region_view, tables)?;
    let advice = recommend::advise(&input, &mut kept);
    for it in &advice.opportunities {
        sums.opportunities.add(it);
        kept.write(tables, it)?;
    }
    let estimate_of = |request| recommend::estimate(&input, region, request);
    let estimate = context.estimate.map(estimate_of);
    match tables.wanted() {
        WantedRows::All => {
            for row in region_view.partner_services(&partners, &advice.partners) {
                tables.add(row.account_id.as_str().as_bytes(), &row)?;
            }
            for row in hub_or_own(&advice.hub_or_own) {
                // By Region, in which they are sorted by service.
                tables.add(&[], &row)?;
            }
        }
        WantedRows::Advice => {
            region_view.write_hosts(tables, kept.led())?;
            sums = Sums::default();
        }
    }
    Ok(RegionAssessment {
        sums,
        answered_elsewhere: postures.answered_elsewhere,
        hubs_elsewhere: postures.hubs_elsewhere,
        unused: unused(facts, &judged),
        estimate,
        computed,
    })
}

/// Endpoints that were not used as far as the Region shows, and their VPCs.
fn unused(facts: &Facts, judged: &RegionFindings) -> BTreeMap<VpcEndpointId, VpcId> {
    let is_unused = |id: &VpcEndpointId| {
        let posture = judged.postures.get(id);
        posture.is_some_and(|it| it.idle != Some(false))
    };
    let unused = facts.endpoints.iter().filter(|(id, _)| is_unused(id));
    unused
        .map(|(id, it)| (id.clone(), it.vpc_id.clone()))
        .collect()
}

impl RegionView<'_> {
    /// Writes the rows of VPCs, of the services that they call and of the hosts that they asked for, and
    /// returns what the advice needs of the services.
    fn usage(
        &self,
        tables: &Tables<'_>,
        behind_transit_gateways: &BehindTransitGateways,
        mut logging: BTreeMap<VpcId, VpcLogging>,
        attribution: &mut Attribution,
        sums: &mut Sums,
    ) -> Result<Vec<VpcService>, AssessError> {
        let mut services = Vec::new();
        bytes::each_vpc(attribution, self.classifier, |used| {
            if tables.wanted() == WantedRows::All {
                let (vpc, called) = (used.vpc, &used.services);
                let key = vpc.target.account_id.as_str().as_bytes();
                let logging = logging.remove(&vpc.vpc_id).unwrap_or_default();
                let is_query_logged = logging.is_query_logged;
                let row = self.vpc_row(vpc, called, behind_transit_gateways, logging);
                sums.add_vpc(&row, is_query_logged);
                tables.add(key, &row)?;
                for row in self.vpc_services(vpc, called) {
                    tables.add(key, &row)?;
                }
                for row in hosts_of_vpc(vpc, used.hosts) {
                    tables.add(key, &row)?;
                }
            }
            services.extend(used.services.into_iter().map(|it| it.service));
            Ok::<_, AssessError>(())
        })?;
        services.shrink_to_fit();
        Ok(services)
    }

    /// Writes the hosts of VPCs that an opportunity leads to a central endpoint: templates are made of
    /// them and of the opportunities.
    fn write_hosts(&self, tables: &Tables<'_>, led: &BTreeSet<VpcId>) -> Result<(), AssessError> {
        for vpc in self.vpcs.iter().filter(|vpc| led.contains(&vpc.vpc_id)) {
            let key = vpc.target.account_id.as_str().as_bytes();
            for row in hosts_of_vpc(vpc, self.classifier.hosts(vpc)) {
                tables.add(key, &row)?;
            }
        }
        Ok(())
    }
}

impl View<'_> {
    /// Writes the rows of gateways, endpoints and flow usage, and adds them to the sums.
    fn write(&self, tables: &Tables<'_>, sums: &mut Sums) -> Result<(), AssessError> {
        for row in self.nat_gateways() {
            sums.add_nat_gateway(&row);
            tables.add(row.account_id.as_str().as_bytes(), &row)?;
        }
        for row in self.endpoints() {
            sums.add_endpoint(&row);
            tables.add(row.account_id.as_str().as_bytes(), &row)?;
        }
        for row in self.flow_usage() {
            tables.add(row.account_id.as_str().as_bytes(), &row)?;
        }
        Ok(())
    }
}

fn nat_costs(
    facts: &Facts,
    window: Window,
    prices: &PriceBook,
) -> BTreeMap<NatGatewayId, NatGatewayCost> {
    let cost = |gateway: &NatGateway| {
        let zones = facts.nat_gateway_zones(gateway).len();
        let metrics = facts.nat_metrics.get(&gateway.nat_gateway_id);
        let cost = nat_gateway::cost(gateway, metrics, zones, window, prices);
        if facts.is_in_availability_zone(gateway) {
            cost
        } else {
            nat_gateway::without_prices(&cost)
        }
    };
    let gateways = facts.nat_gateways.iter();
    gateways.map(|(id, it)| (id.clone(), cost(it))).collect()
}

/// What the flow logs show of each NAT gateway.
fn nat_traffic(attribution: &Attribution) -> BTreeMap<NatGatewayId, NatTraffic> {
    let gateways = attribution.nat_gateways.iter();
    let skipped = |id: &NatGatewayId| attribution.skipped.get(id).copied();
    let traffic = |id: &NatGatewayId, shares: &Shares| NatTraffic {
        flow_log_bytes: shares.bytes,
        ambiguous_bytes: shares.ambiguous,
        // No endpoint service of AWS takes them.
        unmatched_bytes: shares.unmatched + shares.partner,
        skipped_records: skipped(id).unwrap_or_default(),
    };
    gateways
        .map(|(id, shares)| (id.clone(), traffic(id, shares)))
        .collect()
}
