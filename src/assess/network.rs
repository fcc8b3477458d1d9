//! Rows of `nat_gateways.csv` and `endpoints.csv`.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use strum::VariantArray;

use super::{
    AssessError,
    figures::{fine, usd},
    tables::Tables,
    totals::Sums,
    view::View,
};
use crate::{
    cost::{component, endpoint},
    model::{
        cost::Component,
        coverage::Step,
        inventory::{Endpoint, NatGateway},
        money::{Amount, PriceItem},
        posture::Finding,
        report::{EndpointRow, FindingRow, NatGatewayRow},
    },
};

/// The remark on a gateway without a monthly rate.
const TOO_YOUNG: &str =
    "it existed for less than 24 hours of the window: what it costs a month is not known";
/// The remark on a gateway in a Local or a Wavelength Zone.
const OTHER_PRICES: &str =
    "it is in a Local or Wavelength Zone, which has prices of its own: what it costs is not known";
/// The same as the first where the window leaves no more.
const TOO_SHORT: &str =
    "the window is shorter than 24 hours: what the gateway costs a month is not known";

impl View<'_> {
    pub(super) fn nat_gateways(&self) -> impl Iterator<Item = NatGatewayRow> {
        let mut gateways: Vec<_> = self.facts.nat_gateways.values().collect();
        gateways.sort_by_key(|it| (&it.target, &it.nat_gateway_id));
        gateways.into_iter().map(|gateway| {
            let mut row = self.nat_gateway(gateway);
            self.fill_nat_gateway(&mut row);
            self.fill_zone_crossing(&mut row);
            row
        })
    }

    /// Fills the columns of subnets in other zones.
    fn fill_zone_crossing(&self, row: &mut NatGatewayRow) {
        let crossings = &self.judged.zone_crossings;
        let Some(crossing) = crossings.get(&row.nat_gateway_id) else {
            return;
        };
        let window = self.context.window;
        let gb = crossing
            .bytes()
            .and_then(|bytes| endpoint::gb_month(bytes, window));
        let between_zones = Component {
            name: "data between zones",
            item: PriceItem::InterAzGb,
            // Out of one zone and into the other.
            quantity: gb.map(|gb| gb * Decimal::TWO),
        };
        row.findings = vec![Finding::NatOtherZone];
        row.other_zone_subnets = texts(&crossing.subnet_ids);
        row.other_zone_gb_month = fine(gb);
        row.monthly_other_zone_usd = usd(component::cost(
            &between_zones,
            &row.region,
            self.context.prices,
        ));
    }

    fn nat_gateway(&self, gateway: &NatGateway) -> NatGatewayRow {
        let metrics = self.facts.nat_metrics.get(&gateway.nat_gateway_id);
        let cost = self.judged.nat_costs.get(&gateway.nat_gateway_id);
        let cost = cost.cloned().unwrap_or_default();
        NatGatewayRow {
            account_id: gateway.target.account_id.clone(),
            account_name: self.name(&gateway.target.account_id),
            region: gateway.target.region.clone(),
            vpc_id: gateway.vpc_id.clone(),
            nat_gateway_id: gateway.nat_gateway_id.clone(),
            name: gateway.name.clone(),
            state: gateway.state.clone(),
            connectivity_type: gateway.connectivity_type.clone(),
            availability_mode: gateway.availability_mode.clone(),
            availability_zones: self.facts.nat_gateway_zones(gateway),
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
            remark: self.remark(gateway, cost.young).map(str::to_owned),
            partner_bytes: None,
            findings: Vec::new(),
            other_zone_subnets: Vec::new(),
            other_zone_gb_month: None,
            monthly_other_zone_usd: None,
        }
    }

    /// Why a gateway has no monthly figures.
    fn remark(&self, gateway: &NatGateway, young: bool) -> Option<&'static str> {
        if !self.facts.is_in_availability_zone(gateway) {
            return Some(OTHER_PRICES);
        }
        let short = self.context.window.is_too_short();
        young.then_some(if short { TOO_SHORT } else { TOO_YOUNG })
    }

    pub(super) fn endpoints(&self) -> impl Iterator<Item = EndpointRow> {
        let mut endpoints: Vec<_> = self.facts.endpoints.values().collect();
        endpoints.sort_by_key(|it| (&it.target, &it.endpoint_id));
        endpoints.into_iter().map(|it| self.endpoint(it))
    }

    fn endpoint(&self, endpoint: &Endpoint) -> EndpointRow {
        let judged = &self.judged;
        let subnets = endpoint.subnet_ids.iter();
        let subnets = subnets.filter_map(|id| self.facts.subnets.get(id.as_str()));
        let zones: BTreeSet<_> = subnets.map(|it| it.availability_zone.to_string()).collect();
        let known = self
            .facts
            .complete(Step::Subnets)
            .contains(&endpoint.target);
        let posture = judged.postures.get(&endpoint.endpoint_id);
        let posture = posture.cloned().unwrap_or_default();
        let cost = judged.endpoint_costs.get(&endpoint.endpoint_id);
        let cost = cost.cloned().unwrap_or_default();
        let name = &endpoint.service_name;
        let service = self.context.rules.split_endpoint_service_name(name);
        let partner = self.context.partners.product_of_service(name);
        EndpointRow {
            account_id: endpoint.target.account_id.clone(),
            account_name: self.name(&endpoint.target.account_id),
            region: endpoint.target.region.clone(),
            vpc_id: endpoint.vpc_id.clone(),
            endpoint_id: endpoint.endpoint_id.clone(),
            service: service.map_or_else(|| name.clone(), |(service, _)| service.to_owned()),
            endpoint_type: endpoint.endpoint_type.clone(),
            state: endpoint.state.clone(),
            private_dns_enabled: endpoint.private_dns_enabled,
            subnets: texts(&endpoint.subnet_ids),
            availability_zones: known.then(|| zones.into_iter().collect()),
            missing_availability_zones: posture.missing_availability_zones,
            route_tables: texts(&endpoint.route_table_ids),
            missing_route_tables: posture.missing_route_tables,
            security_group_allows_443: posture.security_group_allows_443,
            full_access_policy: posture.full_access_policy,
            monthly_usd: usd(cost.known_usd()),
            findings: posture.findings,
            monthly_hours_usd: usd(cost.monthly_hours_usd),
            gb_processed_month: fine(cost.gb_month),
            monthly_data_usd: usd(cost.monthly_data_usd),
            name: endpoint.name.clone(),
            created_at: endpoint.created_at.map(|time| time.to_string()),
            requester_managed: endpoint.requester_managed,
            service_region: endpoint.service_region.clone(),
            ip_address_type: endpoint.ip_address_type.clone(),
            dns_record_ip_type: endpoint
                .dns_options
                .as_ref()
                .and_then(|it| it.record_ip_type.clone()),
            last_error: endpoint.last_error.clone(),
            failure_reason: endpoint.failure_reason.clone(),
            idle: posture.idle,
            idle_missing_proof: posture.idle_missing_proof,
            provider: partner.map(|it| it.provider.clone()),
            product: partner.map(|it| it.name.clone()),
            break_even_gb_month: fine(endpoint::pays_from(endpoint, self.context.prices)),
        }
    }
}

/// Writes what the ids in `endpoints.csv` mean, of those that are there.
pub(super) fn add_findings(tables: &Tables<'_>, sums: &Sums) -> Result<(), AssessError> {
    tables.begin(None);
    for &finding in Finding::VARIANTS {
        let endpoints = sums.findings.get(&finding).copied().unwrap_or_default();
        let nat_gateways = sums.nat_findings.get(&finding).copied();
        let nat_gateways = nat_gateways.unwrap_or_default();
        if endpoints == 0 && nat_gateways == 0 {
            continue;
        }
        let row = FindingRow {
            finding,
            endpoints,
            meaning: finding.sentence().to_owned(),
            nat_gateways,
        };
        tables.add(&[], &row)?;
    }
    Ok(())
}

/// Ids as a list of a row.
fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
