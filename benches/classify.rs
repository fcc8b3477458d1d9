//! How many host names a second the classifier takes.
//!
//! The goal is 2,000,000 on one core: then reading the logs takes longer than classifying their names.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use vpce_scout::classify::host::HostRules;

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

fn classify(criterion: &mut Criterion) {
    let Ok(rules) = HostRules::built_in() else {
        return;
    };
    let mut group = criterion.benchmark_group("classify");
    group.measurement_time(Duration::from_secs(5));
    for (name, table) in TABLES {
        let hosts: Vec<&str> = table
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').next())
            .collect();
        group.throughput(Throughput::Elements(
            hosts.len().try_into().unwrap_or(u64::MAX),
        ));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for host in &hosts {
                    black_box(rules.classify(black_box(host)));
                }
            });
        });
    }
    group.finish();
    criterion.bench_function("built_in", |bencher| bencher.iter(HostRules::built_in));
}

criterion_group!(benches, classify);
criterion_main!(benches);
