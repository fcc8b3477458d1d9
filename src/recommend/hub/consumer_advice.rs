//! What the rows about one consumer have in common: a VPC and a service in the light of the plan.

use rust_decimal::Decimal;

use super::{consumers::Consumer, plan::Plan};
use crate::{
    model::{
        kind::EndpointType,
        opportunity::{Action, Basis, Money, Opportunity},
        shared_text::SharedText,
    },
    recommend::{
        context::RuleContext,
        row::{self, Advice, by_zones},
    },
};

const INTERFACE: Option<EndpointType> = Some(EndpointType::Interface);

/// A VPC and a service in the light of the plan.
pub(super) struct ConsumerAdvice<'t, 'w> {
    pub(super) context: &'t RuleContext<'w>,
    pub(super) service: &'t str,
    pub(super) consumer: &'t Consumer<'w>,
    pub(super) plan: &'t Plan<'w>,
}

impl ConsumerAdvice<'_, '_> {
    pub(super) fn row(&self, action: Action, reason: String, money: Money) -> Opportunity {
        let basis = self.consumer.gb.map_or(Basis::Unknown, |_| Basis::Measured);
        let advice = Advice {
            action,
            reason,
            basis,
            money,
        };
        row::row(self.consumer.vpc, Some(self.service), INTERFACE, advice)
    }

    /// GB through NAT gateways and what bounds them, in every row.
    pub(super) fn money(&self) -> Money {
        let consumer = self.consumer;
        let out = consumer.egress.gb_usd();
        let own = out
            .zip(consumer.zones)
            .and_then(|(out, zones)| self.plan.prices.own_pays_from(out, zones));
        Money {
            gb_month: consumer.gb.map(|it| it.nat),
            ceiling: consumer.egress.ceiling.filter(|_| consumer.gb.is_none()),
            break_even: own.filter(|it| !it.is_zero()),
            ..Money::default()
        }
    }

    /// From when an endpoint pays, in one zone and in all of them.
    pub(super) fn bounds(&self) -> String {
        let (consumer, prices) = (self.consumer, &self.plan.prices);
        let Some(out) = consumer.egress.gb_usd() else {
            return String::new();
        };
        let zones = 1..=consumer.zones.unwrap_or_default();
        let bounds: Vec<Decimal> = zones
            .filter_map(|it| prices.own_pays_from(out, it))
            .collect();
        match (bounds.is_empty(), prices.endpoint_gb) {
            (false, _) => format!("One pays from {}.", by_zones(&bounds)),
            (true, Some(gb)) if out <= gb => "A GB costs no less through an endpoint.".to_owned(),
            _ => String::new(),
        }
    }
}

/// The endpoint service's full name.
pub(super) fn name(context: &RuleContext<'_>, consumer: &Consumer<'_>) -> Option<SharedText> {
    let listed = consumer.offer.listed;
    let listed = listed.map(|it| context.texts.share(&it.service_name));
    listed.or_else(|| consumer.calls.here?.names.endpoint_service_name.clone())
}
