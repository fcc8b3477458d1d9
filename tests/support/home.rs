//! A home in which the program runs several times: its run store stays from one run to the next.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{
    admin::Aws,
    local_aws::environment,
    organization::{Organization, Seeded},
    scout::{HASTE, program},
    table::{Row, Table},
};

/// The columns of `coverage.csv` that differ from scan to scan.
const VOLATILE: [&str; 3] = ["attempts", "duration_ms", "request_id"];

/// A directory with a store and reports, and the credentials of a caller.
#[derive(Debug)]
pub(crate) struct Home {
    dir: TempDir,
    environment: Vec<(String, String)>,
    window: Vec<String>,
}

/// What a run of the program wrote, and its exit code.
#[derive(Debug)]
pub(crate) struct ProgramOutput {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl ProgramOutput {
    pub(crate) fn of(done: Output) -> Self {
        Self {
            code: done.status.code(),
            stdout: String::from_utf8(done.stdout).expect("UTF-8"),
            stderr: String::from_utf8(done.stderr).expect("UTF-8"),
        }
    }

    #[track_caller]
    pub(crate) fn exits_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }
}

impl Home {
    /// A home without AWS.
    pub(crate) fn bare() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a temporary directory"),
            environment: Vec::new(),
            window: Vec::new(),
        }
    }

    /// A home of the caller of an organization, whose scans look at the hours in which something
    /// happened.
    pub(crate) fn of(aws: &Aws, organization: &Seeded) -> Self {
        let [start, end] = organization.window();
        let window = ["--start", &start, "--end", &end].map(str::to_owned);
        Self {
            window: window.to_vec(),
            ..Self::as_caller(aws, organization.caller())
        }
    }

    /// An organization in the local AWS that all tests share, and a home of its caller.
    pub(crate) fn seeded(organization: &Organization) -> (&'static Aws, Seeded, Self) {
        let aws = Aws::shared();
        let seeded = aws.seed(organization);
        let home = Self::of(aws, &seeded);
        (aws, seeded, home)
    }

    /// A home with these credentials, and the default window.
    pub(crate) fn as_caller(aws: &Aws, caller: &Value) -> Self {
        let haste = HASTE
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let environment = environment(aws.endpoint(), caller).into_iter().chain(haste);
        Self {
            environment: environment
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            ..Self::bare()
        }
    }

    /// The environment in which the program runs here.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        self.environment.clone()
    }

    /// The same home with one more environment variable.
    pub(crate) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> ProgramOutput {
        let done = program(self.path())
            .envs(self.environment.clone())
            .args(arguments)
            .output();
        ProgramOutput::of(done.expect("the program starts"))
    }

    /// Runs `vpce-scout logging` with these words.
    pub(crate) fn logging(&self, words: &str) -> ProgramOutput {
        let words = std::iter::once("logging").chain(words.split_whitespace());
        self.run(&words.collect::<Vec<_>>())
    }

    /// A new scan over the window.
    pub(crate) fn scan(&self, arguments: &[&str]) -> ProgramOutput {
        let mut all = vec!["scan", "--out", "report"];
        all.extend(self.window.iter().map(String::as_str));
        all.extend(arguments);
        self.run(&all)
    }

    /// Starts a new scan over the window and does not wait for it.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut all = vec!["scan", "--out", "report"];
        all.extend(self.window.iter().map(String::as_str));
        all.extend(arguments);
        self.spawn(&all)
    }

    /// Starts the program and does not wait for it.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        Command::new(assert_cmd::cargo::cargo_bin!("vpce-scout"))
            .env_clear()
            .env("HOME", self.path())
            .envs(self.environment.clone())
            .current_dir(self.path())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts")
    }

    /// The file of the run store.
    pub(crate) fn store(&self) -> PathBuf {
        let state = if cfg!(target_os = "macos") {
            "Library/Application Support"
        } else {
            ".local/state"
        };
        self.path().join(state).join("vpce-scout/runs.sqlite3")
    }

    /// The files of a directory of reports by name.
    pub(crate) fn files(&self, directory: &str) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = fs::read_dir(self.path().join(directory))
            .expect("a directory of reports")
            .map(|entry| {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                (name, fs::read(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    /// The reports without what differs from scan to scan: ids and times of the run, attempts,
    /// durations and request ids.
    pub(crate) fn essence(&self) -> Vec<(String, String)> {
        let essence = |(name, bytes): (String, Vec<u8>)| {
            let text = match name.as_str() {
                "coverage.csv" => coverage(&bytes),
                "report.json" => document(&bytes),
                _ => String::from_utf8(bytes).expect("UTF-8"),
            };
            (name, text)
        };
        self.files("report").into_iter().map(essence).collect()
    }
}

fn coverage(bytes: &[u8]) -> String {
    let table = Table::read("coverage", bytes);
    let rows = table.rows().iter().cloned().map(|mut row: Row| {
        for column in VOLATILE {
            row.remove(column);
        }
        format!("{row:?}\n")
    });
    rows.collect()
}

fn document(bytes: &[u8]) -> String {
    let mut document: Value = serde_json::from_slice(bytes).expect("JSON");
    for path in [
        "/generated_at",
        "/run/id",
        "/run/started_at",
        "/run/finished_at",
    ] {
        *document.pointer_mut(path).expect(path) = Value::Null;
    }
    for row in document["coverage"].as_array_mut().expect("a table") {
        for column in VOLATILE {
            row[column] = Value::Null;
        }
    }
    serde_json::to_string_pretty(&document).unwrap()
}
