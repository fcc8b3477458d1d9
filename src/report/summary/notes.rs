//! What belongs to an amount of the summary: how many things it is for, and what it leaves out.

use std::fmt::Write as _;

use super::super::text::{grouped, with_plural};
use crate::model::{coverage::Step, totals::Totals};

/// Beside an amount of what could be listed nowhere.
pub(super) const NOT_LISTED: &str = "none could be listed";

/// What belongs to the cost of NAT gateways.
pub(super) fn nat(totals: &Totals) -> String {
    if !totals.is_listed(Step::NatGateways) {
        return NOT_LISTED.to_owned();
    }
    let mut note = with_plural(totals.nat_gateways, "NAT gateway");
    let (unpriced, regions) = (
        totals.nat_gateways_price_unknown,
        totals.nat_gateways_price_unknown_regions,
    );
    note.push_str(&no_price(unpriced, regions));
    if totals.nat_gateways_regional_price_unknown > 0 {
        note.push_str(
            " (regional ones: where both prices are known, they equal those of zonal ones)",
        );
    }
    let young = totals.nat_gateways_young;
    if young > 0 {
        let young = grouped(young);
        let _ = write!(note, "; less than 24 hours of {young}, which make no month");
    }
    let without = unpriced.saturating_add(young);
    let unmeasured = totals.nat_gateways_cost_unknown.saturating_sub(without);
    if unmeasured > 0 {
        let _ = write!(note, "; the bytes of {} are unknown", grouped(unmeasured));
    }
    note
}

/// What belongs to the cost of endpoints.
pub(super) fn endpoints(totals: &Totals) -> String {
    if !totals.is_listed(Step::Endpoints) {
        return NOT_LISTED.to_owned();
    }
    let mut note = with_plural(totals.endpoints, "endpoint");
    if totals.endpoints_data_unknown > 0 {
        let unmeasured = grouped(totals.endpoints_data_unknown);
        let _ = write!(note, "; without the data of {unmeasured}");
    }
    let (unpriced, regions) = (
        totals.endpoints_price_unknown,
        totals.endpoints_price_unknown_regions,
    );
    note.push_str(&no_price(unpriced, regions));
    note
}

/// "; the price of 3 in 2 Regions is unknown"
fn no_price(count: u64, regions: u64) -> String {
    if count == 0 {
        return String::new();
    }
    let (count, regions) = (grouped(count), with_plural(regions, "Region"));
    format!("; the price of {count} in {regions} is unknown")
}
