//! From facts and judgements to the view model: the tables one by one.

use std::collections::BTreeMap;

use super::{
    network, services,
    view::{Judged, Parts, View},
    vpcs::aws_usage,
};
use crate::model::{
    inventory::Vpc,
    report::{CoverageRow, HostRow, Report, SCHEMA_VERSION, Totals},
    rows::Rows,
};

/// The tables that are not held, but made again whenever they are written.
#[derive(Debug)]
pub struct Large {
    /// The cells.
    pub coverage: Rows<CoverageRow>,
    /// The hosts, VPC by VPC in the order of `vpcs.csv`.
    pub hosts: Rows<HostRow>,
}

/// Builds the report.
pub fn report(parts: &Parts<'_>, judged: Judged, large: Large) -> Report {
    let names = parts.facts.account_names();
    let vpcs: BTreeMap<String, &Vpc> = parts
        .facts
        .distinct_vpcs()
        .into_iter()
        .map(|vpc| (vpc.vpc_id.clone(), vpc))
        .collect();
    let aws = aws_usage(&judged.services);
    let view = View {
        parts,
        names: &names,
        vpcs: &vpcs,
        aws: &aws,
    };
    let vpc_rows = view.vpcs();
    let vpc_services = view.vpc_services(judged.services);
    let mut nat_gateways = network::nat_gateways(parts.facts, &names, parts.nat_costs);
    view.fill_nat_gateways(&mut nat_gateways);
    let opportunities = view.opportunities(judged.opportunities);
    let mut report = Report {
        schema_version: SCHEMA_VERSION,
        generated_at: parts.run.finished_at,
        tool: concat!("vpce-scout ", env!("CARGO_PKG_VERSION")).to_owned(),
        run: parts.run.clone(),
        totals: Totals::default(),
        prices: parts.prices.clone(),
        accounts: view.accounts(),
        coverage: large.coverage,
        services: services::services(&vpc_services, &opportunities),
        hosts: large.hosts,
        endpoints: network::endpoints(
            parts.facts,
            &names,
            parts.endpoint_costs,
            parts.service_names,
            parts.postures,
        ),
        findings: Vec::new(),
        opportunities,
        hub_or_own: view.hub_or_own(),
        flow_usage: view.flow_usage(),
        vpcs: vpc_rows,
        vpc_services,
        nat_gateways,
    };
    report.findings = network::findings(&report.endpoints);
    report.totals = view.totals(&report);
    report
}
