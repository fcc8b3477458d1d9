//! Reading logs: what every VPC asked of its resolver, and the bytes of its flow logs, with CloudWatch
//! Logs Insights or, where they are delivered to S3, by the embedded engine (`objects`).

pub mod athena;
pub mod destination;
pub mod dns;
pub mod flow;
pub mod insights;
mod number;
pub mod objects;
pub mod size;
mod slot_wait;
mod split;

/// The IAM actions that reading the logs needs in the accounts that own the log groups.
pub const ACTIONS: [&[&str]; 2] = [insights::ACTIONS, size::ACTIONS];
