//! What the run store is for besides resuming: reports again, lists, comparisons; and what it
//! refuses.

use std::fs;

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    home::Home,
    organization::{Account, Organization},
    vpc::Vpc,
};

fn organization() -> Organization {
    Organization::new()
        .account(Account::new("one").vpc(Vpc::with_everything("one")))
        .account(Account::new("two").vpc(Vpc::with_everything("two")))
}

/// The ids of the stored runs, the latest first.
fn runs(home: &Home) -> Vec<String> {
    let listed = home.run(&["runs", "--format", "json"]).exits_with(0).stdout;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let id = |run: &Value| run["run"].as_str().unwrap().to_owned();
    listed.as_array().unwrap().iter().map(id).collect()
}

#[test]
fn a_report_from_the_store_is_byte_by_byte_what_the_scan_wrote() {
    let aws = Aws::shared();
    let seeded = aws.seed(&organization());
    let home = Home::of(aws, &seeded);
    let one = seeded.account("one");
    aws.fault(&json!({ "account": one, "service": "logs", "fault": "access_denied" }));
    let scanned = home.scan(&["--metrics", "scout.prom"]).exits_with(3);
    aws.clear_faults(&[one]);
    let metrics = fs::read_to_string(home.path().join("scout.prom")).unwrap();
    for line in [
        "vpce_scout_exit_code 3\n",
        "vpce_scout_gaps{reason=\"access_denied\"} ",
        "\n# EOF\n",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    let calls = aws.journal(&seeded.account_ids()).len();
    let output = home
        .run(&["report", "--run", "latest", "--out", "again"])
        .exits_with(3);
    assert_eq!(aws.journal(&seeded.account_ids()).len(), calls, "no call");
    assert!(home.files("report") == home.files("again"));
    assert_eq!(output.stdout.replace("again", "report"), scanned.stdout);
    let id = &runs(&home)[0];
    home.run(&["report", "--run", id, "--formats", "json", "--out", "json"])
        .exits_with(3);
    let names: Vec<_> = home
        .files("json")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["report.json", "vpc_hosts.json"]);
}

#[test]
fn runs_are_listed_compared_and_pruned() {
    let aws = Aws::shared();
    let seeded = aws.seed(&organization());
    let home = Home::of(aws, &seeded);
    let two = seeded.account("two");
    home.scan(&[]).exits_with(0);
    aws.fault(
        &json!({ "account": two, "operation": "DescribeVpcEndpoints", "fault": "access_denied" }),
    );
    home.scan(&["--regions", "eu-west-1"]).exits_with(3);
    aws.clear_faults(&[two]);
    let ids = runs(&home);
    let [after, before] = ids.as_slice() else {
        panic!("two runs: {ids:?}")
    };
    let text = home.run(&["runs"]).exits_with(0).stdout;
    let gaps = |id: &str| -> String {
        // The id of a second run in one second begins with that of the first.
        let is_it = |line: &&str| line.split_whitespace().next() == Some(id);
        let line = text.lines().find(is_it).unwrap();
        line.split_whitespace().next_back().unwrap().to_owned()
    };
    assert_eq!(
        (gaps(before), gaps(after)),
        // Without its endpoints, their security groups and metrics are not known either, nor whose
        // bytes the flow logs hold.
        ("0".to_owned(), "4".to_owned()),
        "{text}"
    );

    let same = home.run(&["diff", before, before]).exits_with(0).stdout;
    assert!(same.contains("Endpoints: no change"), "{same}");
    let changes = home.run(&["diff", before, "latest", "--format", "csv"]);
    let changes = changes.exits_with(0).stdout;
    let endpoints: Vec<_> = changes
        .lines()
        .filter(|line| line.starts_with("endpoint,"))
        .collect();
    assert!(!endpoints.is_empty(), "{changes}");
    for line in endpoints {
        assert!(
            line.starts_with(&format!("endpoint,unknown,{two}")),
            "{line}"
        );
        assert!(line.contains("access_denied"), "{line}");
    }
    home.run(&[
        "diff",
        before,
        after,
        "--format",
        "json",
        "--out",
        "diff.json",
    ])
    .exits_with(0);
    let written: Value =
        serde_json::from_slice(&fs::read(home.path().join("diff.json")).unwrap()).unwrap();
    assert_eq!(written["before"]["id"], before.as_str());
    assert_eq!(written["schema_version"], 1);
    let with = |alarms: &str| home.run(&["diff", before, after, "--fail-on", alarms]);
    let alarmed = with("new-idle-nat,lost-access").exits_with(4);
    assert!(
        alarmed.stderr.contains("--fail-on lost-access: "),
        "{}",
        alarmed.stderr
    );
    assert_eq!(alarmed.stdout, with("lost-logging").exits_with(0).stdout);
    let odd = with("lost-sleep").exits_with(2).stderr;
    assert!(odd.contains("new-public-service"), "{odd}");
    let promised = written["totals"].as_array().unwrap().iter();
    let promised = promised
        .into_iter()
        .find(|row| row["id"] == "saving_promised");
    assert_eq!(promised.unwrap()["change"], "unknown");

    let pruned = home.run(&["runs", "prune", "--keep", "1"]).exits_with(0);
    assert_eq!(pruned.stdout, format!("removed {before}\n"));
    assert_eq!(runs(&home), std::slice::from_ref(after));
    let output = home.run(&["report", "--run", before]).exits_with(1).stderr;
    assert!(output.contains(before), "{output}");
}

