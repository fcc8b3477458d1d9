//! The run store in S3: nothing is lost and nothing is overwritten, whatever S3 and other runs do.

use std::fs;

use serde_json::{Value, json};

use crate::{
    stored_run::unpacked,
    support::{
        admin::Aws,
        bucket::Bucket,
        home::{Home, ProgramOutput},
        organization::{Account, Organization, Seeded},
        process::{interrupt, wait_until},
        vpc::Vpc,
    },
};

fn seeded(aws: &Aws) -> Seeded {
    aws.seed(&Organization::new().account(Account::new("apps").vpc(Vpc::new("one"))))
}

/// An organization, a bucket with a store of one run at a place in it, and the home of that run.
fn with_one_run(aws: &Aws) -> (Seeded, Bucket<'_>, String, Home) {
    let seeded = seeded(aws);
    let bucket = Bucket::new(aws, &seeded);
    let state = bucket.url("state/");
    let home = Home::of(aws, &seeded);
    home.scan(&["-q", "--state", &state]).exits_with(0);
    (seeded, bucket, state, home)
}

fn runs(home: &Home, state: &str) -> Vec<Value> {
    let output = home
        .run(&["runs", "--format", "json", "--state", state])
        .exits_with(0);
    serde_json::from_str(&output.stdout).unwrap()
}

fn fault(aws: &Aws, seeded: &Seeded, operation: &str, more: &Value) {
    let mut fault = json!({
        "account": seeded.account("management"), "service": "s3", "operation": operation,
    });
    let fields = fault.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    aws.fault(&fault);
}

#[test]
fn a_store_in_s3_is_read_and_continued_from_another_machine() {
    let aws = Aws::shared();
    let seeded = seeded(aws);
    let bucket = Bucket::new(aws, &seeded);
    let state = bucket.url("state/");
    let (one, two) = (Home::of(aws, &seeded), Home::of(aws, &seeded));
    let out = bucket.url("reports/1");
    let [start, end] = seeded.window();
    let words = [
        "scan", "-q", "--start", &start, "--end", &end, "--state", &state, "--out", &out,
    ];
    one.run(&words).exits_with(0);
    assert!(bucket.uploads().is_empty());
    assert!(bucket.objects().contains_key("state/runs.sqlite3"));
    assert!(!one.store().exists(), "only the copy of what is in S3");
    two.run(&["report", "-q", "--state", &state, "--out", "report"])
        .exits_with(0);
    let objects = bucket.objects();
    for (name, bytes) in two.files("report") {
        assert_eq!(
            objects.get(&format!("reports/1/{name}")),
            Some(&bytes),
            "{name}"
        );
    }
    two.scan(&["-q", "--state", &state]).exits_with(0);
    let known = runs(&one, &state);
    assert_eq!(known.len(), 2, "{known:?}");
    let id = |run: &Value| run["run"].as_str().unwrap().to_owned();
    let (before, after) = (id(&known[1]), id(&known[0]));
    let output = one.run(&[
        "diff", &before, &after, "--state", &state, "--format", "csv",
    ]);
    let output = output.exits_with(0);
    assert!(output.stdout.lines().next().unwrap().contains("change"));
    one.run(&["runs", "prune", "--keep", "1", "--state", &state])
        .exits_with(0);
    assert_eq!(runs(&two, &state).len(), 1);
    let output = two
        .run(&["runs", "--state", &bucket.url("nothing/")])
        .exits_with(1);
    assert!(
        output.stderr.contains("no run is stored in `s3://"),
        "{}",
        output.stderr
    );
    let output = two.run(&["classify", "--state", &state]).exits_with(2);
    assert!(output.stderr.contains("--state"), "{}", output.stderr);
}

