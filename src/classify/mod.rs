//! Judgements from facts alone: which service a host is ([`host`]), which services a VPC calls
//! and over which path ([`service`], [`path`]), what leads out of a VPC
//! ([`egress`], [`central_egress`]), what is wrong with endpoints ([`posture`]), and whose the bytes
//! of the flow logs are ([`bytes`]). No call is made here.

pub mod bytes;
pub mod central_egress;
pub mod egress;
pub mod endpoint_service_names;
pub mod host;
pub mod partner_usage;
pub mod path;
pub mod posture;
pub mod reach;
pub mod service;
mod service_offer;
pub mod zone_crossing;
