//! One measurement, in a process of its own.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
};

use flate2::bufread::MultiGzDecoder;
use vpce_scout::{
    classify::host::HostRules,
    model::{run::Window, usage::GroupUsage},
    usage::{
        flow::source::Source,
        objects::files::{count_queries, sum_flows},
    },
};

use crate::{flows, generate};

/// Measures and prints the figures.
pub(crate) fn run(kind: &str, directory: &Path, workers: usize) {
    let files = generate::files(directory);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    match kind {
        "gunzip" => gunzip(&files),
        "queries" => runtime.block_on(queries(&files, workers)),
        kind => runtime.block_on(sum(&files, kind == "parquet", workers)),
    }
    // Without waiting for threads: what they took has been printed.
    process::exit(0);
}

fn gunzip(files: &[PathBuf]) {
    let mut text = 0;
    for file in files {
        let file = io::BufReader::with_capacity(256 << 10, fs::File::open(file).unwrap());
        let mut unpacked = io::BufReader::with_capacity(256 << 10, MultiGzDecoder::new(file));
        loop {
            let length = io::BufRead::fill_buf(&mut unpacked).unwrap().len();
            if length == 0 {
                break;
            }
            text += length;
            io::BufRead::consume(&mut unpacked, length);
        }
    }
    println!("text={text} cpu={:.3}", Threads::now().all);
}

/// The zones of names that are counted.
pub(crate) fn zones() -> Vec<String> {
    HostRules::built_in().unwrap().zones("aws").to_vec()
}

async fn queries(files: &[PathBuf], workers: usize) {
    let counted = count_queries(files, &zones(), generate::window(), workers).await;
    let counted = counted.unwrap();
    print_sums(counted.groups());
    let before = Threads::now();
    let usage = counted.usage();
    print_fold(&before);
    let (records, in_zones) = sums_of(&usage);
    println!("records={records} sum={in_zones}");
}

fn sums_of(usage: &GroupUsage) -> (u64, u64) {
    assert_eq!(usage.failure, None);
    let records = usage.vpcs.values().filter_map(|it| it.queries).sum();
    let hosts = usage.vpcs.values().flat_map(|it| it.hosts.values());
    let in_zones = hosts.map(|it| it.queries + it.nxdomain_queries + it.failed_queries);
    (records, in_zones.sum())
}

async fn sum(files: &[PathBuf], parquet: bool, workers: usize) {
    let sources: Vec<Source> = flows::sources();
    let window: Window = generate::window();
    let summed = sum_flows(files, &sources, window, parquet, workers)
        .await
        .unwrap();
    print_sums(summed.groups());
    let before = Threads::now();
    let usage = summed.usage(&sources);
    print_fold(&before);
    assert_eq!(usage.failure, None);
    let rows = usage.sources.iter().flat_map(|it| it.rows.values());
    println!("sum={}", rows.sum::<u64>());
}

fn print_sums(groups: usize) {
    let now = Threads::now();
    let peak = peak();
    println!(
        "cpu={:.3} worker={:.3} main={:.3} peak={peak:.1} groups={groups}",
        now.all, now.busiest, now.main
    );
}

fn print_fold(before: &Threads) {
    let fold = Threads::now().main - before.main;
    println!("fold={fold:.3} fold_peak={:.1}", peak());
}

/// CPU seconds of the threads of this process.
struct Threads {
    all: f64,
    main: f64,
    /// Of those besides the main thread.
    busiest: f64,
}

impl Threads {
    fn now() -> Self {
        let (mut all, mut main, mut busiest) = (0.0, 0.0, 0.0_f64);
        for thread in fs::read_dir("/proc/self/task").unwrap() {
            let thread = thread.unwrap();
            let text = fs::read_to_string(thread.path().join("schedstat")).unwrap();
            let nanoseconds: f64 = text.split(' ').next().unwrap().parse().unwrap();
            let seconds = nanoseconds / 1e9;
            all += seconds;
            if thread.file_name().to_string_lossy() == process::id().to_string() {
                main = seconds;
            } else {
                busiest = busiest.max(seconds);
            }
        }
        Self { all, main, busiest }
    }
}

/// The most memory that this process had, MiB.
fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|it| it.starts_with("VmHWM")).unwrap();
    let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024.0
}
