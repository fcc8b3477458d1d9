//! A scan that several machines share: what the shards find, merged, is what one scan finds.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::support::{
    admin::Aws,
    home::{Home, ProgramOutput},
    organization::{Account, Organization, Seeded},
    process::wait_until,
    table::Table,
    vpc::Vpc,
};

/// The state directory of a shard, in the home of the test.
fn state(shard: &str) -> String {
    format!("state-{}", shard.replace('/', "-of-"))
}

fn scan(home: &Home, window: &[String], shard: &str) -> ProgramOutput {
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
fn merge(home: &Home, shards: &[&str]) -> ProgramOutput {
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
        let output = scan(&home, &window, shard);
        assert!(matches!(output.code, Some(0 | 3)), "{}", output.stderr);
        let line = format!("shard {} of 3", &shard[..1]);
        assert!(output.stdout.contains(&line), "{}", output.stdout);
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

/// An account that logs to the log group that another account shares, with flow logs and an endpoint.
fn member(name: &str) -> Account {
    let shared = format!("{name} shared");
    let shared = Vpc::new(&shared)
        .logged_by("logs", "central")
        .asks("sts.amazonaws.com.", 3);
    Account::with_everything_here_and_in("us-east-1", name).vpc(shared)
}

/// How many queries Logs Insights was asked since so many calls.
fn queries(aws: &Aws, account: &str, since: usize) -> usize {
    let calls = aws.journal(&[account]);
    let calls = calls.iter().skip(since);
    calls.filter(|it| it.operation == "StartQuery").count()
}

#[test]
fn a_shared_log_group_is_read_once_and_a_shard_that_is_killed_and_resumed_changes_nothing() {
    let aws = Aws::shared();
    let organization = Organization::new()
        .account(Account::new("logs").shares_query_log("central", &["one", "two", "three"]))
        .account(member("one"))
        .account(member("two"))
        .account(member("three"));
    let seeded = aws.seed(&organization);
    let logs = seeded.account("logs");
    let window = window_of(&seeded);
    let whole = Home::of(aws, &seeded);
    whole.scan(&[]).exits_with(0);
    let by_one_scan = queries(aws, logs, 0);
    let since = aws.journal(&[logs]).len();

    let home = Home::of(aws, &seeded);
    // More shards than accounts: some are empty.
    let shards = ["1/7", "2/7", "3/7", "4/7", "5/7", "6/7", "7/7"];
    let killed = shards.iter().find(|shard| {
        let shard: vpce_scout::model::shard::Shard = shard.parse().unwrap();
        shard.owns(&seeded.account("one").parse().unwrap())
    });
    let killed = *killed.unwrap();
    let directory = state(killed);
    let mut arguments = vec!["scan", "--shard", killed, "--state-dir", &directory];
    arguments.extend(window.iter().map(String::as_str));
    // Killed while a call of it is held: a machine at rest would be done before it is looked at.
    let one = seeded.account("one");
    let asked = || {
        let calls = aws.journal(&[one]);
        calls
            .iter()
            .filter(|it| it.operation == "DescribeVpcs")
            .count()
    };
    let before = asked();
    aws.fault(&json!({ "account": one, "operation": "DescribeVpcs", "fault": "hold_before" }));
    let mut program = home.spawn(&arguments);
    wait_until("a call of the shard", || asked() > before);
    program.kill().unwrap();
    program.wait().unwrap();
    aws.clear_faults(&[one]);
    let states = shards.map(state);
    let refused = home.run(&["merge", "--state-dir", "merged", &states[0]]);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    home.run(&["scan", "--resume", "--state-dir", &directory])
        .exits_with(0);
    for shard in shards.iter().filter(|it| **it != killed) {
        scan(&home, &window, shard).exits_with(0);
    }
    merge(&home, &shards).exits_with(0);
    assert_equal(&home, &whole);
    assert_eq!(queries(aws, logs, since), by_one_scan);

    let mut arguments = vec!["merge", "--allow-missing", "--state-dir", "incomplete"];
    let present = states.iter().filter(|it| **it != directory);
    arguments.extend(present.map(String::as_str));
    let output = home.run(&arguments).exits_with(3);
    let next = "--state-dir incomplete` writes its reports";
    assert!(output.stderr.contains(next), "{}", output.stderr);
    home.run(&[
        "report",
        "--state-dir",
        "incomplete",
        "--out",
        "incomplete/report",
    ])
    .exits_with(3);
    let coverage = std::fs::read(home.path().join("incomplete/report/coverage.csv")).unwrap();
    let coverage = Table::read("coverage", &coverage);
    let missing = coverage.rows_with(&[("reason", "shard_missing"), ("step", "assume_role")]);
    assert!(
        missing
            .iter()
            .any(|row| row["account_id"] == seeded.account("one"))
    );
    let why = format!("the shard {killed} is missing");
    assert!(
        missing.iter().all(|row| row["message"] == why),
        "{missing:?}"
    );
}

#[test]
fn a_log_group_of_an_account_that_no_shard_scans_is_read_by_one_of_them() {
    let aws = Aws::shared();
    let members = ["one", "two", "three", "four"];
    let organization = Organization::new()
        .account(Account::new("logs").shares_query_log("central", &members))
        // Its VPC logs elsewhere: that it is asked for its log groups does not make it a reader.
        .account(Account::new("other").vpc(Vpc::with_everything("other")));
    let member = |organization: Organization, name: &&str| {
        let vpc = Vpc::new(name).logged_by("logs", "central");
        organization.account(Account::new(name).vpc(vpc.asks("sts.amazonaws.com.", 3)))
    };
    let seeded = aws.seed(&members.iter().fold(organization, member));
    let logs = seeded.account("logs");
    let mut arguments = window_of(&seeded).to_vec();
    arguments.extend(["--exclude-accounts", logs].map(str::to_owned));
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let whole = Home::of(aws, &seeded);
    let mut all = vec!["scan", "--out", "report"];
    all.extend(&words);
    whole.run(&all).exits_with(0);
    let by_one_scan = queries(aws, logs, 0);
    assert!(by_one_scan > 0);

    let since = aws.journal(&[logs]).len();
    let home = Home::of(aws, &seeded);
    let shards = ["1/3", "2/3", "3/3"];
    for shard in shards {
        scan(&home, &arguments, shard).exits_with(0);
    }
    assert_eq!(queries(aws, logs, since), by_one_scan);
    merge(&home, &shards).exits_with(0);
    assert_equal(&home, &whole);
}
