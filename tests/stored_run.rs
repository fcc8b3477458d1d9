//! A run that an older release stored is read as that release read it.
//!
//! `tests/fixtures/stored_run` holds the store and `report.json` of the demo organization, both written by
//! the release of commit 441e1c5. New columns are additions; every other difference has a reason here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read as _,
    path::Path,
    process::Command,
};

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::support::home::{Home, ProgramOutput};

/// Columns whose values differ from those of the release, and why. `row` stands for rows that only one
/// of the two has.
const DIFFERENCES: [(&str, &str, &str); 20] = [
    (
        "findings",
        "row",
        "an endpoint is idle only with proof, so a finding may have no endpoint left",
    ),
    (
        "endpoints",
        "findings",
        "an endpoint that queries may have used is not idle without proof",
    ),
    (
        "hosts",
        "kind",
        "the table of services holds names that were added since",
    ),
    (
        "hosts",
        "service",
        "the table of services holds names that were added since",
    ),
    (
        "hosts",
        "service_region",
        "the table of services holds names that were added since",
    ),
    ("hub_or_own", "reason", "the sentence was reworded"),
    (
        "hub_or_own",
        "row",
        "no endpoint answers calls to public APIs of API Gateway",
    ),
    (
        "opportunities",
        "action",
        "an endpoint that is not proven idle is corrected, not removed",
    ),
    (
        "opportunities",
        "break_even_gb_month",
        "no endpoint answers calls to public APIs of API Gateway",
    ),
    (
        "opportunities",
        "caveats",
        "caveats name what the figures leave out",
    ),
    (
        "opportunities",
        "query_count",
        "queries of an endpoint that is not used are unknown, not zero",
    ),
    (
        "opportunities",
        "reason",
        "the sentence was reworded, and whole GB are rounded half away from zero",
    ),
    (
        "opportunities",
        "row",
        "a VPC whose calls are not known is advised to take free gateway endpoints",
    ),
    (
        "opportunities",
        "saving_ceiling_usd",
        "a ceiling stands once for each set of NAT gateways, in its best row",
    ),
    (
        "prices",
        "row",
        "the price of data between zones is shown, since subnets may go out in another one",
    ),
    ("totals", "opportunities", "follows from the opportunities"),
    (
        "totals",
        "opportunities_saving_unknown",
        "follows from the opportunities",
    ),
    (
        "totals",
        "removable_monthly_usd",
        "follows from the endpoints that are proven idle",
    ),
    (
        "vpc_services",
        "path",
        "a gateway endpoint takes IPv6 answers only if its address type is known to allow it",
    ),
    (
        "vpcs",
        "query_logging",
        "an association that failed is no logging",
    ),
];

/// The columns that rows are known by.
const KEYS: [&str; 11] = [
    "account_id",
    "region",
    "step",
    "vpc_id",
    "service",
    "nat_gateway_id",
    "endpoint_id",
    "finding",
    "endpoint_type",
    "item",
    "tier_from",
];

#[test]
fn a_run_of_an_older_release_has_the_same_report_but_for_named_differences() {
    let home = with_stored_run();
    let output = home.run(&[
        "report",
        "-q",
        "--state-dir",
        "state",
        "--out",
        "report",
        "--formats",
        "csv,json",
    ]);
    assert!(output.stderr.is_empty(), "{}", output.stderr);
    let before: Value = serde_json::from_slice(&unpacked("report.json.gz")).unwrap();
    let now = fs::read(home.path().join("report/report.json")).unwrap();
    let now: Value = serde_json::from_slice(&now).unwrap();
    let mut found = BTreeMap::new();
    for (table, rows) in before.as_object().unwrap() {
        if rows.is_array() {
            compare(table, &by_key(rows), &by_key(&now[table]), &mut found);
        } else if rows != &now[table] && table != "tool" {
            for (key, value) in rows.as_object().unwrap() {
                if value != &now[table][key] {
                    let change = format!("{value} became {}", now[table][key]);
                    found.insert((table.as_str(), key.as_str()), change);
                }
            }
        }
    }
    let allowed = DIFFERENCES.map(|(table, column, _)| (table, column));
    let allowed: BTreeSet<_> = allowed.into_iter().collect();
    let unexplained: Vec<_> = found
        .iter()
        .filter(|(it, _)| !allowed.contains(*it))
        .collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    let gone: Vec<_> = allowed
        .iter()
        .filter(|it| !found.contains_key(*it))
        .collect();
    assert!(gone.is_empty(), "no difference any more: {gone:?}");
}

/// `report.json` is written while the rows are read for the CSV files too: its error is its own.
#[test]
#[cfg(unix)]
fn a_report_that_is_too_large_for_its_place_is_named_and_no_csv_file_in_its_stead() {
    let home = with_stored_run();
    let report = "report -q --state-dir state --formats csv,json --out";
    let words = |out| report.split(' ').chain([out]).collect::<Vec<_>>();
    home.run(&words("whole"));
    let size = fs::metadata(home.path().join("whole/report.json")).unwrap();
    let limited = format!(
        "ulimit -f {}; exec \"$0\" \"$@\"",
        (size.len() - 4096) / 512
    );
    let done = Command::new("sh")
        .args(["-c", &limited, env!("CARGO_BIN_EXE_vpce-scout")])
        .args(words("limited"))
        .current_dir(home.path())
        .output()
        .expect("a shell");
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{stderr}");
    let expected = "report.json`; see --out: File too large";
    assert!(stderr.contains(expected), "{stderr}");
    let left = fs::read_dir(home.path().join("limited")).unwrap().count();
    assert_eq!(left, 0, "no file is half there");
}