#[test]
fn of_two_scans_that_begin_with_the_same_store_neither_overwrites_the_other() {
    let aws = Aws::with_settings(&json!({}));
    let seeded = seeded(&aws);
    let bucket = Bucket::new(&aws, &seeded);
    let state = bucket.url("state/");
    let (slow, quick) = (Home::of(&aws, &seeded), Home::of(&aws, &seeded));
    aws.fault(&json!({ "service": "organizations", "fault": "hold_before", "times": 1 }));
    let child = slow.start(&["-q", "--state", &state]);
    wait_until("the first scan", || aws.holds_a_call());
    quick.scan(&["-q", "--state", &state]).exits_with(0);
    aws.clear_all_faults();
    let output = ProgramOutput::of(child.wait_with_output().unwrap()).exits_with(1);
    let (_, rest) = output.stderr.split_once("--state ").unwrap();
    let beside = rest.split('`').next().unwrap();
    assert!(beside.contains("conflict-"), "{}", output.stderr);
    assert_eq!(runs(&quick, &state).len(), 1);
    assert_eq!(runs(&quick, beside).len(), 1);
    assert_ne!(runs(&quick, beside), runs(&quick, &state));
    slow.run(&["report", "-q", "--state", beside]).exits_with(0);
    assert_eq!(runs(&slow, &state), runs(&quick, &state));
}

#[test]
fn a_scan_that_is_stopped_or_killed_goes_on_from_s3_or_from_its_copy() {
    let aws = Aws::with_settings(&json!({}));
    let seeded = seeded(&aws);
    let bucket = Bucket::new(&aws, &seeded);
    let state = bucket.url("state/");
    let (one, two) = (Home::of(&aws, &seeded), Home::of(&aws, &seeded));
    let hold = json!({ "service": "ec2", "operation": "DescribeSubnets", "fault": "hold_before" });
    aws.fault(&hold);
    let mut child = one.start(&["-q", "--state", &state]);
    wait_until("the scan", || aws.holds_a_call());
    child.kill().unwrap();
    child.wait().unwrap();
    aws.clear_all_faults();
    assert!(bucket.objects().is_empty());
    // Only this machine knows of the run, and it does.
    assert_eq!(runs(&one, &state)[0]["state"], "interrupted");
    aws.fault(&hold);
    bucket.put("reports/report.json", b"of a finished run");
    let out = bucket.url("reports");
    let words = ["scan", "--resume", "-q", "--state", &state, "--out", &out];
    let child = one.spawn(&words);
    aws.forget_journal();
    wait_until("the scan", || aws.holds_a_call());
    interrupt(&child);
    let output = ProgramOutput::of(child.wait_with_output().unwrap()).exits_with(3);
    aws.clear_all_faults();
    assert!(output.stderr.contains("--resume"), "{}", output.stderr);
    // The reports of a run that was stopped go beside those that are there.
    let objects = bucket.objects();
    assert_eq!(objects["reports/report.json"], b"of a finished run");
    let beside =
        |key: &&String| key.starts_with("reports/interrupted-") && key.ends_with("/report.json");
    assert_eq!(objects.keys().filter(beside).count(), 1);
    // Now the other one knows, too.
    assert_eq!(runs(&two, &state)[0]["state"], "interrupted");
    two.run(&[
        "scan", "--resume", "-q", "--state", &state, "--out", "report",
    ])
    .exits_with(0);
    assert_eq!(runs(&one, &state)[0]["state"], "finished");
}

#[test]
fn a_store_that_cannot_be_uploaded_stays_in_its_copy_until_it_can() {
    let aws = Aws::shared();
    let (seeded, bucket, state, home) = with_one_run(aws);
    let before = bucket.objects();
    let denied = json!({ "fault": "error", "code": "AccessDenied", "message": "Access Denied", "status": 403 });
    fault(aws, &seeded, "UploadPart", &denied);
    let output = home
        .scan(&["-q", "--state", &state, "--metrics", "scout.prom"])
        .exits_with(1);
    aws.clear_faults(&[seeded.account("management")]);
    assert!(!home.path().join("scout.prom").exists(), "the run failed");
    assert_eq!(bucket.objects(), before);
    assert!(bucket.uploads().is_empty());
    for words in [
        "state/runs.sqlite3",
        "AccessDenied",
        "%store",
        "--state-dir",
    ] {
        assert!(output.stderr.contains(words), "{words}: {}", output.stderr);
    }
    assert_eq!(runs(&home, &state).len(), 2);
    // Somebody else writes the object: neither is given up for the other.
    let other = Home::of(aws, &seeded);
    other.scan(&["-q", "--state", &state]).exits_with(0);
    let output = home.run(&["runs", "--state", &state]).exits_with(1);
    assert!(output.stderr.contains("has changed"), "{}", output.stderr);
    let (_, rest) = output.stderr.split_once("--state-dir ").unwrap();
    let copy = rest.split('`').next().unwrap();
    let local = home
        .run(&["runs", "--format", "csv", "--state-dir", copy])
        .exits_with(0);
    assert_eq!(local.stdout.lines().count(), 3);
    // Where S3 lost the object, the next upload brings all of it back.
    bucket.remove("state/runs.sqlite3");
    home.run(&["runs", "prune", "--keep", "9", "--state", &state])
        .exits_with(0);
    assert_eq!(runs(&Home::of(aws, &seeded), &state).len(), 2);
}

