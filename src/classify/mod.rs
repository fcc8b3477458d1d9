//! Judgements from facts alone: which service a host is ([`host`]), which services a VPC calls
//! and by which way ([`service`]), and what leads out of a VPC ([`egress`]). No call is made here.

pub mod egress;
pub mod host;
pub mod path;
pub mod service;
