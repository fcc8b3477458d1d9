//! A scan of a demo organization in a local AWS: `cargo run --example demo`.
//!
//! Needs Python 3.10 or later for the local AWS, and no AWS account. The reports are in
//! `target/demo-report` afterwards, the run store in `target/demo-state`. Run with arguments it is
//! the program itself: that is how it starts the scan, in a process whose environment leads to the
//! local AWS alone.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it prints for people"
)]

#[path = "../tests/support/forks.rs"]
mod forks;
#[path = "../tests/support/local_aws.rs"]
mod local_aws;
#[path = "../tests/support/python.rs"]
mod python;

use std::{
    env,
    path::Path,
    process::{Command, ExitCode},
};

use local_aws::{LocalAws, environment};
use vpce_scout::Exit;

/// What of the user's environment the scan sees: how to draw, nothing of AWS.
const KEPT: [&str; 5] = ["COLUMNS", "LANG", "LC_ALL", "NO_COLOR", "TERM"];

fn main() -> ExitCode {
    if env::args_os().len() > 1 {
        return vpce_scout::run(env::args_os()).into();
    }
    match demo() {
        Ok(exit) => exit,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn demo() -> Result<ExitCode, String> {
    let report = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/demo-report");
    let aws = LocalAws::start(true)?;
    let caller = aws
        .demo_caller()
        .ok_or("the local AWS has no demo organization")?;
    eprintln!("a demo organization is at {}; scanning it", aws.endpoint());

    let itself =
        env::current_exe().map_err(|error| format!("this program has no path: {error}"))?;
    let done = Command::new(itself)
        .args(["scan", "--formats", "csv,json,xlsx,html,markdown", "--out"])
        .arg(&report)
        .arg("--state-dir")
        .arg(report.with_file_name("demo-state"))
        .env_clear()
        .envs(
            KEPT.iter()
                .filter_map(|name| Some((name, env::var_os(name)?))),
        )
        .envs(environment(aws.endpoint(), caller))
        .status()
        .map_err(|error| format!("the scan does not start: {error}"))?;

    let code = done.code();
    let ended = code.map_or_else(|| done.to_string(), |code| format!("exit code {code}"));
    println!("\nThe reports are in {}.", report.display());
    if code == Some(i32::from(Exit::Gaps.code())) {
        println!(
            "The scan ended with {ended}, as it should: one account of the demo organization lets \
             nobody in, as coverage.csv shows."
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!("The scan ended with {ended} instead of 3 (finished with gaps).");
    Ok(ExitCode::FAILURE)
}
