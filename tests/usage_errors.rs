//! What people read when they type something wrong, and the help they read then.
//!
//! Nothing here may come as far as a call to AWS: there is none in the environment.

use std::{fs, path::Path};

use crate::support::scout::program;

/// What a command writes, as one text, free of what differs from run to run.
fn written(home: &Path, arguments: &[&str]) -> String {
    let done = program(home)
        .args(arguments)
        .output()
        .expect("the program starts");
    let stdout = String::from_utf8(done.stdout).expect("UTF-8");
    let stderr = String::from_utf8(done.stderr).expect("UTF-8");
    let code = done.status.code().expect("an exit code");
    format!("exit code {code}\n--- stdout\n{stdout}--- stderr\n{stderr}")
        .replace(home.to_str().expect("a path in UTF-8"), "[HOME]")
}

#[track_caller]
fn refused(name: &str, arguments: &[&str]) {
    let home = tempfile::tempdir().unwrap();
    insta::assert_snapshot!(name, written(home.path(), arguments));
}

#[test]
fn a_flag_that_does_not_exist_is_refused() {
    refused("unknown_flag", &["scan", "--reigons", "eu-west-1"]);
}

#[test]
fn a_command_that_does_not_exist_is_refused() {
    refused("unknown_command", &["scna"]);
}

#[test]
fn an_account_id_needs_twelve_digits() {
    refused("bad_account", &["scan", "--accounts", "1234"]);
}

#[test]
fn a_region_that_is_none_is_refused() {
    refused("bad_region", &["scan", "--regions", "europe"]);
}

#[test]
fn a_span_that_is_none_is_refused() {
    refused("bad_span", &["scan", "--since", "a while"]);
}

#[test]
fn a_window_needs_both_ends() {
    refused("start_without_end", &["scan", "--start", "2026-01-01"]);
}

#[test]
fn a_window_does_not_end_before_it_starts() {
    refused(
        "end_before_start",
        &["scan", "--start", "2026-01-02", "--end", "2026-01-01"],
    );
}

#[test]
fn a_role_needs_an_arn() {
    refused("bad_role_arn", &["scan", "--org-role-arn", "reader"]);
}

#[test]
fn an_organization_is_read_through_a_role_and_not_a_user() {
    let user = "arn:aws:iam::123456789012:user/reader";
    refused("user_as_role", &["scan", "--org-role-arn", user]);
}

#[test]
fn the_role_of_the_members_is_named_without_its_arn() {
    let arn = "arn:aws:iam::123456789012:role/reader";
    refused("arn_as_role_name", &["scan", "--role-name", arn]);
}

#[test]
fn an_empty_unit_is_not_the_whole_organization() {
    refused("empty_unit", &["scan", "--ous", ""]);
}

#[test]
fn a_window_that_has_not_begun_is_refused() {
    refused(
        "window_in_the_future",
        &["scan", "--start", "9000-01-01", "--end", "9000-01-02"],
    );
}

#[test]
fn a_limit_of_gb_that_is_no_number_is_refused() {
    refused("bad_limit", &["scan", "--max-scan-gb", "plenty"]);
}

#[test]
fn a_shard_is_one_of_several() {
    refused("bad_shard", &["scan", "--shard", "4/3"]);
}

#[test]
fn the_help_of_merge_explains_every_flag() {
    refused("help_merge", &["merge", "--help"]);
}

#[test]
fn a_format_that_cannot_be_written_is_refused() {
    refused("bad_format", &["scan", "--formats", "pdf"]);
}

#[test]
fn a_settings_file_that_is_not_there_is_named() {
    refused(
        "missing_settings_file",
        &["scan", "--config", "nowhere.toml"],
    );
}

#[test]
fn an_unknown_key_is_named_with_the_known_ones() {
    let home = tempfile::tempdir().unwrap();
    fs::write(
        home.path().join("settings.toml"),
        "[usage]\nsinse = \"7d\"\n",
    )
    .unwrap();
    let output = written(home.path(), &["scan", "--config", "settings.toml"]);
    insta::assert_snapshot!("unknown_key", output);
}

#[test]
fn a_settings_file_that_is_no_toml_is_reported_where() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("settings.toml"), "[usage]\nsince = 7d\n").unwrap();
    let output = written(home.path(), &["scan", "--config", "settings.toml"]);
    insta::assert_snapshot!("broken_settings_file", output);
}

#[test]
fn a_place_that_cannot_be_written_is_reported_before_the_first_call() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("file"), "").unwrap();
    let output = written(home.path(), &["scan", "--out", "file/report"]);
    insta::assert_snapshot!("unwritable_out", output);
}

#[test]
fn the_help_names_the_commands() {
    refused("help", &["--help"]);
}

#[test]
fn the_help_of_scan_explains_every_flag() {
    refused("help_scan", &["scan", "--help"]);
}

#[test]
fn nothing_typed_is_answered_with_the_help() {
    refused("nothing_typed", &[]);
}

#[test]
fn fatal_errors_are_json_where_the_log_is() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, expected, code) in [
        (&["runs", "--log-format", "json"][..], "no run is stored", 1),
        (&["scan", "--reigons", "--log-format=json"], "--reigons", 2),
        (
            &["scan", "--since", "x\u{202e}y", "--log-format=json"],
            "`xy`",
            2,
        ),
    ] {
        let done = program(home.path()).args(arguments).output().unwrap();
        assert_eq!(done.status.code(), Some(code), "{arguments:?}");
        let line: serde_json::Value = serde_json::from_slice(&done.stderr).expect("one document");
        assert_eq!(line["level"], "ERROR");
        let message = line["fields"]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_reader_that_has_gone_away_is_no_failure() {
    let home = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    for arguments in [
        &["man"][..],
        &["--help"],
        &["scan", "--help"],
        &["--version"],
        &["completions", "bash"],
        &["scan", "--print-config"],
        &["permissions"],
        &["prices", "show"],
        &["classify"],
    ] {
        let mut program = std::process::Command::new(assert_cmd::cargo::cargo_bin!("vpce-scout"));
        let hosts = home.path().join("hosts");
        fs::write(&hosts, "s3.amazonaws.com\n".repeat(10_000)).unwrap();
        let done = program
            .env_clear()
            .env("HOME", home.path())
            .args(arguments)
            .stdin(fs::File::open(hosts).unwrap())
            .stdout(writer.try_clone().unwrap())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert_eq!(
            (done.status.code(), stderr.as_ref()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_layout_of_terraform_is_refused_for_cloudformation() {
    let arguments = ["iac", "--format", "cloudformation", "--layout", "single"];
    refused("layout_of_cloudformation", &arguments);
}

#[test]
fn a_url_is_no_path_on_this_machine() {
    let terraform = ["iac", "--format", "terraform", "--out", "s3://logs/iac/"];
    refused("url_as_directory", &terraform);
    refused("url_of_another_scheme", &["scan", "--out", "S3://logs/"]);
}

#[test]
fn a_metrics_file_that_cannot_be_written_is_reported_before_the_first_call() {
    let metrics = ["scan", "--metrics", "missing/scout.prom"];
    refused("unwritable_metrics", &metrics);
}

#[test]
#[cfg(unix)]
fn a_file_that_may_not_grow_is_an_error_and_not_the_end_without_a_word() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("policies.txt");
    let limited = "ulimit -f 1; exec \"$0\" permissions > \"$1\"";
    let done = std::process::Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_vpce-scout")])
        .arg(&file)
        .output()
        .expect("a shell");
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("cannot write to stdout: File too large"),
        "{stderr}"
    );
}
