//! Which flow logs record bytes, and which of two records more.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::pattern::look_alike;
use crate::model::{
    flow_format::{LogFormat, NEEDED_OF_TRANSIT_GATEWAYS},
    inventory::FlowLog,
    kind::{DeliveryStatus, TrafficType},
    log_place::LogPlace,
};

/// A flow log whose records can be read.
#[derive(Clone, Debug)]
pub(super) struct Candidate<'f> {
    pub(super) log: &'f FlowLog,
    pub(super) place: LogPlace,
    pub(super) format: LogFormat,
}

/// Why a flow log is of no use here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// It has nothing but rejected traffic, which is no bytes.
    Rejected,
    /// It delivers to a place that is not read.
    Elsewhere(String),
    /// Its records lack fields that are needed.
    Format(String),
}

/// Fields without which a record shows no bytes between two addresses.
const NEEDED: [&str; 3] = ["srcaddr", "dstaddr", "bytes"];

impl<'f> Candidate<'f> {
    pub(super) fn new(log: &'f FlowLog) -> Result<Self, Unusable> {
        if log.traffic_type == Some(TrafficType::Reject) {
            return Err(Unusable::Rejected);
        }
        Self::of_any_traffic(log)
    }

    /// The same, also of a flow log of rejected traffic: its records may stand beside others.
    pub(super) fn of_any_traffic(log: &'f FlowLog) -> Result<Self, Unusable> {
        let id = &log.flow_log_id;
        let candidate = Self::with_fields(log, &NEEDED)?;
        // A log group has a stream an interface; objects show nothing else.
        let objects = matches!(candidate.place, LogPlace::Objects(_));
        if objects && !candidate.format.has("interface-id") {
            return Err(Unusable::Format(format!(
                "the records of {id} lack ${{interface-id}}, which records in S3 need"
            )));
        }
        Ok(candidate)
    }

    /// A flow log of a transit gateway or of one attachment.
    pub(super) fn of_transit_gateway(log: &'f FlowLog) -> Result<Self, Unusable> {
        let candidate = Self::with_fields(log, &NEEDED_OF_TRANSIT_GATEWAYS)?;
        let fields = ["tgw-attachment-id", "flow-direction"];
        let doubled = !log.resource_id.starts_with("tgw-attach-");
        if doubled && !fields.iter().any(|it| candidate.format.has(it)) {
            return Err(Unusable::Format(format!(
                "the records of {} lack ${{tgw-attachment-id}} and ${{flow-direction}}: the two records \
                 of the same bytes cannot be distinguished",
                log.flow_log_id
            )));
        }
        Ok(candidate)
    }

    fn with_fields(log: &'f FlowLog, needed: &[&str]) -> Result<Self, Unusable> {
        let id = &log.flow_log_id;
        let Some(place) = LogPlace::of_flow_log(log) else {
            let kind = &log.destination_type;
            let destination = log.destination.as_deref().unwrap_or_default();
            return Err(Unusable::Elsewhere(format!(
                "{id} delivers to {kind} {destination}"
            )));
        };
        let format = log
            .format()
            .map_err(|error| Unusable::Format(format!("the format of {id}: {error}")))?;
        let missing: Vec<_> = needed
            .iter()
            .filter(|field| !format.has(field))
            .map(|field| format!("${{{field}}}"))
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return Err(Unusable::Format(format!(
                "the records of {id} lack {missing}"
            )));
        }
        Ok(Self { log, place, format })
    }

    /// Whether its records hold the addresses of the packets beside those of the interface.
    pub(super) fn has_packet_addresses(&self) -> bool {
        self.format.has_all(&["pkt-srcaddr", "pkt-dstaddr"])
    }

    /// Whether it delivers, has existed since then or longer, and its bytes are those of accepted traffic.
    pub(super) fn covers(&self, since: Timestamp) -> bool {
        let made = self.log.created_at;
        let whole = !self.fails() && made.is_none_or(|made| made <= since);
        whole && !self.mixes_rejected_traffic()
    }

    fn mixes_rejected_traffic(&self) -> bool {
        self.log.mixes_rejected_traffic(&self.format)
    }

    /// Whether it records rejected traffic only.
    pub(super) fn is_of_rejected(&self) -> bool {
        self.log.traffic_type == Some(TrafficType::Reject)
    }

    fn fails(&self) -> bool {
        self.log.deliver_logs_status == Some(DeliveryStatus::Failed)
    }

    /// How much it records of what passed since then, the best last: all of the time before a part of
    /// it, then what its records hold. Of equal ones the resource that is named most narrowly.
    pub(super) fn rank(&self, since: Timestamp) -> impl Ord + use<'f> {
        let narrow = ["vpc-", "subnet-", "eni-"]
            .iter()
            .position(|start| self.log.resource_id.starts_with(start));
        (
            self.covers(since),
            self.has_packet_addresses(),
            self.format
                .has_all(&["pkt-src-aws-service", "pkt-dst-aws-service"]),
            !self.fails(),
            self.format.version(),
            narrow.unwrap_or(2),
            std::cmp::Reverse(self.log.flow_log_id.clone()),
        )
    }

    /// What its records leave unknown of the time since then; `bare`: those of a NAT gateway, without
    /// packet addresses.
    pub(super) fn shortcomings(&self, bare: bool, since: Timestamp) -> Vec<String> {
        let id = &self.log.flow_log_id;
        let mut remarks = Vec::new();
        if bare {
            remarks.push(format!(
                "the records of {id} lack ${{pkt-srcaddr}} or ${{pkt-dstaddr}}: the clients of NAT gateways are unknown"
            ));
        }
        if self.mixes_rejected_traffic() {
            remarks.push(format!(
                "the records of {id} lack ${{action}}: bytes of rejected traffic, which passes no gateway, are \
                 among the others, so that no money is made of them"
            ));
        }
        if !self.format.has("log-status") {
            remarks.push(format!(
                "the records of {id} lack ${{log-status}}: flows that were not captured are unknown"
            ));
        }
        if let Some(made) = self.log.created_at.filter(|made| *made > since) {
            remarks.push(format!(
                "{id} was created at {made}, within the window: bytes before that are unknown"
            ));
        }
        if self.fails() {
            let error = self
                .log
                .deliver_logs_error
                .as_deref()
                .unwrap_or("no reason given");
            remarks.push(format!("{id} fails to deliver: {error}"));
        }
        remarks
    }

    /// Whether records of the other cannot be distinguished from its own where both are of the same
    /// interface: these share one log stream, whichever flow logs write to the log group
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html>). Rejected traffic is
    /// left out by its action, if the records show it.
    pub(super) fn clashes_with(&self, other: &Self) -> bool {
        let rejected = other.is_of_rejected();
        other.log.flow_log_id != self.log.flow_log_id
            && other.place == self.place
            && look_alike(&other.format, &self.format)
            && !(rejected && self.format.has("action"))
    }
}

