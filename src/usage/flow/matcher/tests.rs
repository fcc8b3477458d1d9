//! Records matched with what a source asks for.

use std::{cell::RefCell, collections::BTreeSet};

use super::{super::record::FIELDS, *};
use crate::model::flow_format::{LogFormat, RECOMMENDED};

#[test]
fn the_start_of_an_address_is_what_the_pattern_captures() {
    let mut texts = Texts::default();
    for (text, expected) in [
        ("10.0.7.9", Some("10.0.7")),
        ("2600:1f18:0:7::9", Some("2600:1f18:0:7")),
        ("2600:1f18::9", Some("2600:1f18")),
        ("2600::9", Some("2600::9")),
        ("::1", Some("::1")),
        ("64:ff9b::1.2.3.4", Some("64:ff9b")),
        ("-", None),
        ("", None),
    ] {
        assert_eq!(start_of(text, false), expected, "{text}");
        let address = Address::read(text, &mut texts);
        let net = net_of(address, false, &mut texts).to_text(&texts);
        assert_eq!(net.as_deref(), expected, "{text}");
    }
    assert_eq!(start_of("10.0.7.9", true), Some("10.0.7.9"));
}

/// A record that notes which of its fields are read.
struct Noted([&'static str; FIELDS.len()], RefCell<BTreeSet<usize>>);

impl Record for Noted {
    fn id(&self, field: usize, texts: &mut Texts) -> u32 {
        self.1.borrow_mut().insert(field);
        texts.id(self.0[field])
    }

    fn address(&self, field: usize, texts: &mut Texts) -> Address {
        self.1.borrow_mut().insert(field);
        Address::read(self.0[field], texts)
    }

    fn bytes(&self) -> Option<u64> {
        Some(7)
    }

    fn is_without_bytes(&self) -> bool {
        false
    }
}

#[test]
fn every_field_that_is_read_of_a_record_is_needed() {
    let format = LogFormat::parse(RECOMMENDED).unwrap();
    for kind in [
        FlowKind::NatPackets,
        FlowKind::NatOutside,
        FlowKind::Endpoint,
        FlowKind::Client,
        FlowKind::TransitGateway,
    ] {
        for known in [true, false] {
            let mut source = Source::new(kind, format.clone());
            let own = known.then(|| "10.0.0.1".parse().unwrap());
            let own: Vec<IpAddr> = own.into_iter().collect();
            source.interfaces.insert("eni-1".to_owned(), own);
            source.vpcs.insert("vpc-1".into());
            let matcher = Matcher::new(&source);
            let (mut read, mut counted) = (BTreeSet::new(), 0);
            for (from, to, direction) in [
                ("10.0.0.1", "52.94.1.1", "egress"),
                ("52.94.1.1", "10.0.0.1", "ingress"),
                ("10.0.0.2", "10.0.0.1", "ingress"),
                ("10.0.0.1", "10.0.0.2", "egress"),
            ] {
                let mut values = ["-"; FIELDS.len()];
                for (field, value) in [
                    (INTERFACE, "eni-1"),
                    (VPC, "vpc-1"),
                    (ACTION, "ACCEPT"),
                    (STATUS, "OK"),
                    (DIRECTION, direction),
                    (SOURCE, from),
                    (DESTINATION, to),
                    (PACKET_SOURCE, "52.94.1.9"),
                    (PACKET_DESTINATION, "52.94.1.9"),
                ] {
                    values[field] = value;
                }
                let record = Noted(values, RefCell::default());
                let (mut texts, mut flags) = (Texts::default(), Flags::default());
                let place = matcher.place(&record, &mut texts, &mut flags);
                counted += usize::from(place.is_some());
                read.extend(record.1.into_inner());
            }
            assert!(counted > 0, "{kind:?}, {known}");
            let missing: Vec<_> = read.iter().filter(|it| !matcher.needs(**it)).collect();
            assert!(missing.is_empty(), "{kind:?}, {known}: {missing:?}");
        }
    }
}