/// S3 made the object, and neither the answer nor what it is asked for afterwards comes back.
#[test]
fn an_upload_whose_answer_is_lost_is_known_again() {
    let aws = Aws::shared();
    let (seeded, bucket, state, home) = with_one_run(aws);
    let before = bucket.objects();
    let lost = json!({ "fault": "drop_after" });
    fault(aws, &seeded, "CompleteMultipartUpload", &lost);
    fault(aws, &seeded, "HeadObject", &json!({ "fault": "drop" }));
    home.scan(&["-q", "--state", &state]).exits_with(1);
    aws.clear_faults(&[seeded.account("management")]);
    assert_ne!(bucket.objects(), before, "it arrived");
    assert_eq!(runs(&home, &state).len(), 2);
    home.scan(&["-q", "--state", &state]).exits_with(0);
    // From here on the copy follows the object, which holds every run.
    let other = Home::of(aws, &seeded);
    other.scan(&["-q", "--state", &state]).exits_with(0);
    assert_eq!(runs(&home, &state).len(), 4);
}

#[test]
fn a_large_store_goes_up_in_parts_and_comes_back_whole_though_the_answers_break_off() {
    let aws = Aws::shared();
    let seeded = seeded(aws);
    let bucket = Bucket::new(aws, &seeded);
    let state = bucket.url("");
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), unpacked("runs.sqlite3.gz")).unwrap();
    let large = rusqlite::Connection::open(file.path()).unwrap();
    large
        .execute_batch(
            "CREATE TABLE filler (bytes BLOB); INSERT INTO filler VALUES (randomblob(20000000));",
        )
        .unwrap();
    drop(large);
    bucket.put("runs.sqlite3", &fs::read(file.path()).unwrap());
    fault(
        aws,
        &seeded,
        "GetObject",
        &json!({ "fault": "cut", "times": 2 }),
    );
    fault(
        aws,
        &seeded,
        "UploadPart",
        &json!({ "fault": "unavailable", "skip": 1, "times": 2 }),
    );
    let home = Home::of(aws, &seeded);
    home.run(&["runs", "prune", "--keep", "5", "--state", &state])
        .exits_with(0);
    aws.clear_faults(&[seeded.account("management")]);
    let parts = aws.journal(&[seeded.account("management")]);
    let parts = parts
        .iter()
        .filter(|it| it.operation == "UploadPart")
        .count();
    assert!(parts >= 3, "{parts}");
    let there = bucket.objects().remove("runs.sqlite3").unwrap();
    assert!(there.len() > 20_000_000 && bucket.uploads().is_empty());
    let output = Home::of(aws, &seeded)
        .run(&["report", "-q", "--state", &state, "--formats", "json"])
        .exits_with(3);
    assert!(output.stderr.is_empty(), "{}", output.stderr);
}

#[test]
fn an_object_that_is_no_sound_store_is_named_by_its_url_and_not_by_its_copy() {
    let aws = Aws::shared();
    let seeded = seeded(aws);
    let bucket = Bucket::new(aws, &seeded);
    let home = Home::of(aws, &seeded);
    let place = bucket.url("state/");
    bucket.put("state/runs.sqlite3", b"no store");
    for words in [
        &["runs"][..],
        &["scan", "--no-usage"],
        &["scan", "--resume"],
        &["report"],
    ] {
        let output = home.run(&[words, &["--state", &place]].concat());
        let shown = output.exits_with(1).stderr;
        let url = format!("`{place}runs.sqlite3` is no run store");
        assert!(shown.contains(&url), "{words:?}: {shown}");
        assert!(shown.contains("name another one: --state"), "{shown}");
        assert!(!shown.contains("--state-dir"), "{shown}");
    }
    assert_eq!(bucket.objects()["state/runs.sqlite3"], b"no store");
    // As soon as the object is another one, it is read.
    bucket.put("state/runs.sqlite3", &unpacked("runs.sqlite3.gz"));
    assert!(!runs(&home, &place).is_empty());
}
