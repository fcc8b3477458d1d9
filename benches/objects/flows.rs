//! Flow log records, as text and as Parquet.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use serde_json::json;
use vpce_scout::{
    model::{
        facts::Facts,
        flow_format::RECOMMENDED,
        inventory::{FlowLog, Vpc},
        target::Target,
    },
    usage::flow::{
        plan::{CrossVpcCalls, Plan},
        source::Source,
    },
};

use crate::generate::{Random, SECONDS, START, once, packed, window};

const FLOW_FILES: usize = 40;
/// The records of a Parquet file's row group.
#[cfg(feature = "parquet")]
const ROW_GROUP: usize = 100_000;

/// The values of a flow log record in the order of the recommended format; `-` for none.
struct Flow {
    values: Vec<String>,
}

impl Flow {
    fn new(random: &mut Random, second: u64) -> Self {
        let interface = random.skewed(400);
        let (net, host) = (interface % 24, 4 + interface / 24);
        let inside = format!("10.0.{net}.{host}");
        // Most bytes go to some thousand addresses, a fifth to a hundred thousand others.
        let number = if random.below(5) == 0 {
            10_000 + random.below(125_000)
        } else {
            random.skewed(3000)
        };
        let outside = format!(
            "{}.{}.{}.{}",
            52 + number % 3,
            number / 62_500,
            number / 250 % 250,
            number % 250
        );
        let tag = match number % 5 {
            0 | 1 => "S3",
            2 => "AMAZON",
            3 => "EC2",
            _ => "-",
        };
        let up = random.below(2) == 0;
        let (from, to) = if up {
            (&inside, &outside)
        } else {
            (&outside, &inside)
        };
        let (from_tag, to_tag) = if up { ("-", tag) } else { (tag, "-") };
        let rejected = random.below(50) == 0;
        let bytes = 64 + random.skewed(2_000_000);
        let port = (1024 + random.below(64_000)).to_string();
        let (from_port, to_port) = if up {
            (port.as_str(), "443")
        } else {
            ("443", port.as_str())
        };
        let text = [
            "5",
            "111111111111",
            &format!("eni-{interface:017x}"),
            "vpc-00000000000000001",
            &format!("subnet-{net:017x}"),
            &format!("euw1-az{}", net % 3 + 1),
            "eu-west-1",
            from,
            to,
            from,
            to,
            from_tag,
            to_tag,
            if up { "egress" } else { "ingress" },
            if up { "8" } else { "-" },
            "6",
            from_port,
            to_port,
            &(1 + bytes / 900).to_string(),
            &bytes.to_string(),
            &second.to_string(),
            &(second + 59).to_string(),
            if rejected { "REJECT" } else { "ACCEPT" },
            "OK",
        ];
        Self {
            values: text.iter().map(|it| (*it).to_owned()).collect(),
        }
    }
}

fn flow_files(records: usize, mut write: impl FnMut(usize, &mut dyn Iterator<Item = Flow>)) {
    for file in 0..FLOW_FILES {
        let mut random = Random(1_000_000 + file as u64);
        let count = records / FLOW_FILES + usize::from(file < records % FLOW_FILES);
        let mut flows = (0..count).map(|at| {
            let second = START + at as u64 * SECONDS / count as u64;
            Flow::new(&mut random, second)
        });
        write(file, &mut flows);
    }
}

/// Flow logs as text.
pub(crate) fn text(root: &Path, records: usize) -> PathBuf {
    once(root.join(format!("flows-{records}")), |directory| {
        let mut header = RECOMMENDED.replace(['$', '{', '}'], "");
        header.push('\n');
        flow_files(records, |file, flows| {
            let lines = flows.map(|it| {
                let mut line = it.values.join(" ");
                let _ = writeln!(line);
                line
            });
            let all = std::iter::once(header.clone()).chain(lines);
            packed(&directory.join(format!("{file:03}.log.gz")), all);
        });
    })
}

