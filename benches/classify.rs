//! How many host names a second the classifier takes.
//!
//! The goal is 2,000,000 on one core: then reading the logs takes longer than classifying their names.

use divan::{Bencher, black_box, counter::ItemsCount};
use vpce_scout::classify::host::HostRules;

/// A name and a table of hosts, one a line after the header, the host in the first column.
const TABLES: [(&str, &str); 3] = [
    (
        "botocore",
        include_str!("../tests/fixtures/hosts/botocore.csv"),
    ),
    (
        "services",
        include_str!("../tests/fixtures/hosts/services.csv"),
    ),
    (
        "not services",
        include_str!("../tests/fixtures/hosts/not_services.csv"),
    ),
];

fn main() {
    divan::main();
}

/// Every host of a table; the rate is hosts a second.
#[divan::bench(args = TABLES.map(|(name, _)| name), max_time = 5)]
fn classify(bencher: Bencher, name: &str) {
    let Ok(rules) = HostRules::built_in() else {
        return;
    };
    let hosts: Vec<&str> = TABLES
        .iter()
        .filter(|(table, _)| *table == name)
        .flat_map(|(_, rows)| rows.lines().skip(1))
        .filter_map(|line| line.split(',').next())
        .collect();
    bencher.counter(ItemsCount::new(hosts.len())).bench(|| {
        for host in &hosts {
            black_box(rules.classify(black_box(host)));
        }
    });
}

/// The rules from the tables that are built in.
#[divan::bench]
fn built_in() -> bool {
    HostRules::built_in().is_ok()
}
