//! Plain data that the stages exchange. No I/O, no SDK types, no decisions.
//!
//! *Facts* ([`facts`]) are what was read from AWS; everything else a report shows is computed from
//! them. An `Option` that is `None` means "unknown", never zero.

pub mod alarm;
pub mod athena_name;
pub mod bill;
pub mod bytes;
pub mod caveat;
pub mod chargeback;
pub mod classified;
pub mod cost;
pub mod coverage;
pub mod cross_region;
pub mod endpoint_port;
pub mod estimate;
pub mod event;
pub mod facts;
pub mod flow;
pub mod flow_format;
mod flow_row;
pub mod found;
pub mod grouped;
pub mod held_dns;
pub mod id;
pub mod index;
pub mod internet;
pub mod inventory;
pub mod kind;
pub mod log_place;
pub mod log_source;
pub mod logging;
pub mod money;
pub mod network;
pub mod object_reads;
pub mod opportunity;
pub mod outcomes;
pub mod partner;
pub mod partner_use;
pub mod posture;
pub mod report;
pub mod resource_metrics;
pub mod role_name;
pub mod run;
pub mod s3_location;
pub mod shard;
pub mod shared_text;
pub mod target;
pub mod template;
pub mod text;
pub mod totals;
pub mod usage;
pub mod vpc_logging;
pub mod zone;

#[cfg(test)]
pub(crate) mod tests;