/// Whether another flow log writes the same records into the same streams: then neither can be
/// distinguished from the other, and every byte would count twice.
fn clashes(one: &Candidate<'_>, all: &[&Candidate<'_>], remarks: &mut BTreeSet<String>) -> bool {
    let clash = all.iter().find(|it| one.clashes_with(it));
    if let Some(other) = clash {
        let mut ids = [&one.log.flow_log_id, &other.log.flow_log_id];
        ids.sort();
        let [one, other] = ids;
        remarks.insert(format!(
            "{one} and {other} write records of the same interfaces into the same log streams: neither is read"
        ));
    }
    clash.is_some()
}

/// The one of `these` that records most since then; `all` write records of the same interfaces.
pub(super) fn best<'c, 'f>(
    these: &[&'c Candidate<'f>],
    all: &[&Candidate<'f>],
    since: Timestamp,
    remarks: &mut BTreeSet<String>,
) -> Option<&'c Candidate<'f>> {
    let usable = these.iter().filter(|it| !clashes(it, all, remarks));
    usable.copied().max_by_key(|it| it.rank(since))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::target::Target;

    pub(in crate::usage::flow) fn flow_log(id: &str, resource: &str, format: &str) -> FlowLog {
        FlowLog {
            target: Target {
                account_id: "111111111111".parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
            },
            flow_log_id: id.into(),
            resource_id: resource.to_owned(),
            destination_type: "cloud-watch-logs".into(),
            destination: Some(format!("/flow/{id}")),
            log_format: (!format.is_empty()).then(|| format.to_owned()),
            traffic_type: Some(TrafficType::All),
            deliver_logs_status: Some(DeliveryStatus::Success),
            deliver_logs_error: None,
            created_at: None,
            aggregation_seconds: None,
            layout: None,
        }
    }

    #[test]
    fn what_is_rejected_elsewhere_or_without_bytes_is_no_candidate() {
        let log = flow_log("fl-1", "vpc-1", "");
        assert!(Candidate::new(&log).is_ok());
        let rejected = FlowLog {
            traffic_type: Some("REJECT".into()),
            ..log.clone()
        };
        assert_eq!(Candidate::new(&rejected).unwrap_err(), Unusable::Rejected);
        let stream = FlowLog {
            destination_type: "kinesis-data-firehose".into(),
            destination: Some("arn:aws:firehose:eu-west-1:111111111111:deliverystream/x".into()),
            ..log.clone()
        };
        assert!(matches!(
            Candidate::new(&stream),
            Err(Unusable::Elsewhere(_))
        ));
        let bare = "${srcaddr} ${dstaddr} ${bytes}";
        for (traffic, action, is_whole) in [
            (TrafficType::All, "", false),
            (TrafficType::All, " ${action}", true),
            (TrafficType::Accept, "", true),
        ] {
            let log = FlowLog {
                traffic_type: Some(traffic),
                ..flow_log("fl-1", "vpc-1", &format!("{bare}{action}"))
            };
            let found = Candidate::new(&log).unwrap();
            let now = Timestamp::now();
            assert_eq!(found.covers(now), is_whole, "{found:?}");
            let remarks = found.shortcomings(false, now).join("; ");
            assert_eq!(
                remarks.contains("fl-1 lack ${action}"),
                !is_whole,
                "{remarks}"
            );
        }
        for format in ["${srcaddr} ${bytes}", "odd"] {
            let log = flow_log("fl-1", "vpc-1", format);
            assert!(
                matches!(Candidate::new(&log), Err(Unusable::Format(_))),
                "{format}"
            );
        }
    }

    #[test]
    fn two_flow_logs_clash_unless_action_or_format_distinguishes_their_records() {
        let into_one = |id: &str, traffic: &str, format: &str| FlowLog {
            destination: Some("/flow/one".into()),
            traffic_type: Some(traffic.into()),
            ..flow_log(id, "vpc-1", format)
        };
        let bare = "${interface-id} ${srcaddr} ${dstaddr} ${bytes}";
        for (other, format, expected) in [
            ("ALL", "", true),
            ("ACCEPT", "", true),
            ("REJECT", "", false),
            ("REJECT", bare, true),
        ] {
            let logs = [
                into_one("fl-1", "ACCEPT", format),
                into_one("fl-2", other, format),
            ];
            let [one, two] = logs.each_ref().map(Candidate::of_any_traffic);
            let clash = one.unwrap().clashes_with(&two.unwrap());
            assert_eq!(clash, expected, "{other} {format}");
        }
        let (one, two) = (into_one("fl-1", "ALL", ""), into_one("fl-2", "ALL", bare));
        let two = Candidate::of_any_traffic(&two).unwrap();
        assert!(!Candidate::new(&one).unwrap().clashes_with(&two));
    }

    #[test]
    fn packet_addresses_win_over_a_newer_version_and_an_interface_over_its_vpc() {
        let old = flow_log(
            "fl-1",
            "vpc-1",
            "${srcaddr} ${dstaddr} ${bytes} ${next-hop-vpc-id}",
        );
        let packets = "${srcaddr} ${dstaddr} ${bytes} ${pkt-srcaddr} ${pkt-dstaddr}";
        let new = flow_log("fl-2", "vpc-1", packets);
        let narrow = flow_log("fl-3", "eni-1", packets);
        let [old, new, narrow] =
            [&old, &new, &narrow].map(|log| Candidate::of_any_traffic(log).unwrap());
        let since = Timestamp::UNIX_EPOCH;
        assert!(old.rank(since) < new.rank(since));
        assert!(new.rank(since) < narrow.rank(since));
    }

    #[test]
    fn the_whole_window_wins_over_a_better_format_of_a_part_of_it() {
        let since: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let made = |id: &str, time: &str, format: &str| FlowLog {
            created_at: Some(time.parse().unwrap()),
            ..flow_log(id, "vpc-1", format)
        };
        let packets = "${srcaddr} ${dstaddr} ${bytes} ${pkt-srcaddr} ${pkt-dstaddr}";
        let old = made("fl-1", "2026-03-01T00:00:00Z", "");
        let young = made("fl-2", "2026-03-01T00:00:01Z", packets);
        let failing = FlowLog {
            deliver_logs_status: Some("FAILED".into()),
            ..flow_log("fl-3", "vpc-1", packets)
        };
        let plain = made("fl-4", "2026-03-02T00:00:00Z", "");
        let [old, young, failing, plain] =
            [&old, &young, &failing, &plain].map(|log| Candidate::of_any_traffic(log).unwrap());
        assert!(young.rank(since) < old.rank(since));
        assert!(failing.rank(since) < old.rank(since));
        // Of two that cover a part, the format decides.
        assert!(plain.rank(since) < young.rank(since));
        let remarks = |it: &Candidate<'_>| it.shortcomings(false, since).join("; ");
        assert!(remarks(&young).contains("fl-2 was created at 2026-03-01T00:00:01Z"));
        assert!(!remarks(&old).contains("created"));
    }

    #[test]
    fn a_log_group_of_another_account_is_found_by_its_arn() {
        let arn = "arn:aws:logs:eu-west-1:222222222222:log-group:central:*";
        let log = FlowLog {
            destination: Some(arn.into()),
            ..flow_log("fl-1", "vpc-1", "")
        };
        let place = Candidate::new(&log).unwrap().place;
        assert_eq!(place.target().account_id.as_str(), "222222222222");
        assert_eq!(place.name(), "central");
    }
}
