//! Statements as snapshots, which a test of the local AWS parses, and their lengths.

use super::*;
use crate::model::flow_format::{DEFAULT, LogFormat, RECOMMENDED, RECOMMENDED_OF_REGIONAL_NAT};

fn source(kind: FlowKind, format: &str) -> Source {
    Source::new(kind, LogFormat::parse(format).unwrap())
}

fn scan() -> Scan<'static> {
    Scan {
        table: r#""logs"."flows""#,
        condition: "log_account = '111111111111'",
        flow_log_id: "fl-1",
        window: Window {
            start: "2026-06-01T00:00:00Z".parse().unwrap(),
            end: "2026-06-02T00:00:00Z".parse().unwrap(),
        },
    }
}

fn only(source: &Source) -> String {
    let mut all = statements(source, scan());
    assert_eq!(all.len(), 1);
    all.remove(0).text
}

fn gateways(kind: FlowKind, format: &str, known: bool) -> Source {
    let mut gateways = source(kind, format);
    for at in 1..=2 {
        let addresses = known.then(|| format!("10.0.0.{at}").parse().unwrap());
        let addresses = addresses.into_iter().collect();
        gateways.interfaces.insert(format!("eni-{at}"), addresses);
    }
    gateways
}

#[test]
fn each_kind_of_source_has_its_statement() {
    let mut clients = source(FlowKind::Client, RECOMMENDED);
    clients.vpcs = ["vpc-1".into()].into();
    clients.left_out = ["eni-9".to_owned()].into();
    clients.endpoints = ["10.0.0.7".parse().unwrap()].into();
    insta::assert_snapshot!("sql_flows_client", only(&clients));
    let nat = gateways(FlowKind::NatPackets, RECOMMENDED_OF_REGIONAL_NAT, false);
    insta::assert_snapshot!("sql_flows_nat_packets", only(&nat));
    let outside = gateways(FlowKind::NatOutside, DEFAULT, true);
    insta::assert_snapshot!("sql_flows_nat_outside", only(&outside));
    let endpoint = gateways(FlowKind::Endpoint, DEFAULT, true);
    insta::assert_snapshot!("sql_flows_endpoint", only(&endpoint));
    let few = "${interface-id} ${srcaddr} ${dstaddr} ${bytes}";
    let mut addresses = source(FlowKind::Client, few);
    addresses.whole_clients = true;
    insta::assert_snapshot!("sql_flows_few_fields", only(&addresses));
}

#[test]
fn statements_that_would_be_too_long_are_split_and_ask_for_every_interface_once() {
    let mut gateways = source(FlowKind::NatPackets, RECOMMENDED);
    for at in 0..20_000 {
        gateways
            .interfaces
            .insert(format!("eni-{at:017x}"), vec!["10.0.0.1".parse().unwrap()]);
    }
    let all = statements(&gateways, scan());
    assert!(all.len() > 1);
    assert!(all.iter().all(|it| it.text.len() <= LENGTH && it.is_first));
    for at in [0, 9_999, 19_999] {
        let id = format!("'eni-{at:017x}'");
        assert_eq!(all.iter().filter(|it| it.text.contains(&id)).count(), 1);
    }
}

#[test]
fn lists_that_only_shorten_the_answer_give_way_before_clients_are_asked_twice() {
    let mut clients = source(FlowKind::Client, RECOMMENDED);
    clients.vpcs = (0..20_000)
        .map(|at| format!("vpc-{at:017x}").into())
        .collect();
    clients.left_out = ["eni-9".to_owned()].into();
    let text = only(&clients);
    assert!(text.len() <= LENGTH && text.contains("eni-9") && !text.contains("vpc IN"));
    clients.left_out = (0..20_000).map(|at| format!("eni-{at:017x}")).collect();
    let text = only(&clients);
    assert!(text.contains("eni AS eni") && !text.contains("NOT (eni IN"));
    clients.elsewhere = (0..40_000u32)
        .map(|at| IpAddr::V4((0x0a00_0000 + at).into()))
        .collect();
    let all = statements(&clients, scan());
    assert!(all.len() > 1 && all.iter().all(|it| it.text.len() <= LENGTH));
    let first: Vec<bool> = all.iter().map(|it| it.is_first).collect();
    assert!(first[0] && !first[1..].contains(&true));
}
