//! Interface endpoints of services that a VPC calls publicly: one of its own, that of a hub, or none.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::{
    caveats,
    hub::{Case, Choice, Plan, State},
    row::{self, Said, by_zones, gb, usd, zones},
    use_hub,
    world::{Calls, World},
};
use crate::{
    cost::hub::Way,
    model::{
        inventory::Vpc,
        opportunity::{Action, Basis, Caveat, Money, Opportunity},
    },
};

const INTERFACE: Option<&str> = Some("Interface");

/// The row of a case: none for an endpoint in use that stays.
pub(super) fn row_of(
    world: &World<'_>,
    service: &str,
    case: &Case<'_>,
    choice: Option<Choice>,
    plan: &Plan<'_>,
) -> Option<Opportunity> {
    let told = Told {
        world,
        service,
        case,
        plan,
    };
    let mut row = match (choice, case.state) {
        (Some(choice), _) if choice.way == Way::Hub => told.by_plan(choice)?,
        (_, State::Own(_)) => return None,
        (Some(choice), _) if choice.way == Way::Own => told.by_plan(choice)?,
        (choice, _) => use_hub::working(&told, choice).unwrap_or_else(|| told.none(choice)),
    };
    row.query_count = case.calls.here.map(|it| it.queries);
    row.endpoint_service_name = name(case);
    row.caveats
        .extend(caveats::of_names(world, case.vpc, service, &case.calls));
    if !matches!(row.action, Action::UseHub) {
        row.caveats
            .extend(caveats::of_interface(case.vpc, case.offer));
        if !case.zones_without.is_empty() {
            row.caveats.insert(Caveat::ZonesNotOffered);
            // Writing to a String cannot fail.
            let _ = write!(
                row.reason,
                " The service is not offered in {}, where the VPC has subnets.",
                case.zones_without.join(", ")
            );
        }
    }
    if row.basis == Basis::Unknown && world.shares_way_out(&case.way) {
        row.caveats.insert(Caveat::CeilingShared);
    }
    Some(row)
}

/// A VPC and a service in the light of the plan.
pub(super) struct Told<'t, 'w> {
    pub(super) world: &'t World<'w>,
    pub(super) service: &'t str,
    pub(super) case: &'t Case<'w>,
    pub(super) plan: &'t Plan<'w>,
}

impl Told<'_, '_> {
    pub(super) fn row(&self, action: Action, reason: String, money: Money) -> Opportunity {
        let basis = self.case.gb.map_or(Basis::Unknown, |_| Basis::Measured);
        let said = Said {
            action,
            reason,
            basis,
            money,
        };
        row::row(self.case.vpc, Some(self.service), INTERFACE, said)
    }

    /// GB through NAT gateways and what bounds them, in every row.
    pub(super) fn money(&self) -> Money {
        let case = self.case;
        let out = case.way.gb_usd();
        let own = out
            .zip(case.zones)
            .and_then(|(out, zones)| self.plan.prices.own_pays_from(out, zones));
        Money {
            gb_month: case.gb.map(|it| it.nat),
            ceiling: case.way.ceiling.filter(|_| case.gb.is_none()),
            break_even: own.filter(|it| !it.is_zero()),
            ..Money::default()
        }
    }

    /// What the plan gains, by an endpoint of its own or by the hub.
    fn by_plan(&self, choice: Choice) -> Option<Opportunity> {
        let case = self.case;
        let money = Money {
            endpoint: Some(choice.then),
            nat: Some(choice.now).filter(|_| case.is_open()),
            saving: Some(choice.now - choice.then),
            ..self.money()
        };
        let service = self.service;
        let now = match case.state {
            State::Own(endpoint) => format!(
                "{} of {service} costs {} a month",
                endpoint.endpoint_id,
                usd(choice.now)
            ),
            _ => format!(
                "{service} is called publicly: {} a month through NAT gateways cost {}",
                gb(case.gb?.nat),
                usd(choice.now)
            ),
        };
        if choice.way == Way::Own {
            let reason = format!(
                "{now}, an endpoint in {} {}. {}",
                zones(case.zones?),
                usd(choice.then),
                self.bounds()
            );
            return Some(self.row(Action::Create, reason.trim_end().to_owned(), money));
        }
        use_hub::by_plan(self, choice, &now, money)
    }

