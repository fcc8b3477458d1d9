//! What the reports have to show for a seed, computed from the seed alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    hosts::{NONE, SERVICE, class},
    organization::{Seeded, WINDOW_HOURS},
    scout::Report,
};

/// What a VPC asked within the window.
#[derive(Default)]
struct Asked {
    /// All of it.
    all: u64,
    /// By host: answered, and with NXDOMAIN.
    hosts: BTreeMap<String, (u64, u64)>,
}

impl Asked {
    fn of(vpc: &Value) -> Self {
        let mut asked = Self::default();
        for line in vpc["dns"].as_array().into_iter().flatten() {
            let within = line["hours_ago"].as_array().is_none_or(|hours| {
                #[expect(clippy::cast_precision_loss, reason = "some hundred hours")]
                let window = 0.0..WINDOW_HOURS as f64;
                hours
                    .iter()
                    .all(|hour| window.contains(&hour.as_f64().unwrap()))
            });
            if !within {
                continue;
            }
            let count = line["count"].as_u64().unwrap();
            let host = line["host"].as_str().unwrap().to_lowercase();
            let counts = asked
                .hosts
                .entry(host.trim_end_matches('.').to_owned())
                .or_default();
            asked.all += count;
            *(if line["rcode"] == "NXDOMAIN" {
                &mut counts.1
            } else {
                &mut counts.0
            }) += count;
        }
        asked
    }

    /// Queries and hosts by service and service region.
    fn services(&self) -> BTreeMap<(&'static str, &'static str), (u64, u64)> {
        let mut services: BTreeMap<_, (u64, u64)> = BTreeMap::new();
        for (host, (answered, _)) in &self.hosts {
            let (kind, service, region) = class(host);
            if kind == SERVICE && *answered > 0 {
                let sums = services.entry((service, region)).or_default();
                *sums = (sums.0 + answered, sums.1 + 1);
            }
        }
        services
    }
}

/// Holds `vpcs.csv`, `vpc_services.csv` and `hosts.csv` against the seed: every row that has to be
/// there, with every count, and no other.
#[track_caller]
pub(crate) fn assert_counts(report: &Report, seeded: &Seeded) {
    let mut expected: [BTreeSet<Vec<String>>; 3] = Default::default();
    for (_, _, vpc) in seeded.vpcs() {
        let id = seeded.vpc(vpc["name"].as_str().unwrap()).to_owned();
        if vpc["query_logging"].is_null() {
            expected[0].insert(vec![id, String::new(), String::new(), String::new()]);
            continue;
        }
        let asked = Asked::of(vpc);
        let services = asked.services();
        let names: BTreeSet<_> = services.keys().map(|(service, _)| service).collect();
        let in_services: u64 = services.values().map(|(queries, _)| queries).sum();
        let row = [asked.all, in_services, names.len() as u64].map(|count| count.to_string());
        expected[0].insert([vec![id.clone()], row.to_vec()].concat());
        for ((service, region), (queries, hosts)) in services {
            let row = [
                &id,
                service,
                region,
                &queries.to_string(),
                &hosts.to_string(),
            ];
            expected[1].insert(row.map(str::to_owned).to_vec());
        }
        for (host, (answered, in_vain)) in &asked.hosts {
            let (kind, service, region) = class(host);
            if kind != NONE {
                let (answered, in_vain) = (answered.to_string(), in_vain.to_string());
                let row = [&id, host, kind, service, region, &answered, &in_vain];
                expected[2].insert(row.map(str::to_owned).to_vec());
            }
        }
    }
    let tables: [(&str, &[&str]); 3] = [
        (
            "vpcs",
            &["vpc_id", "dns_queries", "aws_queries", "aws_services"],
        ),
        (
            "vpc_services",
            &[
                "vpc_id",
                "service",
                "service_region",
                "query_count",
                "hosts",
            ],
        ),
        (
            "hosts",
            &[
                "vpc_id",
                "host",
                "kind",
                "service",
                "service_region",
                "query_count",
                "nxdomain_queries",
            ],
        ),
    ];
    for ((name, columns), expected) in tables.into_iter().zip(expected) {
        let table = report.table(name);
        let cells = |row: &BTreeMap<String, String>| -> Vec<String> {
            columns.iter().map(|column| row[*column].clone()).collect()
        };
        let found: BTreeSet<_> = table.rows().iter().map(cells).collect();
        let missing: Vec<_> = expected.difference(&found).take(20).collect();
        let wrong: Vec<_> = found.difference(&expected).take(20).collect();
        assert!(
            missing.is_empty() && wrong.is_empty(),
            "{name}.csv {columns:?}\nexpected, but not there: {missing:#?}\nthere, but not expected: {wrong:#?}"
        );
        assert_eq!(
            table.rows().len(),
            found.len(),
            "{name}.csv has a row twice"
        );
    }
}