/// The same flow logs as Parquet.
#[cfg(feature = "parquet")]
pub(crate) fn parquet(root: &Path, records: usize) -> PathBuf {
    use arrow_array::RecordBatch;
    use parquet::{
        arrow::ArrowWriter,
        basic::{Compression, GzipLevel},
        file::properties::WriterProperties,
    };
    once(root.join(format!("parquet-{records}")), |directory| {
        flow_files(records, |file, flows| {
            let file =
                std::fs::File::create(directory.join(format!("{file:03}.log.parquet"))).unwrap();
            let properties = WriterProperties::builder()
                .set_compression(Compression::GZIP(GzipLevel::default()))
                .set_max_row_group_row_count(Some(ROW_GROUP))
                .build();
            let empty = RecordBatch::try_from_iter_with_nullable(columns(&[])).unwrap();
            let mut writer = ArrowWriter::try_new(file, empty.schema(), Some(properties)).unwrap();
            loop {
                let rows: Vec<Flow> = flows.take(ROW_GROUP).collect();
                if rows.is_empty() {
                    break;
                }
                let batch = RecordBatch::try_from_iter_with_nullable(columns(&rows)).unwrap();
                writer.write(&batch).unwrap();
            }
            writer.close().unwrap();
        });
    })
}

/// Without the feature nothing is written.
#[cfg(not(feature = "parquet"))]
pub(crate) fn parquet(root: &Path, _: usize) -> PathBuf {
    root.to_owned()
}

#[cfg(feature = "parquet")]
fn columns(rows: &[Flow]) -> Vec<(String, arrow_array::ArrayRef, bool)> {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int32Array, Int64Array, StringArray};
    let names = RECOMMENDED.split(' ').enumerate();
    let column = |(at, name): (usize, &str)| {
        let name = name.replace(['$', '{', '}'], "").replace('-', "_");
        let values = rows
            .iter()
            .map(|it| Some(it.values[at].as_str()).filter(|it| *it != "-"));
        let array: ArrayRef = match name.as_str() {
            "bytes" | "start" | "end" | "packets" => {
                let numbers = values.map(|it| Some(it?.parse().unwrap()));
                Arc::new(numbers.collect::<Int64Array>())
            }
            "version" | "srcport" | "dstport" | "protocol" | "traffic_path" => {
                let numbers = values.map(|it| Some(it?.parse().unwrap()));
                Arc::new(numbers.collect::<Int32Array>())
            }
            _ => Arc::new(values.collect::<StringArray>()),
        };
        (name, array, true)
    };
    names.map(column).collect()
}

/// The source of these flow logs: the clients of one VPC.
pub(crate) fn sources() -> Vec<Source> {
    let target: Target =
        serde_json::from_value(json!({ "account_id": "111111111111", "region": "eu-west-1" }))
            .unwrap();
    let vpc: Vpc = serde_json::from_value(json!({
        "target": target, "vpc_id": "vpc-00000000000000001", "name": null, "owner_account_id": "111111111111",
        "is_default": false, "cidrs": ["10.0.0.0/16"], "dns_support": null, "dns_hostnames": null,
    }))
    .unwrap();
    let log = FlowLog {
        target: target.clone(),
        flow_log_id: "fl-1".into(),
        resource_id: "vpc-00000000000000001".into(),
        destination_type: "s3".into(),
        destination: Some("arn:aws:s3:::logs/".into()),
        log_format: Some(RECOMMENDED.into()),
        traffic_type: Some("ALL".into()),
        deliver_logs_status: Some("SUCCESS".into()),
        deliver_logs_error: None,
        created_at: None,
        aggregation_seconds: None,
        layout: None,
    };
    let mut facts = Facts::default();
    facts.vpcs.push(vpc);
    facts.flow_logs.insert("fl-1".into(), log);
    let mut plan = Plan::new(window().start);
    plan.add(&target, &facts, false);
    plan.complete(&CrossVpcCalls::default(), &BTreeSet::new());
    plan.places.into_values().next().unwrap()
}
