//! What the embedded engine takes to read query logs and flow logs, beside unpacking alone and DuckDB.
//!
//! `cargo bench --bench objects -- [QUERIES FLOWS]` (2,000,000 query log records and 10,000,000 flow log
//! records). The records are generated, the same each time, and stay under `target/objects-bench`. Each
//! measurement is a process of its own. CPU time is that of all its threads; with several workers,
//! that of the busiest worker and of what follows on the main thread counts, so that a machine which does
//! other things besides gives the same figures. CPU and memory are read from /proc: Linux only.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a bench prints its figures and fails loudly"
)]

mod flows;
mod generate;
mod measure;
#[path = "../../tests/support/python.rs"]
mod python;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Prints its figures as a measurement does.
const DUCKDB: &str = include_str!("duckdb.py");

/// What one process measured, as it printed it.
#[derive(Debug)]
struct Figures(BTreeMap<String, f64>);

impl Figures {
    fn read(output: &str) -> Self {
        let pairs = output
            .split_whitespace()
            .filter_map(|it| it.split_once('='));
        let numbers =
            pairs.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)));
        Self(numbers.collect())
    }

    fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(f64::NAN)
    }
}

fn main() {
    let (mut sizes, mut whole) = (Vec::new(), false);
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => whole = true,
            "--measure" => {
                let mut next = || arguments.next().expect("a kind, a directory and a number");
                measure::run(&next(), Path::new(&next()), next().parse().unwrap());
                return;
            }
            size => sizes.push(size.parse::<usize>().expect("a number of records")),
        }
    }
    let [queries, records] = match sizes[..] {
        [queries, flows] => [queries, flows],
        [] if whole => [2_000_000, 10_000_000],
        // `cargo test --all-targets` only asks whether it works.
        [] => [2_000, 5_000],
        _ => panic!("expected two numbers: query log records and flow log records"),
    };
    let root = directory();
    bench(
        "query logs",
        "queries",
        &generate::queries(&root, queries),
        true,
    );
    bench(
        "flow logs, text",
        "flows",
        &flows::text(&root, records),
        true,
    );
    if cfg!(feature = "parquet") {
        let directory = flows::parquet(&root, records);
        bench("flow logs, Parquet", "parquet", &directory, false);
    }
}

/// Under the target directory that the bench itself is in.
fn directory() -> PathBuf {
    let program = env::current_exe().unwrap();
    let target = program.ancestors().nth(3).unwrap();
    target.join("objects-bench")
}

/// Measures one sort of records and prints a line a measurement.
fn bench(title: &str, kind: &str, directory: &Path, is_packed: bool) {
    let bytes: u64 = generate::files(directory)
        .iter()
        .map(|it| fs::metadata(it).unwrap().len())
        .sum();
    println!(
        "{title}: {:.1} MiB in {}",
        bytes as f64 / f64::from(1 << 20),
        directory.display()
    );
    let gunzip = is_packed.then(|| measured("gunzip", directory, 1));
    if let Some(gunzip) = &gunzip {
        println!(
            "  zlib-rs alone      {:7.2} s, {:5.0} MiB of text",
            gunzip.get("cpu"),
            gunzip.get("text") / f64::from(1 << 20)
        );
    }
    let one = measured(kind, directory, 1);
    let duckdb = duckdb(kind, directory);
    let is_queries = kind == "queries";
    let times = |other: Option<&Figures>| {
        other.map_or_else(
            || "-".to_owned(),
            |it| format!("{:.2}", one.get("cpu") / it.get("cpu")),
        )
    };
    println!(
        "  one worker         {:7.2} s, peak {:4.0} MiB, {} groups; {} x zlib-rs alone, {} x DuckDB",
        one.get("cpu"),
        one.get("peak"),
        one.get("groups"),
        times(gunzip.as_ref()),
        times(duckdb.as_ref()),
    );
    println!(
        "  rows to facts      {:7.2} s, peak {:4.0} MiB",
        one.get("fold"),
        one.get("fold_peak")
    );
    if let Some(duckdb) = &duckdb {
        println!(
            "  DuckDB             {:7.2} s, peak {:4.0} MiB, {} groups",
            duckdb.get("cpu"),
            duckdb.get("peak"),
            duckdb.get("groups")
        );
        let names = if is_queries {
            &["groups", "records", "sum"][..]
        } else {
            &["sum"]
        };
        for name in names {
            assert!(
                (one.get(name) - duckdb.get(name)).abs() < 0.5,
                "{name}: {one:?}, {duckdb:?}"
            );
        }
    }
    let two = measured(kind, directory, 2);
    // The main thread hands over the bytes meanwhile; what it takes more with two workers, it adds up.
    let (last, merged) = (one.get("worker"), two.get("main") - one.get("main"));
    let path = two.get("worker") + merged.max(0.0);
    println!(
        "  two workers        {:7.2} s, peak {:4.0} MiB; busiest {:.2} s, {:.2} x as fast as one ({last:.2} s)",
        two.get("cpu"),
        two.get("peak"),
        path,
        last / path,
    );
}

fn measured(kind: &str, directory: &Path, workers: usize) -> Figures {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--measure", kind])
        .arg(directory)
        .arg(workers.to_string());
    figures(&mut command).unwrap_or_else(|why| panic!("{kind}: {why}"))
}

/// None where it cannot be had.
fn duckdb(kind: &str, directory: &Path) -> Option<Figures> {
    let found = python::Python::ready().and_then(|python| {
        let mut command = python.command();
        command.args(["-c", DUCKDB, kind]).arg(directory);
        command.arg(measure::zones().join("|"));
        figures(&mut command)
    });
    if let Err(why) = &found {
        println!("  DuckDB is left out: {why}");
    }
    found.ok()
}

fn figures(command: &mut Command) -> Result<Figures, String> {
    let done = command.output().map_err(|it| it.to_string())?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned());
    }
    Ok(Figures::read(&String::from_utf8_lossy(&done.stdout)))
}