    /// Nothing is proposed, and why.
    fn none(&self, choice: Option<Choice>) -> Opportunity {
        let (case, service) = (self.case, self.service);
        let mut money = self.money();
        let mut caveats = Vec::new();
        let bounds = self.bounds();
        let reason = match (choice, case.gb) {
            _ if matches!(case.state, State::Hidden) => {
                caveats.push(Caveat::WayUnknown);
                format!("{service} is called, and no answer shows by which way. {bounds}")
            }
            _ if case.way.passes_none() => {
                format!(
                    "{service} is called publicly, and no NAT gateway is on the way: an endpoint would cost and save nothing."
                )
            }
            (Some(choice), Some(measured)) => {
                money.nat = Some(choice.now);
                money.endpoint = choice.own;
                let own = choice.own.map_or_else(
                    || "what an endpoint would cost is not known".to_owned(),
                    |it| {
                        format!(
                            "an endpoint in {} would cost {}",
                            zones(case.zones.unwrap_or_default()),
                            usd(it)
                        )
                    },
                );
                format!(
                    "It does not pay: {} a month to {service} through NAT gateways cost {}, {own}. {bounds}",
                    gb(measured.nat),
                    usd(choice.now)
                )
            }
            (None, Some(measured)) => {
                caveats.push(Caveat::PriceUnknown);
                format!(
                    "{} a month to {service} pass NAT gateways, and what they cost is not known.",
                    gb(measured.nat)
                )
            }
            (_, None) => {
                format!(
                    "{service} is called publicly, and its bytes are not measured: whether an endpoint pays is not known. {bounds}"
                )
            }
        };
        let mut row = self.row(Action::None, reason.trim_end().to_owned(), money);
        row.caveats.extend(caveats);
        if case.gb.is_none()
            && case
                .way
                .gb_usd()
                .zip(self.plan.prices.endpoint_gb)
                .is_none()
        {
            row.caveats.insert(Caveat::PriceUnknown);
        }
        row
    }

    /// From when an endpoint pays, in one zone and in all of them.
    fn bounds(&self) -> String {
        let (case, prices) = (self.case, &self.plan.prices);
        let Some(out) = case.way.gb_usd() else {
            return String::new();
        };
        let zones = 1..=case.zones.unwrap_or_default();
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

/// Calls by names alone that an endpoint in the VPC's region does not answer for.
pub(super) fn out_of_reach(
    world: &World<'_>,
    vpc: &Vpc,
    service: &str,
    calls: &Calls<'_>,
) -> Opportunity {
    let mut regions: Vec<&str> = calls
        .elsewhere
        .iter()
        .filter_map(|it| it.service_region.as_deref())
        .collect();
    regions.sort_unstable();
    let names = match (calls.global.is_some(), regions.is_empty()) {
        (true, true) => "names without a region".to_owned(),
        (true, false) => format!("names without a region and of {}", regions.join(", ")),
        _ => format!("names of {}", regions.join(", ")),
    };
    let said = Said {
        action: Action::None,
        reason: format!(
            "{service} is called by {names} alone, for which an endpoint in {} does not answer.",
            vpc.target.region
        ),
        basis: Basis::Unknown,
        money: Money::default(),
    };
    let mut row = row::row(vpc, Some(service), INTERFACE, said);
    let rows = calls.global.iter().chain(&calls.elsewhere);
    row.query_count = Some(rows.map(|it| it.queries).sum());
    row.caveats
        .extend(caveats::of_names(world, vpc, service, calls));
    row
}

/// The endpoint service's full name.
pub(super) fn name(case: &Case<'_>) -> Option<String> {
    let told = case.offer.told.map(|it| it.service_name.clone());
    told.or_else(|| case.calls.here?.endpoint_service_name.clone())
}
