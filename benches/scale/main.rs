//! How long a scan of a large organization takes, and how much memory.
//!
//! `cargo build --release && cargo test --bench scale -- --program target/release/vpce-scout \
//! [--latency-ms 100] [--regions 17] [--busy-regions 4] [--vpcs 1] [--calls 192] [--shards 1] \
//! [--state DIR] [ACCOUNTS ...]`
//! (10 100 1000 with `cargo bench`).
//! Without `--program` the one of the bench's own profile is measured. The program runs as a child
//! process against a server on the loopback interface that answers every call of a scan after the
//! latency and enforces the published token buckets. Then it writes the reports of the stored run
//! once more, the workbook and the page alone, every format, and templates, without the server. Peak
//! memory and CPU are read from /proc, so they are measured on Linux only. 138 accounts have about
//! 50,000 rows.
//!
//! With `--shards N` the organization is scanned in as many shards, one after the other, and what is
//! measured is `vpce-scout merge`, which makes one run of theirs; the figures that follow are of that.
//!
//! With `--state` the stored runs stay in that directory, and those that are there already are not
//! scanned again: so the reports of two programs are measured on the same run.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a bench prints its figures and fails loudly"
)]

mod answers;
mod server;

use std::{
    fs, panic,
    path::{Path, PathBuf},
    process::{self, Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};

use server::{Organization, Server};

/// The defaults of `limits.calls` and `limits.accounts` in config/default.toml.
const CALLS_AT_ONCE: u64 = 192;
const ACCOUNTS_AT_ONCE: f64 = 40.0;
const REGIONS_AT_ONCE: usize = 32;
/// Clock ticks a second of /proc/PID/stat on every Linux that Rust runs on.
const TICKS: f64 = 100.0;
const EVERY_FORMAT: [&str; 2] = ["--formats", "csv,json,xlsx,html,markdown"];
/// An endpoint of every service that a VPC calls, measured or not: far more than anybody asks for at once.
const TEMPLATES: [&str; 5] = [
    "--format",
    "cloudformation",
    "--include-unmeasured",
    "--services",
    "sqs,sns,kms,logs,ssm,ec2,lambda",
];

/// The last figures of the child in /proc.
#[derive(Clone, Copy, Default)]
struct Usage {
    peak_mib: f64,
    cpu_seconds: f64,
}

fn main() {
    // A call that the server has no answer to must not look like a connection that broke.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |what| {
        hook(what);
        process::exit(1);
    }));
    let mut latency = Duration::from_millis(100);
    let (mut regions, mut busy_regions, mut vpcs, mut shards) = (17, 4, 1, 1);
    let mut calls = CALLS_AT_ONCE;
    let (mut sizes, mut whole, mut trace) = (Vec::new(), false, false);
    let mut program = env!("CARGO_BIN_EXE_vpce-scout").to_owned();
    let mut state: Option<PathBuf> = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => whole = true,
            "--trace" => trace = true,
            "--program" => program = arguments.next().expect("a path"),
            "--state" => state = Some(arguments.next().expect("a path").into()),
            "--latency-ms" => latency = Duration::from_millis(number(arguments.next())),
            "--calls" => calls = number(arguments.next()),
            "--regions" => regions = usize::try_from(number(arguments.next())).unwrap(),
            "--busy-regions" => busy_regions = usize::try_from(number(arguments.next())).unwrap(),
            "--vpcs" => vpcs = usize::try_from(number(arguments.next())).unwrap(),
            "--shards" => shards = number(arguments.next()),
            _ => sizes.push(usize::try_from(number(Some(argument))).unwrap()),
        }
    }
    if sizes.is_empty() {
        // `cargo test --all-targets` only asks whether it works.
        sizes = if whole { vec![10, 100, 1000] } else { vec![2] };
    }
    for accounts in sizes {
        let organization = Organization {
            accounts,
            regions,
            vpcs,
            busy_regions,
        };
        let home = tempfile::tempdir().unwrap();
        let kept = state.as_ref().map(|it| it.join(accounts.to_string()));
        let bench = Bench {
            program: &program,
            state: &kept.clone().unwrap_or_else(|| home.path().join("state")),
            home: home.path(),
            calls,
        };
        if !bench.state.join("runs.sqlite3").exists() {
            match shards {
                0 | 1 => bench.scan(organization, latency, trace, &[]),
                _ => bench.merge(organization, latency, trace, shards),
            }
        }
        bench.stored(organization, "report", "report", &[]);
        println!("rows:   {} in all tables", bench.rows());
        for (what, formats, file) in [
            ("report, the workbook alone", "xlsx", "report.xlsx"),
            ("report, the page alone", "html", "report.html"),
        ] {
            bench.stored(organization, what, "report", &["--formats", formats]);
            println!("  {file}: {:.1} MiB", bench.size(file));
        }
        bench.stored(
            organization,
            "report, every format",
            "report",
            &EVERY_FORMAT,
        );
        bench.stored(organization, "iac", "iac", &TEMPLATES);
    }
}

