//! Flow logs of transit gateways: which are read, and the rows that their records become.

use super::{
    super::{
        answer::Sums,
        candidate::tests::flow_log,
        matcher::Matcher,
        plan::CrossVpcCalls,
        query,
        record::{FIELDS, Values},
        source::Source,
        sums::Table,
        texts::Texts,
    },
    *,
};
use crate::model::{
    flow::{FlowGroup, FlowRow, FlowSource},
    flow_format::{LogFormat, TRANSIT_GATEWAY_DEFAULT},
    inventory::FlowLog,
    network::TransitGatewayAttachment,
};

const TGW: &str = "tgw-1";

/// What is planned for a target with these flow logs, without a VPC.
fn planned(logs: Vec<FlowLog>) -> (Plan, Vec<(String, VpcFlow)>) {
    let mut facts = Facts::default();
    let target = logs[0].target.clone();
    for id in ["tgw-attach-1", "tgw-attach-2"] {
        let attachment = TransitGatewayAttachment {
            target: target.clone(),
            attachment_id: id.into(),
            transit_gateway_id: TGW.into(),
            transit_gateway_owner_id: Some(target.account_id.clone()),
            resource_owner_id: None,
            resource_type: "vpc".into(),
            resource_id: None,
            available: true,
            route_table_id: None,
        };
        facts
            .transit_gateway_attachments
            .insert(id.into(), attachment);
    }
    for log in logs {
        facts.flow_logs.insert(log.flow_log_id.clone(), log);
    }
    let mut plan = Plan::new("2026-03-01T00:00:00Z".parse().unwrap());
    plan.add(&target, &facts, false);
    plan.complete(&CrossVpcCalls::default(), &BTreeSet::new());
    let planned = plan.targets[&target].clone();
    (plan, planned)
}

fn log(id: &str, resource: &str, format: Option<&str>) -> FlowLog {
    FlowLog {
        log_format: format.map(str::to_owned),
        traffic_type: None,
        ..flow_log(id, resource, "")
    }
}

fn asked(plan: &Plan) -> Vec<(String, FlowKind, Vec<String>)> {
    let places = plan.places.iter();
    let sources = places.flat_map(|(place, all)| all.iter().map(move |it| (place, it)));
    sources
        .map(|(place, it)| {
            (
                place.name(),
                it.kind,
                it.interfaces.keys().cloned().collect(),
            )
        })
        .collect()
}

#[test]
fn a_flow_log_of_the_transit_gateway_is_read_instead_of_those_of_its_attachments() {
    let one = |id: &str| id.to_owned();
    let (plan, targets) = planned(vec![
        log("fl-1", TGW, None),
        log("fl-2", "tgw-attach-1", None),
    ]);
    let expected = (one("/flow/fl-1"), FlowKind::TransitGateway, vec![one(TGW)]);
    assert_eq!(asked(&plan), [expected]);
    assert_eq!(targets.len(), 1);
    let (plan, _) = planned(vec![
        log("fl-2", "tgw-attach-1", None),
        log("fl-3", "tgw-attach-2", None),
    ]);
    let ids: Vec<_> = asked(&plan).into_iter().map(|it| it.2).collect();
    assert_eq!(ids, [[one("tgw-attach-1")], [one("tgw-attach-2")]]);
}

#[test]
fn records_that_cannot_be_distinguished_or_name_no_vpc_are_not_read() {
    let into_one = |id: &str| FlowLog {
        destination: Some("/flow/one".into()),
        ..log(id, TGW, None)
    };
    let (plan, targets) = planned(vec![into_one("fl-1"), into_one("fl-2")]);
    assert_eq!(asked(&plan), []);
    assert!(format!("{targets:?}").contains("neither is read"));
    for (format, missing) in [
        ("${srcaddr} ${dstaddr} ${bytes}", "${tgw-src-vpc-id}"),
        (
            "${srcaddr} ${dstaddr} ${bytes} ${tgw-src-vpc-id} ${tgw-dst-vpc-id}",
            "the two records of the same bytes",
        ),
    ] {
        let (plan, targets) = planned(vec![log("fl-1", TGW, Some(format))]);
        assert_eq!(asked(&plan), []);
        assert!(format!("{targets:?}").contains(missing), "{targets:?}");
    }
}

/// A record of the default format: bytes from one address to another by an attachment.
fn record(
    (from, to): (&str, &str),
    (source, destination): (&str, &str),
    (attachment, direction): (&str, &str),
    bytes: u64,
) -> String {
    format!(
        "6 TransitGateway 111111111111 {TGW} {attachment} 1 2 {source} {destination} subnet-s subnet-d \
         eni-s eni-d az1 az1 tgw-attach-9 {from} {to} 443 50123 6 9 {bytes} 1772323200 1772323260 OK \
         IPv4 0 0 0 0 19 eu-west-1 {direction} - S3"
    )
}

