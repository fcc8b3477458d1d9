//! Reports that are written to S3: complete or not at all, whatever S3 does.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::json;

use crate::{
    stored_run::unpacked,
    support::{
        admin::Aws,
        bucket::Bucket,
        home::{Home, ProgramOutput},
        organization::{HOME, Organization, Seeded},
        process::{interrupt, wait_until},
    },
};

/// A Region that is not the caller's.
const ELSEWHERE: &str = "us-east-1";

/// A home with a stored run, and the caller of an organization of its own.
fn home(aws: &Aws) -> (Seeded, Home) {
    let seeded = aws.seed(&Organization::new().in_regions(&[HOME, ELSEWHERE]));
    let home = Home::of(aws, &seeded);
    fs::create_dir(home.path().join("state")).unwrap();
    let store = home.path().join("state/runs.sqlite3");
    fs::write(store, unpacked("runs.sqlite3.gz")).unwrap();
    (seeded, home)
}

fn report(home: &Home, out: &str, more: &[&str]) -> ProgramOutput {
    let mut all = vec!["report", "-q", "--state-dir", "state", "--out", out];
    all.extend(more);
    home.run(&all)
}

/// The directory that a message names.
fn kept(output: &ProgramOutput) -> &Path {
    let (_, rest) = output.stderr.split_once("the reports are in `").unwrap();
    Path::new(rest.split('`').next().unwrap())
}

fn fault(aws: &Aws, seeded: &Seeded, operation: &str, more: &serde_json::Value) {
    let mut fault = json!({
        "account": seeded.account("management"), "service": "s3", "operation": operation,
    });
    fault
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    aws.fault(&fault);
}

#[test]
fn reports_in_s3_are_those_of_a_directory_and_report_json_arrives_last() {
    let aws = Aws::shared();
    let (seeded, home) = home(aws);
    let bucket = Bucket::in_region(aws, &seeded, ELSEWHERE);
    let formats = ["--formats", "csv,json,html,markdown"];
    report(&home, "report", &formats).exits_with(3);
    let url = bucket.url("nightly/1");
    let output = home
        .run(&[
            "report",
            "--state-dir",
            "state",
            "--out",
            &url,
            "--formats",
            formats[1],
        ])
        .exits_with(3);
    assert!(
        output.stdout.contains(&format!("{url}/")),
        "{}",
        output.stdout
    );
    let local: BTreeMap<_, _> = home.files("report").into_iter().collect();
    let there = bucket.objects();
    assert_eq!(local.len(), there.len());
    for (name, bytes) in &local {
        assert_eq!(
            there.get(&format!("nightly/1/{name}")),
            Some(bytes),
            "{name}"
        );
    }
    let written = bucket.written();
    assert_eq!(written.last().unwrap(), "nightly/1/report.json");
    assert!(bucket.uploads().is_empty());
    let page = bucket.headers("nightly/1/report.html");
    assert_eq!(page["content-type"], "text/html; charset=utf-8");
    // All bytes were there before the first object was.
    let calls = aws.journal(&[seeded.account("management")]);
    let at = |operation: &str| calls.iter().position(|it| it.operation == operation);
    let last_part = calls.iter().rposition(|it| it.operation == "UploadPart");
    assert!(last_part < at("CompleteMultipartUpload"));
}

#[test]
fn a_report_that_cannot_be_uploaded_changes_nothing_in_s3_and_is_kept_here() {
    let aws = Aws::shared();
    let (seeded, home) = home(aws);
    let bucket = Bucket::new(aws, &seeded);
    let url = bucket.url("r/");
    report(&home, &url, &[]).exits_with(3);
    bucket.put("r/coverage.csv", b"before");
    let before = bucket.objects();
    let denied = json!({ "fault": "error", "code": "AccessDenied", "message": "Access Denied", "status": 403 });
    let cases = [
        ("CreateMultipartUpload", 3, denied.clone(), "AccessDenied"),
        ("UploadPart", 0, denied.clone(), "AccessDenied"),
        (
            "UploadPart",
            5,
            json!({ "fault": "unavailable" }),
            "HTTP 503",
        ),
        ("UploadPart", 7, json!({ "fault": "drop" }), "not delivered"),
        ("CompleteMultipartUpload", 0, denied, "AccessDenied"),
    ];
    for (operation, skip, mut more, words) in cases {
        more["skip"] = skip.into();
        fault(aws, &seeded, operation, &more);
        let output = report(&home, &url, &[]).exits_with(1);
        aws.clear_faults(&[seeded.account("management")]);
        assert_eq!(bucket.objects(), before, "{operation}");
        assert!(bucket.uploads().is_empty(), "{operation}");
        let shown = &output.stderr;
        assert!(
            shown.contains("cannot write `s3://") && shown.contains(words),
            "{shown}"
        );
        assert!(
            shown.contains(&format!("--out {url}` uploads them")),
            "{shown}"
        );
        assert!(kept(&output).join("report.json").is_file());
        fs::remove_dir_all(kept(&output)).unwrap();
    }
    report(&home, &url, &[]).exits_with(3);
    assert_ne!(bucket.objects(), before);
}

