//! What the rows of all rules have in common, and how figures stand in sentences.

use rust_decimal::Decimal;

use super::context::RuleContext;
use crate::model::{
    caveat::CaveatSet,
    inventory::Vpc,
    kind::EndpointType,
    money,
    opportunity::{Action, Basis, Caveat, Money, Opportunity},
};

/// What a rule concludes about a VPC.
pub(super) struct Advice {
    pub(super) action: Action,
    pub(super) reason: String,
    pub(super) basis: Basis,
    pub(super) money: Money,
}

/// A row about a VPC and a service; the rest is filled in by the rule.
pub(super) fn row(
    vpc: &Vpc,
    service: Option<&str>,
    kind: Option<EndpointType>,
    advice: Advice,
) -> Opportunity {
    let mut reason = advice.reason;
    // A Region may have tens of thousands of rows at once.
    reason.shrink_to_fit();
    let mut caveats = CaveatSet::default();
    if !vpc.is_seen_by_owner() {
        caveats.insert(Caveat::SharedVpc);
    }
    Opportunity {
        account_id: RuleContext::owner(vpc).clone(),
        region: vpc.target.region.clone(),
        vpc_id: vpc.vpc_id.clone(),
        service: service.map(str::to_owned),
        endpoint_service_name: None,
        endpoint_type: kind,
        action: advice.action,
        reason,
        basis: advice.basis,
        query_count: None,
        money: cents(advice.money),
        hub: None,
        caveats,
        ceiling_group: None,
    }
}

/// Money to the cent, so that what is subtracted in a row is what stands in it.
fn cents(money: Money) -> Money {
    let round = |usd: Option<Decimal>| usd.map(|usd| money::round(usd, 2));
    let (endpoint, nat) = (round(money.endpoint), round(money.nat));
    let saving = match (money.saving, nat, endpoint) {
        (Some(_), Some(nat), Some(endpoint)) => Some(nat - endpoint),
        (saving, ..) => round(saving),
    };
    Money {
        endpoint,
        nat,
        saving,
        ceiling: round(money.ceiling),
        ..money
    }
}

/// `72.00 USD`
pub(super) fn usd(amount: Decimal) -> String {
    format!("{:.2} USD", money::round(amount, 2))
}

/// GB of which people need no more than whole ones.
pub(super) fn gb(amount: Decimal) -> String {
    let whole = money::round(amount, 0);
    format!("{} GB", whole.normalize())
}

/// `211 GB a month in 1 zone, 423 in 2, 634 in 3`
pub(super) fn by_zones(bounds: &[Decimal]) -> String {
    let each = bounds.iter().enumerate().map(|(at, bound)| {
        let whole = money::round(*bound, 0);
        match at {
            0 => format!("{} GB a month in 1 zone", whole.normalize()),
            _ => format!("{} in {}", whole.normalize(), at + 1),
        }
    });
    each.collect::<Vec<_>>().join(", ")
}

/// `1 zone`, `2 zones`
pub(super) fn zones(count: usize) -> String {
    format!("{count} zone{}", if count == 1 { "" } else { "s" })
}