#[test]
fn no_secret_is_in_the_store_the_reports_or_the_messages() {
    let aws = Aws::shared();
    let seeded = aws.seed(&organization());
    let home = Home::of(aws, &seeded);
    let one = seeded.account("one");
    let key = |name: &str| seeded.caller()[name].as_str().unwrap().to_owned();
    let external_id = "an-external-id-to-be-kept";
    let secrets = [
        external_id.to_owned(),
        key("secret_access_key"),
        key("session_token"),
        key("access_key_id"),
    ];
    // What AWS answers to a wrong signature holds the request that was signed.
    let message = format!(
        "The Canonical String should have been x-amz-security-token:{}",
        secrets[2]
    );
    for (operation, fault) in [
        ("DescribeSubnets", "error"),
        ("DescribeRouteTables", "expired"),
    ] {
        aws.fault(
            &json!({ "account": one, "operation": operation, "fault": fault,
                           "code": "SignatureDoesNotMatch", "message": message, "status": 403 }),
        );
    }
    // STS repeats an external id that breaks its rules.
    let two = seeded.account("two");
    let message = format!("Value '{external_id}' at 'externalId' failed to satisfy constraint");
    aws.fault(
        &json!({ "account": two, "operation": "AssumeRole", "fault": "error",
                       "code": "ValidationError", "message": message, "status": 400 }),
    );
    let scan = home
        .scan(&["--external-id", external_id, "-vv"])
        .exits_with(3);
    let resumed = home.run(&[
        "scan",
        "--resume",
        "latest",
        "--only-failed",
        "--external-id",
        external_id,
        "-vv",
    ]);
    aws.clear_faults(&[one, two]);
    let mut places = vec![
        ("stderr".to_owned(), scan.stderr.into_bytes()),
        ("stdout".to_owned(), scan.stdout.into_bytes()),
        ("stderr again".to_owned(), resumed.stderr.into_bytes()),
    ];
    places.extend(home.files("report"));
    let state = home.store().parent().unwrap().to_owned();
    for entry in fs::read_dir(state).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            let name = entry.file_name().into_string().unwrap();
            places.push((name, fs::read(entry.path()).unwrap()));
        }
    }
    assert!(
        places.len() > 10,
        "the store and the reports are among them"
    );
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        for (place, bytes) in &places {
            let found = bytes
                .windows(secret.len())
                .any(|it| it == secret.as_bytes());
            assert!(!found, "`{secret}` is in {place}");
        }
    }
}

#[test]
fn a_store_that_cannot_be_used_is_reported_before_the_first_call_and_left_as_it_is() {
    let home = Home::bare();
    fs::create_dir_all(home.store().parent().unwrap()).unwrap();
    for arguments in [&["scan"][..], &["runs"], &["report"], &["scan", "--resume"]] {
        fs::write(home.store(), "Dear diary").unwrap();
        let output = home.run(arguments).exits_with(1).stderr;
        assert!(output.contains("no run store of vpce-scout"), "{output}");
        assert_eq!(fs::read(home.store()).unwrap(), b"Dear diary");
    }
}