#[test]
fn what_passes_by_itself_is_waited_for_and_a_lost_answer_is_no_failure() {
    let aws = Aws::shared();
    let (seeded, home) = home(aws);
    let bucket = Bucket::new(aws, &seeded);
    for (operation, more) in [
        ("HeadBucket", json!({ "fault": "unavailable", "times": 2 })),
        ("UploadPart", json!({ "fault": "unavailable", "times": 2 })),
        (
            "UploadPart",
            json!({ "fault": "slow", "seconds": 1.5, "times": 1 }),
        ),
        ("UploadPart", json!({ "fault": "drop_after", "times": 1 })),
        (
            "CompleteMultipartUpload",
            json!({ "fault": "drop_after", "times": 1 }),
        ),
        (
            "CompleteMultipartUpload",
            json!({ "fault": "cut", "times": 1 }),
        ),
        // S3 answers with 200 before it knows whether the parts can be put together
        // (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html).
        (
            "CompleteMultipartUpload",
            json!({ "fault": "error", "code": "InternalError", "status": 200, "times": 1,
                "message": "We encountered an internal error. Please try again." }),
        ),
    ] {
        fault(aws, &seeded, operation, &more);
        let output = report(&home, &bucket.url("r/"), &[]);
        assert_eq!(
            output.code,
            Some(3),
            "{operation} {more}: {}",
            output.stderr
        );
        aws.clear_faults(&[seeded.account("management")]);
        assert!(bucket.uploads().is_empty(), "{operation}");
    }
}

#[test]
fn an_interrupt_while_reports_are_uploaded_leaves_nothing_in_s3() {
    let aws = Aws::with_settings(&json!({}));
    let (seeded, home) = home(&aws);
    let bucket = Bucket::new(&aws, &seeded);
    fault(
        &aws,
        &seeded,
        "UploadPart",
        &json!({ "fault": "hold_before", "skip": 4 }),
    );
    let url = bucket.url("r/");
    let child = home.spawn(&["report", "-q", "--state-dir", "state", "--out", &url]);
    wait_until("an upload", || aws.holds_a_call());
    interrupt(&child);
    let output = ProgramOutput::of(child.wait_with_output().unwrap()).exits_with(1);
    aws.clear_all_faults();
    assert!(
        output.stderr.contains("stopped before it was done"),
        "{}",
        output.stderr
    );
    assert!(bucket.objects().is_empty());
    assert!(bucket.uploads().is_empty());
}

#[test]
fn what_a_killed_command_left_where_temporary_files_are_goes_with_the_next_one() {
    for (operation, place) in [("UploadPart", "r/"), ("GetObject", "parts/")] {
        let aws = Aws::with_settings(&json!({}));
        let (seeded, home) = home(&aws);
        let bucket = Bucket::new(&aws, &seeded);
        bucket.put("parts/runs.sqlite3", b"no store");
        let temporary = home.path().join("temporary");
        fs::create_dir(&temporary).unwrap();
        fs::write(temporary.join("mine"), "mine").unwrap();
        let home = home.with_variable("TMPDIR", temporary.to_str().unwrap());
        let place = bucket.url(place);
        let mut words = match operation {
            "UploadPart" => vec!["report", "--out", &place],
            _ => vec!["merge", &place],
        };
        words.extend(["-q", "--state-dir", "state"]);
        let entries = || fs::read_dir(&temporary).unwrap().count();
        fault(&aws, &seeded, operation, &json!({ "fault": "hold_before" }));
        let mut child = home.spawn(&words);
        wait_until("a call", || aws.holds_a_call());
        child.kill().unwrap();
        child.wait().unwrap();
        aws.clear_all_faults();
        assert_eq!(entries(), 2, "{operation}");
        let output = home.run(&words);
        assert_eq!(entries(), 1, "{operation}: {}", output.stderr);
        assert!(temporary.join("mine").exists());
    }
}

#[test]
fn a_place_that_cannot_be_used_is_refused_before_anything_is_rendered() {
    let aws = Aws::shared();
    let (seeded, home) = home(aws);
    let bucket = Bucket::new(aws, &seeded);
    let output = report(&home, "s3://no-such-bucket-here/x", &[]).exits_with(1);
    assert!(output.stderr.contains("NoSuchBucket") && output.stderr.contains("create the bucket"));
    let output = report(&home, "s3://Upper/x", &[]).exits_with(2);
    assert!(
        output.stderr.contains("--out: expected a bucket"),
        "{}",
        output.stderr
    );
    let home = home.with_variable("VPCE_SCOUT_OUTPUT_EXPECTED_OWNER", "999999999999");
    let output = report(&home, &bucket.url("x"), &[]).exits_with(1);
    assert!(
        output.stderr.contains("expected owner"),
        "{}",
        output.stderr
    );
    assert!(bucket.objects().is_empty());
}
