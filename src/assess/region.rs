//! One Region: classify, price, advise, write the rows.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AssessError, Context,
    kept_opportunities::KeptOpportunities,
    services::hosts_of_vpc,
    tables::{Tables, Wanted},
    totals::Sums,
    view::{RegionFindings, RegionView, View, WaysOut},
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
        flow::FlowSource,
        id::{NatGatewayId, Region, VpcEndpointId, VpcId},
        index::ByVpc,
        inventory::NatGateway,
        run::Window,
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
    /// What a bill is held against.
    pub(super) computed: bill::ByItem,
}

/// Assesses the facts of a Region and writes its rows.
pub(super) fn assess(
    context: &Context<'_>,
    tables: &Tables<'_>,
    region: &Region,
    facts: &Facts,
    flows: Vec<FlowSource>,
) -> Result<RegionAssessment, AssessError> {
    let (window, prices, rules) = (context.window, context.prices, context.rules);
    let index = ByVpc::new(facts);
    let addresses = EndpointAddresses::new(facts, rules);
    let classifier = UsageClassifier::new(facts, rules, context.partners, &addresses, &index);
    let ways_out = WaysOut {
        central_egress: central_egress::of_all(facts, &index),
        closed: central_egress::closed(facts, &index),
    };
    let central_egress = &ways_out.central_egress;
    let mut attribution = bytes::attribute(&classifier, central_egress, &flows);
    let zone_crossings = zone_crossing::of_all(facts, &index, &attribution, &flows);
    drop(flows);
    let region_view = RegionView::new(context, facts, &index, &classifier);
    tables.begin(Some(region));
    let mut sums = Sums::of_facts(&region_view, &attribution);
    let services = region_view.usage(tables, &ways_out, &mut attribution, &mut sums)?;
    let partners = partner_usage::all(&classifier, &attribution);
    let postures = posture::assess(&classifier, &services, &attribution, window);
    // What is ambiguous is no matter from here on.
    attribution.ambiguous = BTreeSet::new();
    let nat_costs = nat_costs(facts, window, prices);
    let endpoint_gb_month = endpoint::measured_gb_month(facts, &attribution.endpoints, window);
    let endpoint_costs = endpoint::costs(facts.endpoints.values(), &endpoint_gb_month, prices);
    let input = AdvisorInput {
        facts,
        rules,
        index: &index,
        services: &services,
        partners: &partners,
        postures: &postures.by_endpoint,
        central_egress,
        closed_beyond_transit_gateway: &ways_out.closed,
        nat_costs: &nat_costs,
        endpoint_costs: &endpoint_costs,
        zone_crossings: &zone_crossings,
        nat_traffic: &nat_traffic(&attribution),
        prices,
        window,
    };
    let mut kept = KeptOpportunities::new(&region_view, tables)?;
    let advice = recommend::advise(&input, &mut kept);
    for it in &advice.opportunities {
        sums.opportunities.add(it);
        kept.write(tables, it)?;
    }
    let (hub_or_own, partner_money) = (advice.hub_or_own, advice.partners);
    let estimate_of = |request| recommend::estimate(&input, region, request);
    let estimate = context.estimate.map(estimate_of);
    let is_unused = |id: &VpcEndpointId| {
        let posture = postures.by_endpoint.get(id);
        posture.is_some_and(|it| it.idle != Some(false))
    };
    let unused = facts.endpoints.iter().filter(|(id, _)| is_unused(id));
    let unused = unused.map(|(id, it)| (id.clone(), it.vpc_id.clone()));
    let unused = unused.collect();
    let (chargeback, computed) = match tables.wanted() {
        Wanted::Advice => (Vec::new(), bill::ByItem::new()),
        Wanted::All => (
            chargeback::of_hubs(ChargebackInput {
                facts,
                central_egress,
                attribution: &attribution,
                nat_costs: &nat_costs,
            }),
            match context.organization.bill {
                Some(_) => bill::computed(facts, &nat_costs, &endpoint_costs, window, prices),
                None => bill::ByItem::new(),
            },
        ),
    };
    let view = View::new(
        &region_view,
        RegionFindings {
            nat_costs,
            endpoint_costs,
            postures: postures.by_endpoint,
            zone_crossings,
            attribution,
            hub_or_own,
            partners: partners.into_iter().zip(partner_money).collect(),
            chargeback,
        },
    );
    match tables.wanted() {
        Wanted::All => view.write(tables, &mut sums)?,
        Wanted::Advice => {
            region_view.write_hosts(tables, kept.led())?;
            sums = Sums::default();
        }
    }
    Ok(RegionAssessment {
        sums,
        answered_elsewhere: postures.answered_elsewhere,
        hubs_elsewhere: postures.hubs_elsewhere,
        unused,
        estimate,
        computed,
    })
}

impl RegionView<'_> {
    /// Writes the rows of VPCs, of the services that they call and of the hosts that they asked for, and
    /// returns what the advice needs of the services.
    fn usage(
        &self,
        tables: &Tables<'_>,
        ways_out: &WaysOut,
        attribution: &mut Attribution,
        sums: &mut Sums,
    ) -> Result<Vec<VpcService>, AssessError> {
        let mut services = Vec::new();
        bytes::each_vpc(attribution, self.classifier, |used| {
            if tables.wanted() == Wanted::All {
                let (vpc, called) = (used.vpc, &used.services);
                let key = vpc.target.account_id.as_str().as_bytes();
                let row = self.vpc_row(vpc, called, ways_out);
                sums.add_vpc(self, &row);
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
    /// Writes the rows of what was judged, and adds them to the sums.
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
        for row in self.partner_services() {
            tables.add(row.account_id.as_str().as_bytes(), &row)?;
        }
        for row in self.egress_chargeback() {
            tables.add(row.hub_account_id.as_str().as_bytes(), &row)?;
        }
        for row in self.hub_or_own() {
            // By Region, in which they are sorted by service.
            tables.add(&[], &row)?;
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