fn number(text: Option<String>) -> u64 {
    text.and_then(|text| text.parse().ok())
        .expect("a whole number")
}

/// The program that is measured, and where it works.
struct Bench<'b> {
    program: &'b str,
    state: &'b Path,
    home: &'b Path,
    /// `limits.calls`.
    calls: u64,
}

impl Bench<'_> {
    fn command(&self, command: &str) -> Command {
        let mut program = self.alone(command);
        program.arg("--out").arg(self.home.join("report"));
        program
    }

    /// A command that writes no reports.
    fn alone(&self, command: &str) -> Command {
        let mut program = Command::new(self.program);
        program
            .args([command, "-q", "--state-dir"])
            .arg(self.state)
            .env_clear()
            .env("HOME", self.home)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "AKIA000000000001")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null());
        program
    }

    /// The rows of all CSV files that were written last.
    fn rows(&self) -> usize {
        let files = fs::read_dir(self.home.join("report")).unwrap();
        let paths = files.map(|it| it.unwrap().path());
        let tables = paths.filter(|it| it.extension().is_some_and(|it| it == "csv"));
        let rows = |path: PathBuf| fs::read_to_string(path).unwrap().lines().count() - 1;
        tables.map(rows).sum()
    }

    /// MiB of a file of the report.
    fn size(&self, file: &str) -> f64 {
        let bytes = fs::metadata(self.home.join("report").join(file)).unwrap();
        bytes.len() as f64 / f64::from(1 << 20)
    }

    /// Scans the shards of an organization one after the other, and merges them.
    fn merge(&self, organization: Organization, latency: Duration, trace: bool, shards: u64) {
        // All shards have to be of one window.
        let end = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
        let window = [end - SignedDuration::from_hours(7 * 24), end].map(|at| at.to_string());
        let mut command = self.alone("merge");
        for shard in 1..=shards {
            let state = self.home.join(format!("shard-{shard}"));
            let bench = Bench {
                state: &state,
                ..*self
            };
            let shard = format!("{shard}/{shards}");
            let which = [
                "--shard", &shard, "--start", &window[0], "--end", &window[1],
            ];
            bench.scan(organization, latency, trace, &which);
            command.arg(state);
        }
        let (wall, usage) = run(&mut command, None);
        println!(
            "merge:  accounts {}, regions {}, shards {shards}: {wall:.1} s, peak {:.0} MiB, CPU {:.1} s",
            organization.accounts, organization.regions, usage.peak_mib, usage.cpu_seconds,
        );
    }

    fn scan(&self, organization: Organization, latency: Duration, trace: bool, which: &[&str]) {
        let server = Server::start(organization, latency);
        let mut command = self.command("scan");
        command.args(which);
        // What the price list takes is no matter of the organization's size.
        let settings = self.home.join("settings.toml");
        fs::write(&settings, format!("[limits]\ncalls = {}\n", self.calls)).unwrap();
        command
            .arg("--no-price-refresh")
            .arg("--config")
            .arg(settings);
        command.env("AWS_ENDPOINT_URL", server.endpoint());
        let (wall, usage) = run(&mut command, trace.then_some(&server));
        let bound = lower_bound(organization, &server, latency, self.calls);
        println!(
            "scan:   accounts {}, regions {}, latency {} ms: {wall:.1} s (bound {bound:.1} s, ratio {:.2}), calls {}, throttled {}, AssumeRole {}, peak {:.0} MiB, CPU {:.1} s",
            organization.accounts,
            organization.regions,
            latency.as_millis(),
            wall / bound,
            server.calls(),
            server.throttled(),
            server.calls_of("AssumeRole"),
            usage.peak_mib,
            usage.cpu_seconds,
        );
        for (operation, calls) in server.by_operation() {
            println!("  {calls:>7} {operation}");
        }
    }

    /// A command on the stored run.
    fn stored(&self, organization: Organization, what: &str, command: &str, more: &[&str]) {
        let (wall, usage) = run(self.command(command).args(more), None);
        println!(
            "{what}: accounts {}, regions {}: {wall:.1} s, peak {:.0} MiB, CPU {:.1} s",
            organization.accounts, organization.regions, usage.peak_mib, usage.cpu_seconds,
        );
    }
}

