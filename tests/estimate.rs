//! `estimate` prices named endpoints from a stored run, without AWS.

use std::{fs, io::Read as _, path::Path};

use crate::support::{home::Home, table::Table};

/// A home with the stored run of the demo organization.
fn home() -> Home {
    let home = Home::bare();
    let state = home.path().join("state");
    fs::create_dir(&state).unwrap();
    let stored =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stored_run/runs.sqlite3.gz");
    let mut bytes = Vec::new();
    let mut packed = flate2::read::GzDecoder::new(fs::File::open(stored).unwrap());
    packed.read_to_end(&mut bytes).unwrap();
    fs::write(state.join("runs.sqlite3"), bytes).unwrap();
    home
}

fn estimate(home: &Home, arguments: &str) -> crate::support::home::ProgramOutput {
    let words = ["estimate", "--state-dir", "state"].into_iter();
    home.run(
        &words
            .chain(arguments.split_whitespace())
            .collect::<Vec<_>>(),
    )
}

fn cents(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let whole: i64 = whole.trim_start_matches('-').parse().unwrap();
    let part: i64 = format!("{part:0<2}").parse().unwrap();
    sign * (whole * 100 + part)
}

#[test]
fn the_total_is_the_sum_of_the_rows_and_shows_what_is_not_measured() {
    let home = home();
    let output = estimate(&home, "--format csv").exits_with(0);
    let table = Table::read("estimate", output.stdout.as_bytes());
    let total = table.row(&[("account_id", "total")]);
    for column in [
        "monthly_endpoint_hours_usd",
        "monthly_endpoint_data_usd",
        "monthly_nat_usd",
        "monthly_saving_usd",
    ] {
        let rows = table
            .rows()
            .iter()
            .filter(|row| row["account_id"] != "total");
        let known = rows
            .map(|row| row[column].as_str())
            .filter(|it| !it.is_empty());
        let sum: i64 = known.map(cents).sum();
        assert!(sum != 0, "{column}");
        assert_eq!(cents(&total[column]), sum, "{column}");
    }
    let measured = |row: &&crate::support::table::Row| row["basis"] == "measured";
    let savings = table.rows().iter().filter(measured);
    let savings = savings
        .filter(|row| !row["monthly_saving_usd"].is_empty())
        .count();
    assert!(
        total["remark"].starts_with(&format!("{savings} of {} calls", table.rows().len() - 1)),
        "{}",
        total["remark"]
    );
    assert!(
        output.stderr.contains("not in the figures"),
        "{}",
        output.stderr
    );
    let text = estimate(&home, "").exits_with(0).stdout;
    assert!(text.contains(total["remark"].as_str()), "{text}");
}

#[test]
fn a_name_that_is_not_in_the_run_is_an_error_with_those_that_are_like_it() {
    let home = home();
    for (arguments, words) in [
        ("--services ecr", ["`ecr`", "ecr.api"]),
        ("--services kmss", ["`kmss`", "kms"]),
        ("--vpcs vpc-0", ["--vpcs", "vpc-0"]),
        ("--accounts 999999999999", ["999999999999", "account"]),
        ("--regions eu-west-9", ["eu-west-9", "eu-west-1"]),
        ("--hub vpc-nothing", ["--hub", "vpc-nothing"]),
        ("--zones 0", ["--zones", "1 to 6"]),
        (
            "--services s3,all-called",
            ["--services", "all-called alone"],
        ),
        (
            "--hub vpc-1 --endpoint-type gateway",
            ["--endpoint-type", "its own VPC"],
        ),
    ] {
        let output = estimate(&home, arguments).exits_with(2);
        for word in words {
            assert!(
                output.stderr.contains(word),
                "{arguments}: {}",
                output.stderr
            );
        }
        assert!(output.stdout.is_empty());
    }
}
