//! Flow log records in objects, summed.

use super::*;
use crate::model::tests::sample;
use crate::{
    model::{
        facts::Facts,
        flow::{FlowKind, FlowRow},
        inventory::{FlowLog, Vpc},
        target::Target,
    },
    usage::{
        flow::plan::{Plan, Reach},
        objects::gunzip::tests::packed,
    },
};

const FORMAT: &str = "${version} ${interface-id} ${vpc-id} ${srcaddr} ${dstaddr} ${bytes} ${start} \
    ${action} ${log-status}";
const HEADER: &str = "version interface-id vpc-id srcaddr dstaddr bytes start action log-status";

fn window() -> Window {
    Window {
        start: "2026-06-01T00:00:00Z".parse().unwrap(),
        end: "2026-06-02T00:00:00Z".parse().unwrap(),
    }
}

/// The sources of a VPC's flow log into a bucket.
fn sources() -> Vec<Source> {
    let target = Target {
        account_id: "111111111111".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
    };
    let mut facts = Facts::default();
    facts.vpcs.push(Vpc {
        cidrs: vec!["10.0.0.0/16".parse().unwrap()],
        ..sample::vpc(&target, "vpc-1")
    });
    let log = FlowLog {
        target: target.clone(),
        flow_log_id: "fl-1".into(),
        resource_id: "vpc-1".into(),
        destination_type: "s3".into(),
        destination: Some("arn:aws:s3:::logs/p/".into()),
        log_format: Some(FORMAT.into()),
        traffic_type: Some("ALL".into()),
        deliver_logs_status: Some("SUCCESS".into()),
        deliver_logs_error: None,
        created_at: None,
        aggregation_seconds: None,
        layout: None,
    };
    facts.flow_logs.insert("fl-1".into(), log);
    let mut plan = Plan::new(window().start);
    plan.add(&target, &facts, false);
    plan.complete(&Reach::default());
    let (place, sources) = plan.places.into_iter().next().unwrap();
    assert_eq!(place.name(), "s3://logs/p/fl-1");
    sources
}

fn counted(sources: &[Source], objects: &[String]) -> Flows {
    let matchers = Arc::new(sources.iter().map(Matcher::new).collect::<Vec<_>>());
    let mut all = Flows::new(Arc::clone(&matchers), window(), false);
    for object in objects {
        let mut one = Flows::new(Arc::clone(&matchers), window(), false);
        one.object("k", Body::of(packed(object.as_bytes())))
            .unwrap();
        all.absorb(one);
    }
    all
}

fn start() -> i64 {
    window().start.as_second()
}

/// What counts and what does not.
fn records() -> Vec<String> {
    let at = start() + 60;
    vec![
        format!("2 eni-1 vpc-1 10.0.1.5 52.94.1.1 100 {at} ACCEPT OK"),
        format!("2 eni-1 vpc-1 10.0.1.6 52.94.1.1 11 {at} ACCEPT OK"),
        format!("2 eni-1 vpc-1 52.94.1.1 10.0.1.5 5000 {at} ACCEPT OK"),
        format!("2 eni-1 vpc-1 10.0.1.5 52.94.1.1 7 {at} REJECT OK"),
        format!("2 eni-2 vpc-1 - - - {at} - NODATA"),
        format!(
            "2 eni-1 vpc-1 10.0.1.5 52.94.1.1 9 {} ACCEPT OK",
            start() - 1
        ),
        format!("2 eni-1 vpc-2 10.0.1.5 52.94.1.1 9 {at} ACCEPT OK"),
        format!("2 - vpc-1 10.0.1.5 52.94.1.1 9 {at} ACCEPT OK"),
    ]
}

#[test]
fn bytes_from_and_to_the_outside_are_summed_and_the_rest_is_left_out() {
    let sources = sources();
    let lines = records();
    let (one, two) = lines.split_at(3);
    let objects = [one, two].map(|part| format!("{HEADER}\n{}\n", part.join("\n")));
    let counted = counted(&sources, &objects);
    counted.check().unwrap();
    let usage = flow::of_rows("objects", &sources, counted.tables.iter().map(Table::rows));
    assert_eq!((usage.failure, usage.remark), (None, None));
    assert_eq!(usage.sources.len(), 1);
    let source = &usage.sources[0];
    assert_eq!(source.kind, FlowKind::Client);
    let row = |up| FlowRow {
        vpc_id: Some("vpc-1".into()),
        client: Some("10.0.1.0/24".parse().unwrap()),
        external: Some("52.94.1.1".parse().unwrap()),
        up,
        ..FlowRow::default()
    };
    assert_eq!(source.rows, [(row(true), 111), (row(false), 5000)].into());
    assert!(source.quiet.contains("vpc-1"));
}