/// Runs a command that has to end without gaps; how long it took, and what it used.
fn run(command: &mut Command, traced: Option<&Server>) -> (f64, Usage) {
    let begin = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let (status, usage) = watch(&mut child, traced);
    assert_eq!(status.code(), Some(0), "it ends without gaps");
    (begin.elapsed().as_secs_f64(), usage)
}

/// Waits for the child, looking at what it uses meanwhile: both figures only grow.
fn watch(child: &mut Child, traced: Option<&Server>) -> (ExitStatus, Usage) {
    let mut usage = Usage::default();
    let (begin, mut looks, mut open_calls) = (Instant::now(), 0_u64, 0_u64);
    loop {
        if let Some(now) = usage_of(child.id()) {
            usage = now;
        }
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            return (status, usage);
        }
        if let Some(server) = traced {
            looks += 1;
            open_calls += server.open_calls();
            if looks == 50 {
                let at = begin.elapsed().as_secs_f64();
                let mean = open_calls as f64 / 50.0;
                let Usage {
                    peak_mib,
                    cpu_seconds,
                } = usage;
                println!(
                    "  {at:.1} s: calls {}, under way {mean:.0}, rss_mib {peak_mib:.0}, cpu_s {cpu_seconds:.1}, server_cpu_s {:.1}",
                    server.calls(),
                    usage_of(process::id()).unwrap_or_default().cpu_seconds
                );
                (looks, open_calls) = (0, 0);
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn usage_of(process: u32) -> Option<Usage> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = peak.trim().trim_end_matches(" kB").parse().ok()?;
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name may hold anything; after its bracket utime and stime are fields 12 and 13.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(Usage {
        peak_mib: kib / 1024.0,
        cpu_seconds: ticks / TICKS,
    })
}

/// The least time that latency, rates and concurrency allow, phase by phase: the organization page
/// after page; then the accounts, bound by the calls under way at once, by the chain of calls that
/// depend on one another, or by the rate of AssumeRole; then the services of the regions and the
/// log queries, bound by the calls under way.
fn lower_bound(organization: Organization, server: &Server, latency: Duration, calls: u64) -> f64 {
    let at_once = calls as f64;
    let latency = latency.as_secs_f64();
    let listing: u64 = answers::ORGANIZATION
        .iter()
        .map(|it| server.calls_of(it))
        .sum();
    let pages = listing as f64 * latency.max(0.1);
    let queries = ["DescribeLogGroups", "StartQuery", "GetQueryResults"];
    let queries: u64 = queries.iter().map(|it| server.calls_of(it)).sum();
    let once = server.calls_of("DescribeVpcEndpointServices") + 1;
    let inventory = server.calls() - listing - queries - once;
    let waves = organization.regions.div_ceil(REGIONS_AT_ONCE) as f64;
    // AssumeRole and DescribeRegions; in each region DescribeVpcs, what needs nothing, and two calls that
    // depend on that (both DNS attributes).
    let chain = (2.0 + waves * 4.0) * latency;
    let accounts = organization.accounts as f64;
    let by_calls = inventory as f64 * latency / at_once;
    let by_chain = (accounts / ACCOUNTS_AT_ONCE).ceil() * chain;
    let by_rate = accounts / 100.0;
    let caller = latency;
    caller
        + pages
        + by_calls.max(by_chain).max(by_rate)
        + latency
        + queries as f64 * latency / at_once
}