#[test]
fn without_a_stored_run_there_is_nothing_to_list_and_nothing_to_go_on_with() {
    let home = Home::bare();
    for arguments in [
        &["runs"][..],
        &["report"],
        &["diff", "a", "b"],
        &["scan", "--only-failed"],
        &["scan", "--resume", "20260108T060000Z"],
    ] {
        let output = home.run(arguments).exits_with(1).stderr;
        assert!(output.contains("no run is stored"), "{output}");
    }
    assert!(!home.store().exists());
}

#[test]
fn going_on_where_nothing_was_ever_stored_begins_at_the_beginning() {
    let aws = Aws::shared();
    let home = Home::of(aws, &aws.seed(&organization()));
    home.scan(&["--resume"]).exits_with(0);
    assert_eq!(runs(&home).len(), 1);
    let output = home.scan(&["--resume"]).exits_with(1).stderr;
    assert!(output.contains("every run is finished"), "{output}");
    // What leads on leads to the same store.
    let state = home.store();
    let state = state.parent().unwrap().to_str().unwrap();
    let output = home.scan(&["--resume", "--state-dir", state]);
    let output = output.exits_with(1).stderr;
    let id = &runs(&home)[0];
    for hint in [
        format!("`vpce-scout report --run {id} --state-dir {state}`"),
        format!("`vpce-scout scan --only-failed --state-dir {state}`"),
    ] {
        assert!(output.contains(&hint), "{hint}: {output}");
    }
}

#[test]
fn a_scan_that_comes_to_nothing_leaves_no_run_behind() {
    let aws = Aws::shared();
    let home = Home::as_caller(
        aws,
        &json!({ "access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "x" }),
    );
    home.scan(&[]).exits_with(1);
    assert_eq!(home.run(&["runs"]).exits_with(0).stdout, "no runs\n");
}

#[test]
fn a_scan_whose_reports_cannot_be_written_keeps_its_run_and_shows_how_to_go_on() {
    let aws = Aws::shared();
    let seeded = aws.seed(&organization());
    let home = Home::of(aws, &seeded);
    // In the way of a file.
    fs::create_dir_all(home.path().join("report/vpcs.csv/x")).unwrap();
    let output = home.scan(&[]).exits_with(1);
    let [run] = runs(&home).try_into().expect("one run");
    let remedy = format!("`vpce-scout report --run {run} --out DIR`");
    assert!(
        output.stderr.contains("vpcs.csv`; see --out") && output.stderr.contains(&remedy),
        "{}",
        output.stderr
    );
    home.run(&["report", "--run", &run, "--out", "elsewhere"])
        .exits_with(0);
    assert!(home.path().join("elsewhere/vpcs.csv").is_file());
}

#[test]
fn a_damaged_cell_is_named_by_report_and_read_again_by_only_failed() {
    let aws = Aws::shared();
    let seeded = aws.seed(&organization());
    let home = Home::of(aws, &seeded);
    home.scan(&[]).exits_with(0);
    let (essence, id) = (home.essence(), runs(&home).remove(0));
    let one = seeded.account("one");
    let store = rusqlite::Connection::open(home.store()).unwrap();
    let changed = store.execute(
        "UPDATE cell SET found = replace(found, 'subnet-', 'subnet+')
         WHERE step = 'subnets' AND account_id = ?1 AND region = 'eu-west-1'",
        [one],
    );
    assert_eq!(changed, Ok(1));
    drop(store);
    let place = format!("subnets of account {one} in eu-west-1");
    for arguments in [
        &["report", "--out", "again"][..],
        &["diff", &id, &id],
        &["logging", "status", "--run", "latest"],
    ] {
        let refused = home.run(arguments).exits_with(1).stderr;
        assert!(refused.contains(&place), "{refused}");
        assert!(refused.contains(&format!("--only-failed --resume {id}")));
    }
    assert!(!home.path().join("again/vpcs.csv").exists());
    let calls = aws.journal(&[one]).len();
    let repaired = home
        .run(&["scan", "--only-failed", "--resume", &id])
        .exits_with(0);
    assert!(repaired.stderr.contains(&place), "{}", repaired.stderr);
    assert!(aws.journal(&[one]).len() > calls);
    assert!(home.essence() == essence, "the reports differ");
}
