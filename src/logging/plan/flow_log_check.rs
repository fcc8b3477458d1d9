//! Whether a flow log that exists is enough for a scan.

use crate::model::{flow_format::LogFormat, inventory::FlowLog};

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
    if log.destination_type != "cloud-watch-logs" {
        return Some(format!(
            "goes to {}, which is not read",
            log.destination_type
        ));
    }
    if log.traffic_type.as_deref() == Some("REJECT") {
        return Some("holds rejected traffic only".to_owned());
    }
    if log.deliver_logs_status.as_deref() == Some("FAILED") {
        let why = log
            .deliver_logs_error
            .as_deref()
            .unwrap_or("no reason given");
        return Some(format!("is not delivered ({why})"));
    }
    let format = log.log_format.as_deref().unwrap_or_default();
    let fields = LogFormat::parse(format).ok();
    let lacks = |field: &&&str| fields.as_ref().is_none_or(|it| !it.has(field));
    let lacking: Vec<_> = NEEDED.iter().filter(lacks).copied().collect();
    (!lacking.is_empty()).then(|| format!("lacks the fields {}", lacking.join(", ")))
}
