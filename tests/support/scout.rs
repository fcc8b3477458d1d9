//! The program, run on the local AWS in an environment that holds nothing but what a test gives.

use std::{
    path::Path,
    sync::{Condvar, Mutex, OnceLock},
    time::Duration,
};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use super::{admin::Aws, local_aws::environment, organization::Seeded, table::Table};

/// Nothing here takes longer unless it hangs.
const PATIENCE: Duration = Duration::from_mins(5);

/// Settings that keep tests short: less waiting between attempts and between looks at a query, and
/// more calls a second, since the local AWS has no rates.
pub(crate) const HASTE: [(&str, &str); 10] = [
    ("VPCE_SCOUT_RETRY_INITIAL_BACKOFF_MS", "10"),
    ("VPCE_SCOUT_RETRY_MAX_BACKOFF_MS", "100"),
    ("VPCE_SCOUT_USAGE_POLL_FIRST_MS", "10"),
    ("VPCE_SCOUT_USAGE_POLL_LAST_MS", "100"),
    ("VPCE_SCOUT_LIMITS_LOGS_PER_SECOND", "200"),
    ("VPCE_SCOUT_LIMITS_RESOLVER_PER_SECOND", "200"),
    ("VPCE_SCOUT_LIMITS_PRICING_PER_SECOND", "200"),
    ("VPCE_SCOUT_LIMITS_CHANGES_PER_SECOND", "200"),
    ("VPCE_SCOUT_LOGGING_POLL_MS", "10"),
    // Prices are the built-in ones, but in the tests of that.
    ("VPCE_SCOUT_PRICES_REFRESH_DAYS", "0"),
];

/// Scans at once, however many tests run: one local AWS in Python answers all of them, and calls
/// that wait too long for it would be made again and counted twice.
const SCANS_AT_ONCE: usize = 4;

/// The tables of a report, by the names of their files without `.csv`.
pub(crate) const TABLES: [&str; 15] = [
    "accounts",
    "coverage",
    "vpcs",
    "vpc_services",
    "services",
    "hosts",
    "nat_gateways",
    "endpoints",
    "findings",
    "opportunities",
    "hub_or_own",
    "flow_usage",
    "partner_services",
    "egress_chargeback",
    "bill",
];

/// Those with rows of no account: what one account does not answer changes them.
pub(crate) const SUMS: [&str; 3] = ["services", "findings", "hub_or_own"];

/// The program in an empty home, without a single variable of the user's.
pub(crate) fn program(home: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("vpce-scout"));
    command
        .env_clear()
        .env("HOME", home)
        .current_dir(home)
        .timeout(PATIENCE);
    command
}

/// A scan that is going to be run.
#[derive(Debug)]
pub(crate) struct Scan {
    command: Command,
    dir: TempDir,
}

/// A scan that has ended.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    dir: TempDir,
}

impl Scan {
    /// A scan of an organization as its caller, over the hours in which something happened.
    pub(crate) fn of(aws: &Aws, organization: &Seeded) -> Self {
        let [start, end] = organization.window();
        Self::as_caller(aws, organization.caller()).args(&["--start", &start, "--end", &end])
    }

    /// A scan with these credentials and the default window.
    pub(crate) fn as_caller(aws: &Aws, caller: &Value) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut command = program(dir.path());
        command
            .args(["scan", "--out", "report"])
            .envs(environment(aws.endpoint(), caller))
            .envs(HASTE);
        Self { command, dir }
    }

    pub(crate) fn args(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end, however it ends.
    pub(crate) fn run(mut self) -> Report {
        let slot = Slot::wait();
        let done = self.command.output().expect("the program starts");
        drop(slot);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program prints UTF-8");
        let report = Report {
            code: done.status.code().unwrap_or(-1),
            stdout: text(done.stdout),
            stderr: text(done.stderr),
            dir: self.dir,
        };
        assert_ne!(
            report.code, -1,
            "killed, perhaps after {PATIENCE:?}:\n{}",
            report.stderr
        );
        report
    }
}

/// The report of a plain scan of the demo organization, made once for all tests that only read it.
pub(crate) fn demo_report() -> &'static Report {
    static REPORT: OnceLock<Report> = OnceLock::new();
    REPORT.get_or_init(|| {
        let aws = Aws::with_demo();
        Scan::as_caller(&aws, aws.demo_caller()).run().exits_with(3)
    })
}

/// One of the [`SCANS_AT_ONCE`].
struct Slot;

static TAKEN: Mutex<usize> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

impl Slot {
    fn wait() -> Self {
        let taken = TAKEN.lock().unwrap();
        *FREED
            .wait_while(taken, |taken| *taken >= SCANS_AT_ONCE)
            .unwrap() += 1;
        Self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap() -= 1;
        FREED.notify_one();
    }
}

impl Report {
    /// The report, if the scan ended with this exit code.
    pub(crate) fn exits_with(self, code: i32) -> Self {
        let Self { stdout, stderr, .. } = &self;
        assert_eq!(
            self.code, code,
            "exit code\nstdout:\n{stdout}\nstderr:\n{stderr}"
        );
        self
    }

    /// A table by its name.
    pub(crate) fn table(&self, name: &str) -> Table {
        Table::read(name, &self.file(&format!("{name}.csv")))
    }

    /// `report.json`.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.file("report.json")).expect("report.json is JSON")
    }

    /// The bytes of a file.
    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.dir.path().join("report").join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}; the scan wrote:\n{}", self.stderr))
    }
}
