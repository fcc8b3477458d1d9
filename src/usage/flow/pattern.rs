//! Records of a format as a regular expression: every field has a shape, so that records of other
//! formats in the same log group do not fit, and single fields can be captured or held to a value.

use std::net::IpAddr;

use crate::model::{flow_format::LogFormat, inventory::is_private};

/// An address, or the `-` of a record without data.
const ADDRESS: &str = "[0-9A-Fa-f.:-]+";
const NUMBER: &str = "[0-9-]+";
/// A field whose values have no known shape.
const ANY: &str = r"\S+";
/// Values of tags may have spaces.
const TEXT: &str = ".+?";

/// The start of an address that stands for its neighbours too: three numbers of IPv4, four groups
/// of IPv6; behind it the rest.
pub(super) const NEIGHBOURS: [&str; 2] = [
    r"[0-9]+\.[0-9]+\.[0-9]+|[0-9A-Fa-f]+:[0-9A-Fa-f]+(?::[0-9A-Fa-f]+){0,2}|[0-9A-Fa-f:]+",
    "[0-9A-Fa-f.:]*",
];

/// Addresses on the internet's side: all of IPv4 but private, shared, link-local and multicast
/// ones, the global unicast space of IPv6, and the addresses of NAT64 (`64:ff9b::/96`, RFC 6052), behind
/// which there is one of IPv4.
pub(super) const PUBLIC: &str = r"(?:[1-9]|1[1-9]|[2-9][0-9]|10[1-9]|11[0-9]|12[0-689]|1[345][0-9]|16[0-8]|17[013-9]|18[0-9]|19[013-79]|20[0-9]|21[0-9]|22[0-3])\.[0-9.]+|100\.(?:[0-9]|[1-5][0-9]|6[0-3]|12[89]|1[3-9][0-9]|2[0-9][0-9])\.[0-9.]+|169\.(?:[0-9]|[0-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-35])\.[0-9.]+|172\.(?:[0-9]|1[0-5]|3[2-9]|[4-9][0-9]|[0-9][0-9][0-9])\.[0-9.]+|192\.(?:[0-9]|[0-9][0-9]|1[0-57-9][0-9]|16[0-79]|2[0-9][0-9])\.[0-9.]+|198\.(?:[0-9]|1[0-7]|[2-9][0-9]|[0-9][0-9][0-9])\.[0-9.]+|[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:.]*|64:[Ff][Ff]9[Bb]:[0-9A-Fa-f:.]*";

/// What a field is to be in a pattern.
pub(super) type Slot<'s> = (&'s str, String);

/// Captures a field's value as `name`.
pub(super) fn capture<'s>(field: &'s str, name: &str) -> Slot<'s> {
    (field, format!("(?<{name}>{})", shape(field)))
}

/// Captures the neighbourhood of an address, or the whole of it.
pub(super) fn client<'s>(field: &'s str, name: &str, whole: bool) -> Slot<'s> {
    let [start, rest] = NEIGHBOURS;
    let regex = if whole {
        format!("(?<{name}>[0-9A-Fa-f.:]+)")
    } else {
        format!("(?<{name}>{start}){rest}")
    };
    (field, regex)
}

/// Captures an address if it is public, where these are wanted, or one of `more`.
pub(super) fn outside<'s>(field: &'s str, name: &str, public: bool, more: &[IpAddr]) -> Slot<'s> {
    let all: Vec<String> = public
        .then(|| PUBLIC.to_owned())
        .into_iter()
        .chain(more.iter().map(|it| escaped(&it.to_string())))
        .collect();
    (field, format!("(?<{name}>{})", all.join("|")))
}

/// Whether an address is captured as a public one, so that it need not be listed.
pub(super) fn is_captured_as_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !is_private(address) && !v4.is_multicast() && !v4.is_unspecified(),
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            first & 0xe000 == 0x2000 || (first, second) == (0x64, 0xff9b)
        }
    }
}

/// Captures one of these addresses.
pub(super) fn one_of<'s>(field: &'s str, name: &str, addresses: &[String]) -> Slot<'s> {
    let any: Vec<_> = addresses.iter().map(|it| escaped(it)).collect();
    (field, format!("(?<{name}>{})", any.join("|")))
}

fn escaped(address: &str) -> String {
    address.replace('.', r"\.")
}