fn records() -> Vec<String> {
    let (spoke, hub) = ("vpc-spoke", "vpc-hub");
    let (inside, outside) = ("10.1.0.9", "52.94.1.1");
    vec![
        record(
            (inside, outside),
            (spoke, hub),
            ("tgw-attach-1", "ingress"),
            70,
        ),
        record(
            (inside, outside),
            (spoke, hub),
            ("tgw-attach-2", "egress"),
            70,
        ),
        record(
            (outside, inside),
            (hub, spoke),
            ("tgw-attach-2", "ingress"),
            30,
        ),
        record(
            (outside, inside),
            (hub, spoke),
            ("tgw-attach-1", "egress"),
            30,
        ),
        // Within the company, and to nowhere.
        record(
            (inside, "10.2.0.9"),
            (spoke, "vpc-2"),
            ("tgw-attach-1", "ingress"),
            5,
        ),
        record(
            (inside, outside),
            (spoke, "-"),
            ("tgw-attach-1", "ingress"),
            4,
        ),
    ]
}

/// The rows that the embedded engine makes of records.
fn summed(source: &Source, records: &[String]) -> FlowSource {
    let fields: Vec<&str> = source.format().fields().collect();
    let matcher = Matcher::new(source);
    let (mut table, mut texts) = (Table::default(), Texts::default());
    for record in records {
        let mut values: Values<'_> = [None; FIELDS.len()];
        for (field, value) in fields.iter().zip(record.split(' ')) {
            if let Some(at) = FIELDS.iter().position(|it| it == field) {
                values[at] = Some(value);
            }
        }
        table.add(&matcher, &values, &mut texts);
    }
    let question = query::whole(source);
    let mut sums = Sums::default();
    table.rows(&texts, |row| sums.take(&question, row));
    assert_eq!(sums.unreadable, 0);
    sums.of(source)
}

fn row(attachment: &str, hub: Option<&str>, up: bool, ingress: bool) -> FlowRow {
    let group = FlowGroup {
        interface: Some(attachment.into()),
        vpc_id: Some("vpc-spoke".into()),
        subnet_id: Some(if up { "subnet-d" } else { "subnet-s" }.into()),
        up,
        aws_service: up.then(|| "S3".into()),
        hub_vpc_id: hub.map(Into::into),
        ingress: Some(ingress),
        ..FlowGroup::default()
    };
    FlowRow::new(Some("52.94.1.1".parse().unwrap()), group)
}

#[test]
fn records_become_rows_by_vpc_attachment_and_direction() {
    let (plan, _) = planned(vec![log("fl-1", TGW, None)]);
    let source = &plan.places.values().next().unwrap()[0];
    let found = summed(source, &records());
    let hub = Some("vpc-hub");
    let expected = [
        (row("tgw-attach-1", hub, true, true), 70),
        (row("tgw-attach-2", hub, true, false), 70),
        (row("tgw-attach-2", hub, false, true), 30),
        (row("tgw-attach-1", hub, false, false), 30),
        (row("tgw-attach-1", None, true, true), 4),
    ];
    assert_eq!(found.rows, expected.into());
    assert_eq!(found.silent().count(), 0);
}

#[test]
fn records_of_another_transit_gateway_in_the_same_place_are_left_out() {
    let (plan, _) = planned(vec![log("fl-1", TGW, None)]);
    let source = &plan.places.values().next().unwrap()[0];
    let other: Vec<String> = records()
        .iter()
        .map(|it| it.replace(" tgw-1 ", " tgw-2 "))
        .collect();
    assert!(summed(source, &other).rows.is_empty());
}

#[test]
fn the_question_to_a_log_group_captures_what_the_embedded_engine_reads() {
    let (plan, _) = planned(vec![log("fl-1", TGW, None)]);
    let source = &plan.places.values().next().unwrap()[0];
    let questions = query::questions(source);
    assert_eq!(questions.len(), 1);
    let text = questions[0].text(&[], 10_000);
    let keys = "by ext, stat, upext, downext, uptag, downtag, tgw, att, flow, upvpc, uphub, uphubnet, \
                downvpc, downhub, downhubnet";
    assert!(text.contains(keys), "{text}");
    assert!(text.contains(r#"filter tgw in ["tgw-1"]"#), "{text}");
    assert!(!text.contains("@logStream"), "{text}");
    let default = LogFormat::parse(TRANSIT_GATEWAY_DEFAULT).unwrap();
    assert_eq!(*source.format(), default);
}
