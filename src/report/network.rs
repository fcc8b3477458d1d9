//! Rows of `nat_gateways.csv` and `endpoints.csv`.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, RoundingStrategy::MidpointAwayFromZero};

use crate::model::{
    cost::{EndpointCost, NatGatewayCost},
    coverage::Step,
    facts::Facts,
    id::AccountId,
    money::Amount,
    posture::{EndpointPosture, Finding},
    report::{EndpointRow, FindingRow, NatGatewayRow},
};

/// Decimal places of a sum of money in a report.
const CENTS: u32 = 2;
/// Decimal places of GB and hours.
const FINE: u32 = 4;

/// A sum of money, to the cent.
pub(super) fn usd(amount: Option<Decimal>) -> Option<Amount> {
    amount.map(|amount| {
        Amount(
            amount
                .round_dp_with_strategy(CENTS, MidpointAwayFromZero)
                .normalize(),
        )
    })
}

pub(super) fn fine(quantity: Option<Decimal>) -> Option<Amount> {
    quantity.map(|quantity| Amount(quantity.round_dp(FINE).normalize()))
}

pub(super) fn nat_gateways(
    facts: &Facts,
    names: &BTreeMap<&AccountId, &str>,
    costs: &BTreeMap<String, NatGatewayCost>,
) -> Vec<NatGatewayRow> {
    let mut rows: Vec<_> = facts
        .nat_gateways
        .values()
        .map(|gateway| {
            let metrics = facts.nat_metrics.get(&gateway.nat_gateway_id);
            let cost = costs
                .get(&gateway.nat_gateway_id)
                .cloned()
                .unwrap_or_default();
            NatGatewayRow {
                account_id: gateway.target.account_id.clone(),
                account_name: names
                    .get(&gateway.target.account_id)
                    .map(ToString::to_string),
                region: gateway.target.region.clone(),
                vpc_id: gateway.vpc_id.clone(),
                nat_gateway_id: gateway.nat_gateway_id.clone(),
                name: gateway.name.clone(),
                state: gateway.state.clone(),
                connectivity_type: gateway.connectivity_type.clone(),
                availability_mode: gateway.availability_mode.clone(),
                availability_zones: facts.nat_gateway_zones(gateway),
                created_at: gateway.created_at.map(|time| time.to_string()),
                window_hours: fine(cost.window_hours),
                bytes_in_from_source: metrics.and_then(|it| it.bytes_in_from_source),
                bytes_in_from_destination: metrics.and_then(|it| it.bytes_in_from_destination),
                gb_processed_month: fine(cost.gb_processed_month),
                hour_price_usd: cost.hour_price_usd.map(Amount),
                gb_price_usd: cost.gb_price_usd.map(Amount),
                monthly_hours_usd: usd(cost.monthly_hours_usd),
                monthly_data_usd: usd(cost.monthly_data_usd),
                monthly_total_usd: usd(cost.monthly_total_usd),
                idle: cost.idle,
                flow_log_bytes: None,
                attributed_bytes: None,
                ambiguous_bytes: None,
                unmatched_bytes: None,
                flow_log_difference_percent: None,
                public_ipv4_addresses: cost.public_ipv4_addresses,
                monthly_public_ipv4_usd: usd(cost.monthly_public_ipv4_usd),
                window_billed_hours: fine(cost.window_billed_hours),
                window_usd: usd(cost.window_usd),
                flow_log_skipped_records: None,
            }
        })
        .collect();
    rows.sort_by(|a, b| {
        (&a.account_id, &a.region, &a.nat_gateway_id).cmp(&(
            &b.account_id,
            &b.region,
            &b.nat_gateway_id,
        ))
    });
    rows
}

pub(super) fn endpoints(
    facts: &Facts,
    names: &BTreeMap<&AccountId, &str>,
    costs: &BTreeMap<String, EndpointCost>,
    services: &BTreeMap<String, String>,
    postures: &BTreeMap<String, EndpointPosture>,
) -> Vec<EndpointRow> {
    let subnets_known = facts.complete(Step::Subnets);
    let mut rows: Vec<_> = facts
        .endpoints
        .values()
        .map(|endpoint| {
            let zones: BTreeSet<_> = endpoint
                .subnet_ids
                .iter()
                .filter_map(|id| Some(facts.subnets.get(id)?.availability_zone.clone()))
                .collect();
            let known = subnets_known.contains(&endpoint.target);
            let posture = postures
                .get(&endpoint.endpoint_id)
                .cloned()
                .unwrap_or_default();
            let cost = costs
                .get(&endpoint.endpoint_id)
                .cloned()
                .unwrap_or_default();
            EndpointRow {
                account_id: endpoint.target.account_id.clone(),
                account_name: names
                    .get(&endpoint.target.account_id)
                    .map(ToString::to_string),
                region: endpoint.target.region.clone(),
                vpc_id: endpoint.vpc_id.clone(),
                endpoint_id: endpoint.endpoint_id.clone(),
                service: services
                    .get(&endpoint.service_name)
                    .unwrap_or(&endpoint.service_name)
                    .clone(),
                endpoint_type: endpoint.endpoint_type.clone(),
                state: endpoint.state.clone(),
                private_dns_enabled: endpoint.private_dns_enabled,
                subnets: endpoint.subnet_ids.clone(),
                availability_zones: known.then(|| zones.into_iter().collect()),
                missing_availability_zones: posture.missing_availability_zones,
                route_tables: endpoint.route_table_ids.clone(),
                missing_route_tables: posture.missing_route_tables,
                security_group_allows_443: posture.security_group_allows_443,
                full_access_policy: posture.full_access_policy,
                monthly_usd: usd(cost.known_usd()),
                findings: posture.findings,
                monthly_hours_usd: usd(cost.monthly_hours_usd),
                gb_processed_month: fine(cost.gb_month),
                monthly_data_usd: usd(cost.monthly_data_usd),
            }
        })
        .collect();
    rows.sort_by(|a, b| {
        (&a.account_id, &a.region, &a.endpoint_id).cmp(&(&b.account_id, &b.region, &b.endpoint_id))
    });
    rows
}

/// What the ids in `endpoints.csv` mean, of those that are there.
pub(super) fn findings(endpoints: &[EndpointRow]) -> Vec<FindingRow> {
    let count = |finding| {
        let has = endpoints
            .iter()
            .filter(|row| row.findings.contains(&finding));
        super::view::count(has.count())
    };
    Finding::ALL
        .into_iter()
        .map(|finding| FindingRow {
            finding,
            endpoints: count(finding),
            meaning: finding.sentence().to_owned(),
        })
        .filter(|row| row.endpoints > 0)
        .collect()
}
