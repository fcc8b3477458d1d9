//! Interface endpoints that lack a zone in which the VPC has subnets and the service is offered.

use super::{
    context::RuleContext,
    row::{self, Advice, usd},
};
use crate::{
    cost::break_even::UnitPrices,
    model::{
        inventory::Vpc,
        kind::EndpointType,
        opportunity::{Action, Basis, Money, Opportunity},
        posture::Finding,
    },
};

/// The rows of a VPC. An endpoint that nobody uses is removed rather than enlarged.
pub(super) fn rows(context: &RuleContext<'_>, vpc: &Vpc) -> Vec<Opportunity> {
    let found = context
        .found(vpc, Finding::AvailabilityZonesMissing)
        .into_iter();
    found
        .filter_map(|(endpoint, service)| {
            let posture = context.posture(endpoint)?;
            let zones = posture.missing_availability_zones.as_ref()?;
            if posture.findings.contains(&Finding::Idle) {
                return None;
            }
            let hours = UnitPrices::of(&vpc.target.region, context.input.prices).endpoint_hours(zones.len());
            let price = hours.map_or_else(|| "their price is not known".to_owned(), |it| format!("they cost {} a month", usd(it)));
            let advice = Advice {
                action: Action::AddAvailabilityZones,
                reason: format!(
                    "{} of {service} has no interface in {}: traffic from there crosses zones and depends on another one. It is no saving: {price}.",
                    endpoint.endpoint_id,
                    zones.join(", ")
                ),
                basis: Basis::Unknown,
                money: Money { endpoint: hours, ..Money::default() },
            };
            let mut row = row::row(vpc, Some(service), Some(EndpointType::Interface), advice);
            row.endpoint_service_name = Some(context.texts.share(&endpoint.service_name));
            let calls = context.calls_to(&vpc.vpc_id, service);
            row.query_count = calls.and_then(|it| it.here).map(|it| it.queries);
            Some(row)
        })
        .collect()
}
