//! The rules against botocore's hosts, against tables, and against arbitrary text.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and prints its figures"
)]

mod partners;
mod private_dns_names;
mod properties;
mod tables;

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{HostKind, HostRules};

static RULES: LazyLock<&HostRules> = LazyLock::new(|| HostRules::built_in().unwrap());

const BOTOCORE: &str = include_str!("../../../../tests/fixtures/hosts/botocore.csv");
const SERVICES: &str = include_str!("../../../../tests/fixtures/hosts/services.csv");
const NOT_SERVICES: &str = include_str!("../../../../tests/fixtures/hosts/not_services.csv");
const DOCUMENTED: &str = include_str!("../../../../tests/fixtures/hosts/documented.csv");

/// The rows of a table without its heading; no cell is quoted.
fn rows<const COLUMNS: usize>(
    table: &'static str,
) -> impl Iterator<Item = [&'static str; COLUMNS]> {
    table
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>().try_into().unwrap())
}

/// Kind, service and region in one text.
fn summary(host: &str) -> String {
    let class = RULES.classify(host);
    let region = class.service_region.as_deref().unwrap_or_default();
    format!(
        "{} {} {region}",
        class.kind.name(),
        class.service.as_deref().unwrap_or_default()
    )
}
