//! From facts and judgements to the view model: the tables one by one.

use std::sync::Arc;

use super::{
    network, services,
    view::{Judged, View, hand_over, table},
    vpc_hosts,
};
use crate::model::{
    report::{CoverageRow, Report, SCHEMA_VERSION},
    rows::Rows,
    vpc_hosts::HostsOfVpc,
};

/// What is read or judged again whenever it is written: there is most of it.
#[derive(Debug)]
pub struct Large {
    /// The cells.
    pub coverage: Rows<CoverageRow>,
    /// The hosts, VPC by VPC in the order of `vpcs.csv`.
    pub hosts: Rows<HostsOfVpc>,
}

/// Builds the report.
pub fn report(mut judged: Judged, large: Large) -> Report {
    services::sort(&mut judged.services);
    let judged = &Arc::new(judged);
    let view = View::new(judged);
    let endpoints = table(judged, |view, take| hand_over(view.endpoints(), take));
    Report {
        schema_version: SCHEMA_VERSION,
        generated_at: judged.run.finished_at,
        tool: concat!("vpce-scout ", env!("CARGO_PKG_VERSION")).to_owned(),
        run: judged.run.clone(),
        totals: view.totals(),
        prices: judged.prices.clone(),
        accounts: view.accounts(),
        coverage: large.coverage,
        vpcs: table(judged, |view, take| hand_over(view.vpcs(), take)),
        vpc_services: table(judged, |view, take| hand_over(view.vpc_services(), take)),
        services: view.services(),
        hosts: services::hosts(large.hosts.clone()),
        nat_gateways: table(judged, |view, take| hand_over(view.nat_gateways(), take)),
        endpoints,
        flow_usage: table(judged, |view, take| hand_over(view.flow_usage(), take)),
        findings: network::findings(view.endpoints()),
        opportunities: table(judged, |view, take| hand_over(view.opportunities(), take)),
        hub_or_own: view.hub_or_own(),
        vpc_hosts: vpc_hosts::of(judged, large.hosts),
    }
}