#[test]
fn days_of_a_flow_log_add_up_and_a_missing_one_leaves_no_bytes() {
    let sources = sources();
    let at = start() + 60;
    let text = format!("{HEADER}\n2 eni-1 vpc-1 10.0.1.5 52.94.1.1 100 {at} ACCEPT OK\n");
    let day = || {
        let counted = counted(&sources, std::slice::from_ref(&text));
        flow::of_rows("objects", &sources, counted.tables.iter().map(Table::rows))
    };
    let settings = crate::config::Config::for_tests(&[]).objects;
    let both = of_days(vec![day(), day()], window(), &settings);
    let sums: Vec<u64> = both.sources[0].rows.values().copied().collect();
    assert_eq!(sums, [200]);
    let failed = FlowUsage {
        failure: Some(Failure::new(Reason::Archived, "x")),
        ..FlowUsage::default()
    };
    assert!(
        of_days(vec![day(), failed], window(), &settings)
            .sources
            .is_empty()
    );
}

#[test]
fn records_without_their_fields_make_a_flow_log_unreadable() {
    let sources = sources();
    let text = format!("{HEADER}\n2 eni-1 vpc-1\n2 eni-1\n");
    let failure = counted(&sources, &[text]).check().unwrap_err();
    assert_eq!(failure.reason, Reason::InvalidResponse);
    let matchers = Arc::new(sources.iter().map(Matcher::new).collect::<Vec<_>>());
    let mut flows = Flows::new(matchers, window(), false);
    let odd = flows.object("k", Body::of(packed(b"no header\n")));
    assert_eq!(odd.unwrap_err().reason, Reason::InvalidResponse);
}

/// Records as AWS writes them as Parquet: numbers as numbers, nothing where text has `-`.
#[cfg(feature = "parquet")]
fn as_parquet(lines: &[String]) -> Vec<u8> {
    use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
    use parquet::{arrow::ArrowWriter, basic::Compression, file::properties::WriterProperties};
    let column = |at: usize| {
        let values = lines.iter().map(move |line| line.split(' ').nth(at));
        values.map(|value| value.filter(|it| *it != "-"))
    };
    let columns = HEADER.split(' ').enumerate().map(|(at, name)| {
        let values = column(at);
        let array: ArrayRef = match name {
            "version" => Arc::new(
                values
                    .map(|it| Some(it?.parse().unwrap()))
                    .collect::<Int32Array>(),
            ),
            "bytes" | "start" => Arc::new(
                values
                    .map(|it| Some(it?.parse().unwrap()))
                    .collect::<Int64Array>(),
            ),
            _ => Arc::new(values.collect::<StringArray>()),
        };
        (name.replace('-', "_"), array, true)
    });
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let gzip = Compression::GZIP(parquet::basic::GzipLevel::default());
    let properties = WriterProperties::builder().set_compression(gzip).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_gives_the_sums_of_text_and_what_is_none_is_an_error() {
    let sources = sources();
    let lines = records();
    let text = counted(&sources, &[format!("{HEADER}\n{}\n", lines.join("\n"))]);
    let matchers = Arc::new(sources.iter().map(Matcher::new).collect::<Vec<_>>());
    let mut parquet = Flows::new(Arc::clone(&matchers), window(), true);
    parquet.object("k", Body::of(as_parquet(&lines))).unwrap();
    parquet.check().unwrap();
    let usage =
        |flows: &Flows| flow::of_rows("objects", &sources, flows.tables.iter().map(Table::rows));
    assert!(!usage(&text).sources[0].rows.is_empty());
    assert_eq!(usage(&parquet), usage(&text));
    assert!(parquet.has_start);
    let mut broken = Flows::new(matchers, window(), true);
    let why = broken.object("k", Body::of(b"PAR1 no more".to_vec()));
    let why = why.unwrap_err();
    assert_eq!(why.reason, Reason::InvalidResponse);
    assert!(why.message.contains("object `k`"), "{}", why.message);
}
