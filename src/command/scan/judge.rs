//! From the facts to the report: classify, price, build. No call is made here.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    classify::{
        bytes, central_egress, egress, host::HostRules, path::EndpointAddresses, posture, service,
    },
    cost::{endpoint, nat_gateway, price_book::PriceBook, scan},
    model::{
        bytes::{Attribution, Shares},
        cost::NatGatewayCost,
        facts::Facts,
        index::ByVpc,
        inventory::NatGateway,
        report::{CoverageRow, Report},
        rows::Rows,
        run::{Run, Window},
        vpc_hosts::HostsOfVpc,
    },
    recommend::{self, AdvisorInput, NatTraffic},
    report::{
        build::{self, Large},
        services,
        view::Judged,
    },
};

/// Judges the facts of a run.
pub(in crate::command) fn report(
    facts: Facts,
    coverage: Rows<CoverageRow>,
    run: Run,
    prices: &PriceBook,
) -> anyhow::Result<Report> {
    let facts = Arc::new(facts);
    let rules = Arc::new(service::rules(&facts)?);
    let hosts = hosts(Arc::clone(&facts), Arc::clone(&rules));
    let judged = judged(facts, &rules, run, prices);
    Ok(build::report(judged, Large { coverage, hosts }))
}

fn judged(shared: Arc<Facts>, rules: &HostRules, run: Run, prices: &PriceBook) -> Judged {
    let facts = shared.as_ref();
    let window = Window {
        start: run.window_start,
        end: run.window_end,
    };
    let index = ByVpc::new(facts);
    let ways = EndpointAddresses::new(facts, rules);
    let judge = service::UsageClassifier::new(facts, rules, &ways, &index);
    let mut services = judge.all_services();
    let central_egress = central_egress::of_all(facts, &index);
    let attribution = bytes::attribute(&judge, &central_egress);
    bytes::merge(&attribution, &judge, &mut services);
    let postures = posture::assess(&judge, &services, &attribution, window);
    let nat_costs = nat_costs(facts, window, prices);
    let endpoint_gb_month = endpoint::measured_gb_month(facts, &attribution.endpoints, window);
    let endpoint_costs = endpoint::costs(facts.endpoints.values(), &endpoint_gb_month, prices);
    let advice = recommend::advise(&AdvisorInput {
        facts,
        rules,
        index: &index,
        services: &services,
        postures: &postures,
        central_egress: &central_egress,
        nat_costs: &nat_costs,
        endpoint_costs: &endpoint_costs,
        nat_traffic: &nat_traffic(&attribution),
        prices,
        window,
    });
    let distinct = facts.distinct_vpcs().into_iter();
    Judged {
        egress: distinct
            .map(|vpc| (vpc.vpc_id.clone(), egress::egress(&index, &vpc.vpc_id)))
            .collect(),
        service_names: service_names(facts, rules),
        logs_scan: scan::logs(&facts.bytes_scanned, prices),
        metrics: scan::metrics(facts, prices),
        query_logs: scan::query_logs(facts, window, prices),
        prices: prices.used(),
        opportunities: advice.opportunities,
        hub_or_own: advice.hub_or_own,
        services,
        central_egress,
        nat_costs,
        endpoint_costs,
        postures,
        attribution,
        run,
        facts: shared,
    }
}

fn nat_costs(
    facts: &Facts,
    window: Window,
    prices: &PriceBook,
) -> BTreeMap<String, NatGatewayCost> {
    let cost = |gateway: &NatGateway| {
        let zones = facts.nat_gateway_zones(gateway).len();
        let metrics = facts.nat_metrics.get(&gateway.nat_gateway_id);
        nat_gateway::cost(gateway, metrics, zones, window, prices)
    };
    let gateways = facts.nat_gateways.iter();
    gateways.map(|(id, it)| (id.clone(), cost(it))).collect()
}

/// What the flow logs say of each NAT gateway.
fn nat_traffic(attribution: &Attribution) -> BTreeMap<String, NatTraffic> {
    let gateways = attribution.nat_gateways.iter();
    let traffic = |shares: &Shares| NatTraffic {
        flow_log_bytes: shares.bytes,
        ambiguous_bytes: shares.ambiguous,
        unmatched_bytes: shares.unmatched,
    };
    gateways
        .map(|(id, shares)| (id.clone(), traffic(shares)))
        .collect()
}

/// The services behind the names of the endpoints' services.
fn service_names(facts: &Facts, rules: &HostRules) -> BTreeMap<String, String> {
    let names = facts.endpoints.values().map(|it| &it.service_name);
    names
        .filter_map(|name| {
            let (service, _) = rules.split_endpoint_service_name(name)?;
            Some((name.clone(), service.to_owned()))
        })
        .collect()
}

/// The hosts of all VPCs, judged anew each time that they are asked for.
fn hosts(facts: Arc<Facts>, rules: Arc<HostRules>) -> Rows<HostsOfVpc> {
    Rows::made_by(move |take| {
        let (index, ways) = (ByVpc::new(&facts), EndpointAddresses::new(&facts, &rules));
        let judge = service::UsageClassifier::new(&facts, &rules, &ways, &index);
        let mut vpcs = facts.distinct_vpcs().into_iter();
        vpcs.try_for_each(|vpc| take(&services::hosts_of_vpc(vpc, judge.hosts(vpc))))
    })
}
