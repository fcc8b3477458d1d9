//! A scan that several machines share: what the shards find, merged, is what one scan finds.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::{
    admin::Aws,
    home::{Home, Said},
    organization::{Account, Organization, Seeded},
    vpc::Vpc,
};

/// The state directory of a shard, in the home of the test.
fn state(shard: &str) -> String {
    format!("state-{}", shard.replace('/', "-of-"))
}

fn scan(home: &Home, window: &[String; 4], shard: &str) -> Said {
    let (state, reports) = (
        state(shard),
        format!("report-{}", shard.replace('/', "-of-")),
    );
    let mut arguments = vec![
        "scan",
        "--shard",
        shard,
        "--state-dir",
        &state,
        "--out",
        &reports,
    ];
    arguments.extend(window.iter().map(String::as_str));
    home.run(&arguments)
}

/// Merges shards and writes the reports of the merged run.
fn merge(home: &Home, shards: &[&str]) -> Said {
    let states: Vec<String> = shards.iter().map(|it| state(it)).collect();
    let mut arguments = vec!["merge", "--state-dir", "merged"];
    arguments.extend(states.iter().map(String::as_str));
    home.run(&arguments);
    home.run(&["report", "--state-dir", "merged", "--out", "report"])
}

/// Seven days up to now, the same for every shard.
fn window() -> [String; 4] {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let start = now - SignedDuration::from_hours(7 * 24);
    ["--start", &start.to_string(), "--end", &now.to_string()].map(str::to_owned)
}

fn window_of(seeded: &Seeded) -> [String; 4] {
    let [start, end] = seeded.window();
    ["--start", &start, "--end", &end].map(str::to_owned)
}

/// The reports, but for what a merged run cannot have in common with a scan.
fn essence(home: &Home) -> Vec<(String, String)> {
    let without = |(name, text): (String, String)| {
        if name != "report.json" {
            return (name, text);
        }
        let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
        document["run"]["arguments"] = json!([]);
        (name, serde_json::to_string_pretty(&document).unwrap())
    };
    home.essence().into_iter().map(without).collect()
}

#[track_caller]
fn assert_equal(merged: &Home, whole: &Home) {
    let (merged, whole) = (essence(merged), essence(whole));
    assert_eq!(merged.len(), whole.len());
    for ((name, merged), (_, whole)) in merged.iter().zip(&whole) {
        let differing = merged.lines().zip(whole.lines()).find(|(a, b)| a != b);
        assert!(
            merged == whole,
            "{name} differs, first here:\n{differing:#?}"
        );
    }
}

#[test]
fn three_shards_of_the_demo_organization_merged_are_one_scan_file_by_file() {
    let aws = Aws::with_demo();
    let window = window();
    let whole = Home::as_caller(&aws, aws.demo_caller());
    let mut arguments = vec!["scan", "--out", "report"];
    arguments.extend(window.iter().map(String::as_str));
    whole.run(&arguments).exits_with(3);
    let home = Home::as_caller(&aws, aws.demo_caller());
    let shards = ["1/3", "2/3", "3/3"];
    for shard in shards {
        let said = scan(&home, &window, shard);
        assert!(matches!(said.code, Some(0 | 3)), "{}", said.stderr);
        let line = format!("shard {} of 3", &shard[..1]);
        assert!(said.stdout.contains(&line), "{}", said.stdout);
    }
    merge(&home, &shards).exits_with(3);
    assert_equal(&home, &whole);
    let again = home
        .run(&["scan", "--state-dir", "merged", "--only-failed"])
        .exits_with(1);
    assert!(
        again.stderr.contains("was merged of shards"),
        "{}",
        again.stderr
    );
}
