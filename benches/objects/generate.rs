//! Records like those of a large organization, the same each time.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use vpce_scout::model::run::Window;

const VPCS: u64 = 33;
const QUERY_FILES: usize = 100;
pub(crate) const START: u64 = 1_780_272_000; // 2026-06-01T00:00:00Z
pub(crate) const SECONDS: u64 = 7 * 24 * 3600;

/// The week of the records.
pub(crate) fn window() -> Window {
    Window {
        start: "2026-06-01T00:00:00Z".parse().unwrap(),
        end: "2026-06-08T00:00:00Z".parse().unwrap(),
    }
}

/// SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Small numbers more often than great ones.
    pub(crate) fn skewed(&mut self, limit: u64) -> u64 {
        let most = self.below(limit) + 1;
        self.below(most)
    }
}

/// The files of a directory, sorted.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|it| it.unwrap().path()).collect();
    files.retain(|it| {
        it.extension()
            .is_some_and(|it| it == "gz" || it == "parquet")
    });
    files.sort();
    files
}

/// A directory of files, written by `write` unless an earlier run did.
pub(crate) fn once(directory: PathBuf, write: impl FnOnce(&Path)) -> PathBuf {
    let done = directory.join("finished");
    if !done.exists() {
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        write(&directory);
        fs::write(done, "").unwrap();
    }
    directory
}

pub(crate) fn packed(path: &Path, lines: impl Iterator<Item = String>) {
    let mut file = GzEncoder::new(fs::File::create(path).unwrap(), Compression::default());
    for line in lines {
        file.write_all(line.as_bytes()).unwrap();
    }
    file.finish().unwrap();
}

/// Query logs of 33 VPCs: 38 % of the names in zones of AWS, 24 % missing names of search domains.
pub(crate) fn queries(root: &Path, records: usize) -> PathBuf {
    once(root.join(format!("queries-{records}")), |directory| {
        for file in 0..QUERY_FILES {
            let mut random = Random(file as u64);
            let count = records / QUERY_FILES + usize::from(file < records % QUERY_FILES);
            let vpc = file as u64 % VPCS;
            let lines = (0..count).map(|at| {
                let second = START + at as u64 * SECONDS / count as u64;
                query(&mut random, vpc, second)
            });
            packed(&directory.join(format!("{file:03}.log.gz")), lines);
        }
    })
}

fn query(random: &mut Random, vpc: u64, second: u64) -> String {
    let at = jiff::Timestamp::from_second(i64::try_from(second).unwrap()).unwrap();
    let source = random.skewed(600);
    let (name, kind, code, answers) = question(random);
    let (hour, minute) = (source / 250, source % 250);
    format!(
        "{{\"version\":\"1.100000\",\"account_id\":\"{:012}\",\"region\":\"eu-west-1\",\"vpc_id\":\"vpc-{vpc:017x}\",\
         \"query_timestamp\":\"{at}\",\"query_name\":\"{name}\",\"query_type\":\"{kind}\",\"query_class\":\"IN\",\
         \"rcode\":\"{code}\",\"answers\":[{answers}],\"srcaddr\":\"10.{vpc}.{hour}.{minute}\",\"srcport\":\"{}\",\
         \"transport\":\"UDP\",\"srcids\":{{\"instance\":\"i-{:017x}\"}}}}\n",
        111_111_111_111 + vpc,
        1024 + random.below(64_000),
        source * 7919 + vpc,
    )
}

fn answer(data: &str, kind: &str) -> String {
    format!("{{\"Rdata\":\"{data}\",\"Type\":\"{kind}\",\"Class\":\"IN\"}}")
}

/// A name with its type, response code and answers.
fn question(random: &mut Random) -> (String, &'static str, &'static str, String) {
    const SERVICES: [&str; 12] = [
        "sts",
        "logs",
        "monitoring",
        "kms",
        "ssm",
        "ec2",
        "sqs",
        "secretsmanager",
        "ecr.dkr",
        "lambda",
        "events",
        "sns",
    ];
    let spelled = |random: &mut Random, name: String| {
        if random.below(20) == 0 {
            name.to_ascii_uppercase()
        } else {
            name
        }
    };
    match random.below(100) {
        0..20 => {
            let service = SERVICES[usize::try_from(random.skewed(12)).unwrap()];
            let name = spelled(random, format!("{service}.eu-west-1.amazonaws.com."));
            let address = format!("52.94.{}.{}", random.below(4), random.skewed(60));
            (name, "A", "NOERROR", answer(&address, "A"))
        }
        20..32 => {
            let name = format!("bucket-{}.s3.eu-west-1.amazonaws.com.", random.skewed(150));
            let first = random.skewed(24);
            let list = (0..8).map(|it| answer(&format!("52.218.{it}.{first}"), "A"));
            let alias = answer("s3-r-w.eu-west-1.amazonaws.com.", "CNAME");
            let all: Vec<String> = std::iter::once(alias).chain(list).collect();
            (name, "A", "NOERROR", all.join(","))
        }
        32..35 => {
            let name = "s3.dualstack.eu-west-1.amazonaws.com.".to_owned();
            let address = format!("2a05:d050:8020:{:x}::1", random.skewed(40));
            (name, "AAAA", "NOERROR", answer(&address, "AAAA"))
        }
        35..38 => {
            let name = format!(
                "db-{}.abcdefgh.eu-west-1.rds.amazonaws.com.",
                random.skewed(80)
            );
            let address = format!("10.0.{}.{}", random.below(4), random.skewed(60));
            (name, "A", "NOERROR", answer(&address, "A"))
        }
        38..62 => {
            let service = SERVICES[usize::try_from(random.skewed(12)).unwrap()];
            let name = format!(
                "{service}.eu-west-1.amazonaws.com.corp{}.example.",
                random.below(4)
            );
            (name, "A", "NXDOMAIN", String::new())
        }
        _ => {
            let name = format!("host-{}.example.org.", random.skewed(4000));
            let alias = answer("edge.cdn.example.net.", "CNAME");
            let address = format!("203.0.{}.{}", random.below(100), random.below(250));
            (
                name,
                "A",
                "NOERROR",
                format!("{alias},{}", answer(&address, "A")),
            )
        }
    }
}
