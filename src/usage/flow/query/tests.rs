//! Questions to flow logs: what they ask, how long they are, and what they leave out.

use std::collections::BTreeSet;

use super::*;
use crate::model::flow_format::{DEFAULT, LogFormat, RECOMMENDED};

fn source(kind: FlowKind, format: &str) -> Source {
    Source::new(kind, LogFormat::parse(format).unwrap())
}

fn id(kind: &str, number: usize) -> String {
    format!("{kind}-{number:017x}")
}

fn addresses(prefix: &str, count: usize) -> impl Iterator<Item = IpAddr> {
    (0..count).map(move |at| format!("{prefix}{at:x}").parse().unwrap())
}

fn lengths(source: &Source) -> Vec<usize> {
    let questions = questions(source).into_iter();
    questions
        .map(|it| it.text(&[], 10_000).chars().count())
        .collect()
}

#[test]
fn addresses_that_are_captured_as_public_are_not_listed() {
    let mut clients = source(FlowKind::Client, RECOMMENDED);
    let before = lengths(&clients);
    clients.endpoints = addresses("2600:1f18:1234:5678:9abc:def0:1234:5", 60).collect();
    assert_eq!(lengths(&clients), before);
}

#[test]
fn questions_to_clients_are_short_enough_and_ask_for_every_address_once() {
    for format in [DEFAULT, RECOMMENDED] {
        let mut clients = source(FlowKind::Client, format);
        clients.vpcs = (0..40).map(|at| id("vpc", at).into()).collect();
        clients.left_out = (0..120).map(|at| id("eni", at)).collect();
        clients.endpoints = addresses("fd12:3456:789a:1:2:3:4:5", 60).collect();
        clients.elsewhere = addresses("fd12:3456:789a:2:2:3:4:", 60).collect();
        let questions = questions(&clients);
        assert!(questions.len() > 1);
        assert!(lengths(&clients).iter().all(|it| *it <= LENGTH));
        assert_eq!(addresses_left_out(&clients), 0);
        let mut asked = BTreeSet::new();
        for question in &questions {
            for address in &question.endpoints {
                assert!(asked.insert(*address), "{address} is asked for twice");
            }
        }
        assert_eq!(asked.len(), 120);
        let first: Vec<bool> = questions.iter().map(|it| it.is_first).collect();
        assert!(first[0] && !first[1..].contains(&true));
    }
}

#[test]
fn lists_that_only_shorten_the_answer_give_way_in_the_order_of_their_use() {
    let lists = |vpcs, left_out| {
        let mut clients = source(FlowKind::Client, RECOMMENDED);
        clients.vpcs = (0..vpcs).map(|at| id("vpc", at).into()).collect();
        clients.left_out = (0..left_out).map(|at| id("eni", at)).collect();
        let questions = questions(&clients);
        assert!(lengths(&clients).iter().all(|it| *it <= LENGTH));
        let Lists { vpcs, left_out } = questions[0].lists;
        (vpcs, left_out)
    };
    assert_eq!(lists(3, 9), (true, true));
    assert_eq!(lists(300, 9), (false, true));
    assert_eq!(lists(300, 900), (false, false));
}

#[test]
fn more_addresses_than_a_few_questions_hold_are_counted() {
    let mut clients = source(FlowKind::Client, DEFAULT);
    clients.elsewhere = addresses("fd12:3456:789a:2:2:3:4:", 5_000).collect();
    let asked: usize = questions(&clients)
        .iter()
        .map(|it| it.endpoints.len())
        .sum();
    assert_eq!(questions(&clients).len(), CLIENT_QUESTIONS);
    assert_eq!(asked + addresses_left_out(&clients), 5_000);
}

#[test]
fn questions_to_gateways_are_filled_up_to_the_length_and_hold_every_interface_once() {
    for (kind, format) in [
        (FlowKind::NatPackets, RECOMMENDED),
        (FlowKind::Endpoint, DEFAULT),
    ] {
        let mut gateways = source(kind, format);
        for at in 0..700 {
            let address = addresses("fd12:3456:789a:1:2:3:4:", at + 1).last();
            gateways
                .interfaces
                .insert(id("eni", at), address.into_iter().collect());
        }
        let questions = questions(&gateways);
        let lengths = lengths(&gateways);
        assert!(lengths.iter().all(|it| *it <= LENGTH), "{lengths:?}");
        let full = lengths.iter().rev().skip(1).all(|it| *it > LENGTH - 400);
        assert!(full, "{lengths:?}");
        let asked: usize = questions.iter().map(|it| it.interfaces.len()).sum();
        assert_eq!(asked, 700);
    }
}

#[test]
fn rejected_traffic_is_left_out_wherever_records_show_the_action() {
    let text = |format: &str| questions(&source(FlowKind::Client, format))[0].text(&[], 9);
    assert!(text(DEFAULT).contains(r#"filter act = "ACCEPT" or "#));
    assert!(!text("${srcaddr} ${dstaddr} ${bytes}").contains("ACCEPT\" or"));
}