/// The pattern of a format's records, the first field of each slot's name being the slot's own.
pub(super) fn pattern(format: &LogFormat, slots: &[Slot<'_>]) -> String {
    let mut used = vec![false; slots.len()];
    let fields: Vec<String> = format
        .fields()
        .map(|field| {
            let slot = slots
                .iter()
                .enumerate()
                .find(|(index, (name, _))| *name == field && !used[*index]);
            match slot {
                Some((index, (_, regex))) => {
                    used[index] = true;
                    regex.clone()
                }
                None => shape(field).to_owned(),
            }
        })
        .collect();
    format!("^{}$", fields.join(" "))
}

/// What the values of a field look like.
fn shape(field: &str) -> &'static str {
    match field {
        "srcaddr" | "dstaddr" | "pkt-srcaddr" | "pkt-dstaddr" => ADDRESS,
        "version"
        | "srcport"
        | "dstport"
        | "protocol"
        | "packets"
        | "bytes"
        | "start"
        | "end"
        | "tcp-flags"
        | "traffic-path"
        | "encryption-status"
        | "packets-lost-no-route"
        | "packets-lost-blackhole"
        | "packets-lost-mtu-exceeded"
        | "packets-lost-ttl-expired" => NUMBER,
        "interface-id" => r"(?:eni-\S+|-)",
        "vpc-id" | "tgw-src-vpc-id" | "tgw-dst-vpc-id" => r"(?:vpc-\S+|-)",
        "tgw-id" => r"(?:tgw-\S+|-)",
        "tgw-attachment-id" | "tgw-pair-attachment-id" => r"(?:tgw-attach-\S+|-)",
        "subnet-id" | "tgw-src-subnet-id" | "tgw-dst-subnet-id" => r"(?:subnet-\S+|-)",
        "instance-id" => r"(?:i-\S+|-)",
        "action" => "(?:ACCEPT|REJECT|-)",
        "log-status" => "(?:OK|NODATA|SKIPDATA)",
        "flow-direction" => "(?:ingress|egress|-)",
        "type" => "(?:IPv4|IPv6|EFA|-)",
        "instance-tag" | "instance-tag-2" | "interface-tag" | "interface-tag-2" | "asg-tag"
        | "asg-tag-2" => TEXT,
        _ => ANY,
    }
}

/// Whether records of one format could be taken for records of the other.
pub(super) fn look_alike(one: &LogFormat, other: &LogFormat) -> bool {
    let open = |shape: &str| shape == ANY || shape == TEXT;
    one.fields().count() == other.fields().count()
        && one
            .fields()
            .zip(other.fields())
            .map(|(one, other)| (shape(one), shape(other)))
            .all(|(one, other)| one == other || open(one) || open(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(text: &str) -> LogFormat {
        LogFormat::parse(text).unwrap()
    }

    #[test]
    fn a_pattern_follows_the_order_of_the_format() {
        let slots = [capture("bytes", "octets"), ("action", "ACCEPT".to_owned())];
        assert_eq!(
            pattern(&format("${action} ${odd} ${bytes} ${bytes}"), &slots),
            r"^ACCEPT \S+ (?<octets>[0-9-]+) [0-9-]+$"
        );
    }

    #[test]
    fn formats_that_differ_in_a_shape_or_in_length_are_distinguished() {
        let v2 = format(crate::model::flow_format::DEFAULT);
        assert!(look_alike(&v2, &v2));
        assert!(!look_alike(&v2, &format("${version} ${bytes}")));
        let one = format("${srcaddr} ${action} ${bytes}");
        assert!(!look_alike(&one, &format("${action} ${srcaddr} ${bytes}")));
        assert!(look_alike(&one, &format("${dstaddr} ${action} ${packets}")));
    }

    #[test]
    fn addresses_of_the_internet_of_ipv6_and_of_nat64_need_no_list() {
        for (address, expected) in [
            ("52.94.1.1", true),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("2600:1f18::7", true),
            ("64:ff9b::345e:101", true),
            ("fd00::7", false),
            ("fe80::7", false),
        ] {
            assert_eq!(
                is_captured_as_public(address.parse().unwrap()),
                expected,
                "{address}"
            );
        }
    }

    #[test]
    fn no_pattern_has_a_slash_which_would_end_it() {
        let everything = format(
            "${srcaddr} ${interface-id} ${vpc-id} ${action} ${log-status} ${instance-tag} ${x}",
        );
        let slots = [
            client("srcaddr", "net", false),
            outside("dstaddr", "ext", true, &["10.0.0.1".parse().unwrap()]),
        ];
        assert!(!pattern(&everything, &slots).contains('/'));
        assert!(!PUBLIC.contains('/'));
    }
}
