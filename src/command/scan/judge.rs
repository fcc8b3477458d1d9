//! From the facts to the report: classify, price, build. No call is made here.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    classify::{bytes, central_egress, egress, host::HostRules, path::Ways, posture, service},
    collect::nat_metrics,
    cost::{endpoint, nat_gateway, price_book::PriceBook, scan},
    model::{
        facts::Facts,
        index::ByVpc,
        report::{CoverageRow, HostRow, Report},
        rows::Rows,
        run::{Run, Window},
    },
    recommend::{self, NatTraffic, Seen},
    report::{
        build::{self, Large},
        services,
        view::{Judged, Parts},
    },
};

/// Judges the facts of a run.
pub(in crate::command) fn report(
    facts: Facts,
    coverage: Rows<CoverageRow>,
    run: Run,
    prices: &PriceBook,
) -> anyhow::Result<Report> {
    let shared = Arc::new(facts);
    let facts = shared.as_ref();
    let window = Window {
        start: run.window_start,
        end: run.window_end,
    };
    let index = ByVpc::new(facts);
    let rules = Arc::new(service::rules(facts)?);
    let ways = Ways::new(facts, &rules);
    let judge = service::Judge::new(facts, &rules, &ways, &index);
    let mut called = judge.all_services();
    let central_egress = central_egress::of_all(facts, &index);
    let attribution = bytes::attribute(&judge, &central_egress);
    bytes::apply(&attribution, &judge, &mut called);
    let postures = posture::judge(&judge, &called);
    let nat_costs = facts
        .nat_gateways
        .iter()
        .map(|(id, gateway)| {
            let zones = facts.nat_gateway_zones(gateway).len();
            let metrics = facts.nat_metrics.get(id);
            (
                id.clone(),
                nat_gateway::cost(gateway, metrics, zones, window, prices),
            )
        })
        .collect();
    let measured = attribution.endpoints.iter();
    let endpoint_gb_month = measured
        .filter_map(|(id, bytes)| Some((id.clone(), endpoint::gb_month(*bytes, window)?)))
        .collect();
    let endpoint_costs = endpoint::costs(facts.endpoints.values(), &endpoint_gb_month, prices);
    let egress: BTreeMap<_, _> = facts
        .distinct_vpcs()
        .into_iter()
        .map(|vpc| (vpc.vpc_id.clone(), egress::egress(&index, &vpc.vpc_id)))
        .collect();
    let service_names = facts
        .endpoints
        .values()
        .filter_map(|endpoint| {
            let name = &endpoint.service_name;
            Some((
                name.clone(),
                rules.split_endpoint_service_name(name)?.0.to_owned(),
            ))
        })
        .collect();
    let gateways = attribution.nat_gateways.iter();
    let nat_traffic = gateways
        .map(|(id, shares)| {
            let traffic = NatTraffic {
                flow_log_bytes: shares.bytes,
                ambiguous_bytes: shares.ambiguous,
                unmatched_bytes: shares.unmatched,
            };
            (id.clone(), traffic)
        })
        .collect();
    let advice = recommend::advise(&Seen {
        facts,
        rules: &rules,
        index: &index,
        services: &called,
        postures: &postures,
        central_egress: &central_egress,
        nat_costs: &nat_costs,
        endpoint_costs: &endpoint_costs,
        nat_traffic: &nat_traffic,
        prices,
        window,
    });
    let logs_scan = scan::logs(&facts.bytes_scanned, prices);
    let metrics = scan::metrics(facts, nat_metrics::METRICS_PER_GATEWAY, prices);
    let query_logs = scan::query_logs(facts, window, prices);
    let parts = Parts {
        facts,
        index: &index,
        egress: &egress,
        central_egress: &central_egress,
        service_names: &service_names,
        nat_costs: &nat_costs,
        endpoint_costs: &endpoint_costs,
        postures: &postures,
        hub_or_own: &advice.hub_or_own,
        attribution: &attribution,
        logs_scan,
        metrics,
        query_logs,
        prices: prices.used(),
        run,
    };
    let hosts = hosts(Arc::clone(&shared), Arc::clone(&rules));
    let judged = Judged {
        services: called,
        opportunities: advice.opportunities,
    };
    Ok(build::report(&parts, judged, Large { coverage, hosts }))
}

/// The hosts of all VPCs, judged anew each time that they are asked for.
fn hosts(facts: Arc<Facts>, rules: Arc<HostRules>) -> Rows<HostRow> {
    Rows::made_by(move |take| {
        let (index, ways) = (ByVpc::new(&facts), Ways::new(&facts, &rules));
        let judge = service::Judge::new(&facts, &rules, &ways, &index);
        for vpc in facts.distinct_vpcs() {
            let rows = services::hosts_of_vpc(vpc, judge.hosts(vpc));
            rows.iter().try_for_each(&mut *take)?;
        }
        Ok(())
    })
}
