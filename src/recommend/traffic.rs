//! What is known of the traffic between a VPC and a service: its GB, and whether it leaves publicly.

use rust_decimal::Decimal;

use crate::model::classified::{Path, VpcService};

/// GB a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gb {
    /// Through NAT gateways.
    pub(super) nat: Decimal,
    /// By every route: what would pass an endpoint.
    pub(super) all: Decimal,
}

/// Whether calls leave over a public path, as far as their answers show.
pub(super) fn is_public(row: &VpcService) -> bool {
    matches!(row.path, Path::Public | Path::Mixed)
}
