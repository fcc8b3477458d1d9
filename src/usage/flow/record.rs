//! Flow log records as the embedded engine reads them: the fields that decide anything, from text or Parquet.

use super::texts::{Address, MISSING, Texts};

/// The fields of a record that decide anything, in the order of [`Values`].
pub(in crate::usage) const FIELDS: [&str; 23] = [
    "interface-id",
    "bytes",
    "action",
    "log-status",
    "vpc-id",
    "subnet-id",
    "traffic-path",
    "next-hop-interface-type",
    "resource-id",
    "srcaddr",
    "dstaddr",
    "pkt-srcaddr",
    "pkt-dstaddr",
    "pkt-src-aws-service",
    "pkt-dst-aws-service",
    "flow-direction",
    "start",
    "tgw-id",
    "tgw-attachment-id",
    "tgw-src-vpc-id",
    "tgw-dst-vpc-id",
    "tgw-src-subnet-id",
    "tgw-dst-subnet-id",
];
pub(super) const INTERFACE: usize = 0;
pub(in crate::usage) const BYTES: usize = 1;
pub(super) const ACTION: usize = 2;
pub(super) const STATUS: usize = 3;
pub(super) const VPC: usize = 4;
pub(super) const SUBNET: usize = 5;
pub(super) const PATH: usize = 6;
pub(super) const HOP: usize = 7;
pub(super) const RESOURCE: usize = 8;
pub(super) const SOURCE: usize = 9;
pub(super) const DESTINATION: usize = 10;
pub(super) const PACKET_SOURCE: usize = 11;
pub(super) const PACKET_DESTINATION: usize = 12;
pub(super) const SOURCE_SERVICE: usize = 13;
pub(super) const DESTINATION_SERVICE: usize = 14;
pub(super) const DIRECTION: usize = 15;
pub(in crate::usage) const START: usize = 16;
/// The fields that are addresses.
pub(in crate::usage) const ADDRESSES: std::ops::RangeInclusive<usize> = SOURCE..=PACKET_DESTINATION;
pub(super) const TRANSIT_GATEWAY: usize = 17;
pub(super) const ATTACHMENT: usize = 18;
pub(super) const SOURCE_VPC: usize = 19;
pub(super) const DESTINATION_VPC: usize = 20;
pub(super) const SOURCE_SUBNET: usize = 21;
pub(super) const DESTINATION_SUBNET: usize = 22;

/// A record, its fields by their place in [`FIELDS`].
pub(in crate::usage) trait Record {
    /// The number of a field's value.
    fn id(&self, field: usize, texts: &mut Texts) -> u32;
    /// The address in a field.
    fn address(&self, field: usize, texts: &mut Texts) -> Address;
    /// Its bytes; none if they cannot be read.
    fn bytes(&self) -> Option<u64>;
    /// Whether it has `-` in place of bytes.
    fn is_without_bytes(&self) -> bool;
}

/// The values of a record as text; none where its format does not have the field.
pub(in crate::usage) type Values<'r> = [Option<&'r str>; FIELDS.len()];

impl Record for Values<'_> {
    fn id(&self, field: usize, texts: &mut Texts) -> u32 {
        let text = self.get(field).copied().flatten();
        text.map_or(MISSING, |it| texts.id_of(field, it.as_bytes()))
    }

    fn address(&self, field: usize, texts: &mut Texts) -> Address {
        let text = self.get(field).copied().flatten();
        text.map_or(Address::Missing, |it| Address::read(it, texts))
    }

    fn bytes(&self) -> Option<u64> {
        self[BYTES].and_then(|it| it.parse().ok())
    }

    fn is_without_bytes(&self) -> bool {
        self[BYTES] == Some("-")
    }
}
