//! Whether a flow log that exists is enough for a scan.

use crate::model::{
    flow_format::{NEEDED_OF_REGIONAL_NAT_GATEWAYS, NEEDED_OF_TRANSIT_GATEWAYS},
    inventory::FlowLog,
    kind::{DeliveryStatus, LogDestinationType, TrafficType},
};

/// The fields without which bytes cannot be attributed (docs/reports.md).
const NEEDED: [&str; 8] = [
    "interface-id",
    "srcaddr",
    "dstaddr",
    "pkt-srcaddr",
    "pkt-dstaddr",
    "bytes",
    "start",
    "end",
];

/// Why a flow log is not enough.
pub(in crate::logging) fn shortcoming(log: &FlowLog) -> Option<String> {
    if ![LogDestinationType::CloudWatchLogs, LogDestinationType::S3].contains(&log.destination_type)
    {
        return Some(format!(
            "goes to {}, which is not read",
            log.destination_type
        ));
    }
    if log.traffic_type == Some(TrafficType::Reject) {
        return Some("holds rejected traffic only".to_owned());
    }
    if log.deliver_logs_status == Some(DeliveryStatus::Failed) {
        let why = log
            .deliver_logs_error
            .as_deref()
            .unwrap_or("no reason given");
        return Some(format!("is not delivered ({why})"));
    }
    let Ok(format) = log.format() else {
        return Some("has a format that cannot be read".to_owned());
    };
    if log.mixes_rejected_traffic(&format) {
        return Some("does not show what was rejected (it lacks the field action)".to_owned());
    }
    let of_regional_nat = log.resource_id.starts_with("nat-");
    let (basic, more): (&[&str], &[&str]) = if log.is_of_transit_gateway() {
        (&NEEDED_OF_TRANSIT_GATEWAYS, &[])
    } else if of_regional_nat {
        (&NEEDED, &NEEDED_OF_REGIONAL_NAT_GATEWAYS)
    } else {
        (&NEEDED, &[])
    };
    let needed = basic.iter().chain(more).copied();
    let missing: Vec<_> = needed.filter(|field| !format.has(field)).collect();
    (!missing.is_empty()).then(|| format!("lacks the fields {}", missing.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        flow_format::{RECOMMENDED, RECOMMENDED_OF_REGIONAL_NAT},
        target::Target,
    };

    fn flow_log(resource_id: &str, format: Option<&str>) -> FlowLog {
        FlowLog {
            target: Target {
                account_id: "123456789012".parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
            },
            flow_log_id: "fl-1".into(),
            resource_id: resource_id.to_owned(),
            destination_type: LogDestinationType::CloudWatchLogs,
            destination: Some("/flows".to_owned()),
            log_format: format.map(str::to_owned),
            traffic_type: Some(TrafficType::All),
            deliver_logs_status: Some(DeliveryStatus::Success),
            deliver_logs_error: None,
            created_at: None,
            aggregation_seconds: None,
            layout: None,
        }
    }

    #[test]
    fn a_flow_log_without_a_format_lacks_what_the_default_format_lacks() {
        let default = shortcoming(&flow_log("vpc-1", None));
        assert_eq!(
            default.as_deref(),
            Some("lacks the fields pkt-srcaddr, pkt-dstaddr")
        );
        assert_eq!(shortcoming(&flow_log("vpc-1", Some(RECOMMENDED))), None);
    }

    #[test]
    fn records_of_all_traffic_must_show_what_was_rejected() {
        let format = RECOMMENDED.replace(" ${action}", "");
        let of = |traffic| {
            shortcoming(&FlowLog {
                traffic_type: Some(traffic),
                ..flow_log("vpc-1", Some(&format))
            })
        };
        assert!(of(TrafficType::All).is_some_and(|it| it.contains("action")));
        assert_eq!(of(TrafficType::Accept), None);
    }

    #[test]
    fn a_flow_log_of_a_transit_gateway_needs_the_fields_of_transit_gateways() {
        for resource in ["tgw-1", "tgw-attach-1"] {
            assert_eq!(shortcoming(&flow_log(resource, None)), None);
            assert_eq!(
                shortcoming(&flow_log(resource, Some(RECOMMENDED))).as_deref(),
                Some("lacks the fields tgw-src-vpc-id, tgw-dst-vpc-id")
            );
        }
    }

    #[test]
    fn a_flow_log_of_a_regional_nat_gateway_must_name_the_gateway_and_the_direction() {
        let regional = |format| shortcoming(&flow_log("nat-1", Some(format)));
        assert_eq!(
            regional(RECOMMENDED).as_deref(),
            Some("lacks the fields resource-id")
        );
        assert_eq!(regional(RECOMMENDED_OF_REGIONAL_NAT), None);
    }
}
