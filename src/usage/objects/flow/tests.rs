//! Flow log records in objects, summed.

use std::collections::BTreeMap;

use super::*;
use crate::model::tests::sample;
use crate::{
    model::{
        facts::Facts,
        flow::{FlowGroup, FlowKind, FlowRow},
        inventory::{FlowLog, Vpc},
        target::Target,
    },
    usage::{
        flow::plan::{CrossVpcCalls, Plan},
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
    plan.complete(&CrossVpcCalls::default(), &BTreeSet::new());
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
    let usage = counted.usage("objects", &sources);
    assert_eq!((usage.failure, usage.remark), (None, None));
    assert_eq!(usage.sources.len(), 1);
    let source = &usage.sources[0];
    assert_eq!(source.kind, FlowKind::Client);
    let row = |up| {
        let group = FlowGroup {
            vpc_id: Some("vpc-1".into()),
            client: Some("10.0.1.0/24".parse().unwrap()),
            up,
            ..FlowGroup::default()
        };
        FlowRow::new(Some("52.94.1.1".parse().unwrap()), group)
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
        counted.usage("objects", &sources)
    };
    let settings = crate::config::Config::for_tests(&[]).objects;
    let of_days = |all: Vec<FlowUsage>| {
        let mut days = Days::default();
        for flows in all {
            days.add(flows);
        }
        days.usage(window(), &settings)
    };
    let both = of_days(vec![day(), day()]);
    let sums: Vec<u64> = both.sources[0].rows.values().copied().collect();
    assert_eq!(sums, [200]);
    let failed = FlowUsage {
        failure: Some(Failure::new(Reason::Archived, "x")),
        ..FlowUsage::default()
    };
    assert!(of_days(vec![day(), failed.clone()]).sources.is_empty());
    assert!(of_days(vec![failed, day()]).sources.is_empty());
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

#[test]
fn each_object_is_read_by_its_own_header_in_whatever_members_it_is_packed() {
    let sources = sources();
    let at = start() + 60;
    let usual = format!("{HEADER}\n2 eni-1 vpc-1 10.0.1.5 52.94.1.1 100 {at} ACCEPT OK\n");
    let other = format!(
        "log-status srcaddr start dstaddr action vpc-id packets bytes interface-id\r\n\
         OK 10.0.1.5 {at} 52.94.1.1 ACCEPT vpc-1 3 20 eni-1\r\n\
         OK 10.0.1.5 {at} 52.94.1.1 REJECT vpc-1 3 7 eni-1"
    );
    let mut all = counted(&sources, &[usual.clone(), other]);
    let matchers = Arc::new(sources.iter().map(Matcher::new).collect::<Vec<_>>());
    let mut flows = Flows::new(matchers, window(), false);
    let (one, two) = usual.split_at(HEADER.len() + 20);
    let members = [packed(one.as_bytes()), packed(two.as_bytes())].concat();
    flows.object("k", Body::of(members)).unwrap();
    // Not packed, whatever the name of the object is.
    flows
        .object("k", Body::of(usual.clone().into_bytes()))
        .unwrap();
    // Nothing but the header, and nothing at all, as the objects that consoles make for folders.
    flows
        .object("k", Body::of(packed(HEADER.as_bytes())))
        .unwrap();
    flows.object("k", Body::of(Vec::new())).unwrap();
    all.absorb(flows);
    all.check().unwrap();
    let usage = all.usage("objects", &sources);
    let sums: Vec<u64> = usage.sources[0].rows.values().copied().collect();
    assert_eq!(sums, [100 + 20 + 100 + 100]);
}

#[test]
fn a_header_without_a_needed_field_is_an_error_that_names_the_object() {
    let sources = sources();
    for field in ["interface-id", "srcaddr", "dstaddr", "bytes"] {
        let header = HEADER.replace(field, "packets");
        let matchers = Arc::new(sources.iter().map(Matcher::new).collect::<Vec<_>>());
        let mut flows = Flows::new(matchers, window(), false);
        let why = flows.object("k", Body::of(packed(header.as_bytes())));
        let why = why.unwrap_err();
        assert_eq!(why.reason, Reason::InvalidResponse, "{field}");
        assert!(why.message.contains("object `k`"), "{}", why.message);
    }
}

/// The sums of records by client, other end and direction, one after the other.
fn naive(lines: &[String]) -> BTreeMap<(String, String, bool), u64> {
    let mut sums = BTreeMap::new();
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let [_, interface, vpc, from, to, bytes, second, action, status]: [&str; 9] =
            words.try_into().unwrap();
        let second: i64 = second.parse().unwrap();
        let in_window = second >= start() && second < start() + 24 * 3600;
        if !in_window || vpc != "vpc-1" || interface == "-" || action != "ACCEPT" || status != "OK"
        {
            continue;
        }
        let is_inside = |it: &str| it.starts_with("10.") || it.starts_with("fd00");
        let (up, client, other) = match (is_inside(from), is_inside(to)) {
            (true, false) => (true, from, to),
            (false, true) => (false, to, from),
            _ => continue,
        };
        let block = match client.parse().unwrap() {
            std::net::IpAddr::V4(v4) => ipnet::IpNet::new(v4.into(), 24).unwrap(),
            std::net::IpAddr::V6(v6) => ipnet::IpNet::new(v6.into(), 64).unwrap(),
        };
        let key = (block.trunc().to_string(), other.to_owned(), up);
        *sums.entry(key).or_default() += bytes.parse::<u64>().unwrap();
    }
    sums
}

fn sums(usage: &FlowUsage) -> BTreeMap<(String, String, bool), u64> {
    let rows = usage.sources.iter().flat_map(|it| &it.rows);
    let key = |row: &FlowRow| {
        let client = row.client.unwrap().to_string();
        (client, row.external.unwrap().to_string(), row.up)
    };
    rows.map(|(row, bytes)| (key(row), *bytes)).collect()
}

proptest::proptest! {
    #[test]
    fn any_records_in_any_objects_sum_up_as_one_after_the_other(
        records in proptest::collection::vec(
            (
                proptest::sample::select(vec!["eni-1", "eni-2", "-"]),
                proptest::sample::select(vec!["vpc-1", "vpc-1", "vpc-2"]),
                "10\\.0\\.[01]\\.[1-3]|52\\.94\\.[0-2]\\.[1-9]|2600:1f18::[1-3]|fd00:0:0:1::[1-3]",
                "10\\.0\\.[01]\\.[1-3]|52\\.94\\.[0-2]\\.[1-9]|2600:1f18::[1-3]|fd00:0:0:1::[1-3]",
                0_u64..1_000_000,
                -7200_i64..97_200,
                proptest::sample::select(vec!["ACCEPT OK", "ACCEPT OK", "REJECT OK", "- NODATA"]),
            ),
            1..80,
        ),
        cut in 0_usize..80,
    ) {
        let lines: Vec<String> = records
            .iter()
            .filter(|(_, _, from, to, ..)| {
                // Two public ends are judged by the blocks of the VPC, which is a test of its own.
                [from, to].iter().any(|it| it.starts_with("10.") || it.starts_with("fd00"))
            })
            .map(|(interface, vpc, from, to, bytes, second, end)| {
                let second = start() + second;
                if end.ends_with("NODATA") {
                    return format!("2 {interface} {vpc} - - - {second} {end}");
                }
                format!("2 {interface} {vpc} {from} {to} {bytes} {second} {end}")
            })
            .collect();
        let (one, two) = lines.split_at(cut.min(lines.len()));
        let objects = [one, two].map(|part| format!("{HEADER}\n{}\n", part.join("\n")));
        let sources = sources();
        let expected = naive(&lines);
        let text = counted(&sources, &objects).usage("objects", &sources);
        proptest::prop_assert_eq!(&text.failure, &None);
        proptest::prop_assert_eq!(sums(&text), expected.clone());
        #[cfg(feature = "parquet")]
        {
            let matchers = Arc::new(sources.iter().map(Matcher::new).collect::<Vec<_>>());
            let mut all = Flows::new(Arc::clone(&matchers), window(), true);
            for part in [one, two] {
                let mut flows = Flows::new(Arc::clone(&matchers), window(), true);
                flows.object("k", Body::of(as_parquet(part))).unwrap();
                all.absorb(flows);
            }
            proptest::prop_assert_eq!(sums(&all.usage("objects", &sources)), expected);
        }
    }
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
    assert!(parquet.has_start);
    let text = text.usage("objects", &sources);
    assert!(!text.sources[0].rows.is_empty());
    assert_eq!(parquet.usage("objects", &sources), text);
    let mut broken = Flows::new(matchers, window(), true);
    let why = broken.object("k", Body::of(b"PAR1 no more".to_vec()));
    let why = why.unwrap_err();
    assert_eq!(why.reason, Reason::InvalidResponse);
    assert!(why.message.contains("object `k`"), "{}", why.message);
}

#[cfg(feature = "parquet")]
proptest::proptest! {
    #[test]
    fn any_damage_to_parquet_is_an_error_or_other_sums(
        damage in proptest::collection::vec((0_usize..4096, 0_u8..255), 1..9),
        end in 0_usize..4096,
    ) {
        let sources = sources();
        let mut bytes = as_parquet(&records());
        let length = bytes.len();
        for (at, value) in damage {
            bytes[at % length] = value;
        }
        bytes.truncate(if end % 4 == 0 { end % length } else { length });
        let matchers = Arc::new(sources.iter().map(Matcher::new).collect::<Vec<_>>());
        let read = std::panic::catch_unwind(move || {
            let mut flows = Flows::new(matchers, window(), true);
            flows.object("k", Body::of(bytes)).map_err(|it| it.reason)
        });
        // A worker that ends by a panic makes its unit unreadable.
        if let Ok(Err(reason)) = read {
            proptest::prop_assert_eq!(reason, Reason::InvalidResponse);
        }
    }
}