/// A share that only auditors read, or one that a container mounts to read alone.
#[test]
#[cfg(unix)]
fn a_store_that_may_not_be_written_is_read_and_refuses_changes() {
    let home = with_stored_run();
    let report = |out| {
        let words = "report -q --state-dir state --formats csv,json --out";
        words.split(' ').chain([out]).collect::<Vec<_>>()
    };
    home.run(&report("before"));
    let out = home.path().join("out");
    fs::create_dir(&out).unwrap();
    allow(&out, 0o777);
    allow(home.path(), 0o755);
    let state = home.path().join("state");
    allow(&state.join("runs.sqlite3"), 0o444);
    allow(&state, 0o555);
    let run = |words: &[&str]| ProgramOutput::of(restricted(&home).args(words).output().unwrap());

    let reported = run(&report("out/report"));
    assert!(reported.stderr.is_empty(), "{}", reported.stderr);
    let (before, after) = (home.files("before"), home.files("out/report"));
    assert!(before == after && before.len() > 10, "{}", after.len());
    let listed = run(&["runs", "--state-dir", "state"]).exits_with(0).stdout;
    assert!(listed.contains("finished"), "{listed}");
    run(&["diff", "--state-dir", "state", "latest", "latest"]).exits_with(0);
    let refused = run(&["runs", "prune", "--keep", "0", "--state-dir", "state"]).exits_with(1);
    let expected = "cannot use the state directory `state`; see --state-dir: Permission denied";
    assert!(refused.stderr.contains(expected), "{}", refused.stderr);

    allow(&state, 0o755);
    let log = state.join("runs.sqlite3-wal");
    fs::write(&log, [1; 100]).unwrap();
    allow(&log, 0o444);
    allow(&state, 0o555);
    let unsettled = run(&["runs", "--state-dir", "state"]).exits_with(1);
    let expected = "copy it and `runs.sqlite3-wal` to a directory that can be written";
    assert!(unsettled.stderr.contains(expected), "{}", unsettled.stderr);
    allow(&state, 0o755);
    fs::remove_file(&log).unwrap();

    let names = |directory: &Path| {
        let entries = fs::read_dir(directory).unwrap();
        let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&state), ["runs.sqlite3"]);
    assert_eq!(names(&out), ["report"], "no temporary file is left");
}

/// Sets the mode of a file or directory.
#[cfg(unix)]
fn allow(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The program as a user for whom modes of files count, which they do not for root. Its temporary files are
/// in `out`.
#[cfg(unix)]
fn restricted(home: &Home) -> Command {
    let program = env!("CARGO_BIN_EXE_vpce-scout");
    let is_root = fs::write(home.path().join("state/file"), "").is_ok();
    let mut command = if is_root {
        fs::remove_file(home.path().join("state/file")).unwrap();
        // The build directory may be root's alone.
        let copy = home.path().join("program");
        if !copy.exists() {
            fs::copy(program, &copy).unwrap();
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        command.arg(copy);
        command
    } else {
        Command::new(program)
    };
    command
        .env_clear()
        .env("HOME", home.path())
        .env("TMPDIR", home.path().join("out"))
        .env("PATH", "/usr/bin:/bin")
        .current_dir(home.path());
    command
}

/// A directory with the store of the fixture in `state`.
fn with_stored_run() -> Home {
    let home = Home::bare();
    let state = home.path().join("state");
    fs::create_dir(&state).unwrap();
    fs::write(state.join("runs.sqlite3"), unpacked("runs.sqlite3.gz")).unwrap();
    home
}

/// A file of the fixture.
pub(crate) fn unpacked(name: &str) -> Vec<u8> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stored_run");
    let file = fs::File::open(directory.join(name)).unwrap();
    let mut bytes = Vec::new();
    GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    bytes
}

/// The rows of a table; those that share a key, one after the other.
fn by_key(rows: &Value) -> BTreeMap<String, Vec<&Value>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows.as_array().unwrap() {
        let columns: &[&str] = match row.get("host") {
            // What a name is taken for may differ.
            Some(_) => &["account_id", "region", "vpc_id", "host"],
            None => &KEYS,
        };
        let parts = columns.iter().filter_map(|it| row.get(*it)?.as_str());
        let key = parts.collect::<Vec<_>>().join(" ");
        all.entry(key).or_default().push(row);
    }
    all
}

/// Notes the first difference of each column.
fn compare<'t>(
    table: &'t str,
    before: &BTreeMap<String, Vec<&'t Value>>,
    now: &BTreeMap<String, Vec<&Value>>,
    found: &mut BTreeMap<(&'t str, &'t str), String>,
) {
    let keys: BTreeSet<_> = before.keys().chain(now.keys()).collect();
    for key in keys {
        let (Some(before), Some(now)) = (before.get(key), now.get(key)) else {
            found.entry((table, "row")).or_insert_with(|| key.clone());
            continue;
        };
        if before.len() != now.len() {
            found.entry((table, "row")).or_insert_with(|| key.clone());
        }
        for (before, now) in before.iter().zip(now) {
            for (column, value) in before.as_object().unwrap() {
                if value != &now[column] {
                    let change = || format!("{key}: {value} became {}", now[column]);
                    found.entry((table, column)).or_insert_with(change);
                }
            }
        }
    }
}
