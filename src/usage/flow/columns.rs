//! Fields of flow log records as columns of a statement for Athena.

/// The fields of a record and what they are named in a statement.
pub(super) const FIELDS: [(&str, &str); 23] = [
    ("interface-id", "eni"),
    ("bytes", "octets"),
    ("action", "act"),
    ("log-status", "stat"),
    ("vpc-id", "vpc"),
    ("subnet-id", "subnet"),
    ("traffic-path", "path"),
    ("next-hop-interface-type", "hop"),
    ("resource-id", "res"),
    ("srcaddr", "src"),
    ("dstaddr", "dst"),
    ("pkt-srcaddr", "packet_src"),
    ("pkt-dstaddr", "packet_dst"),
    ("pkt-src-aws-service", "src_tag"),
    ("pkt-dst-aws-service", "dst_tag"),
    ("flow-direction", "way"),
    ("start", "since"),
    ("tgw-id", "tgw"),
    ("tgw-attachment-id", "att"),
    ("tgw-src-vpc-id", "src_vpc"),
    ("tgw-dst-vpc-id", "dst_vpc"),
    ("tgw-src-subnet-id", "src_subnet"),
    ("tgw-dst-subnet-id", "dst_subnet"),
];
