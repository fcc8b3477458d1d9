//! The format of a flow log: which fields its records have, and in which order.
//!
//! Field names are AWS's own, with hyphens, as they stand in `LogFormat`
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>). Fields that are not
//! known here are kept: they take their place in a record.

/// The format of a flow log that was given none: version 2.
pub const DEFAULT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} \
    ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";

/// The format of a flow log of a transit gateway that was given none: all fields
/// (<https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html>).
pub const TRANSIT_GATEWAY_DEFAULT: &str = "${version} ${resource-type} ${account-id} ${tgw-id} \
    ${tgw-attachment-id} ${tgw-src-vpc-account-id} ${tgw-dst-vpc-account-id} ${tgw-src-vpc-id} \
    ${tgw-dst-vpc-id} ${tgw-src-subnet-id} ${tgw-dst-subnet-id} ${tgw-src-eni} ${tgw-dst-eni} \
    ${tgw-src-az-id} ${tgw-dst-az-id} ${tgw-pair-attachment-id} ${srcaddr} ${dstaddr} ${srcport} \
    ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${log-status} ${type} \
    ${packets-lost-no-route} ${packets-lost-blackhole} ${packets-lost-mtu-exceeded} \
    ${packets-lost-ttl-expired} ${tcp-flags} ${region} ${flow-direction} ${pkt-src-aws-service} \
    ${pkt-dst-aws-service}";

/// The format with everything that bytes by service need: both addresses of a packet on its
/// way through a NAT gateway, the route that it takes, and AWS's own word for its other end. All of
/// it is of versions 2 to 5, which every region knows.
pub const RECOMMENDED: &str = "${version} ${account-id} ${interface-id} ${vpc-id} ${subnet-id} \
    ${az-id} ${region} ${srcaddr} ${dstaddr} ${pkt-srcaddr} ${pkt-dstaddr} ${pkt-src-aws-service} \
    ${pkt-dst-aws-service} ${flow-direction} ${traffic-path} ${protocol} ${srcport} ${dstport} \
    ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";

/// The same for a regional NAT gateway. Its records have no interface of the account: `resource-id`
/// names the gateway, and `flow-direction` the side.
pub const RECOMMENDED_OF_REGIONAL_NAT: &str = "${version} ${account-id} ${interface-id} ${vpc-id} \
    ${subnet-id} ${az-id} ${region} ${srcaddr} ${dstaddr} ${pkt-srcaddr} ${pkt-dstaddr} \
    ${pkt-src-aws-service} ${pkt-dst-aws-service} ${flow-direction} ${traffic-path} ${protocol} \
    ${srcport} ${dstport} ${packets} ${bytes} ${start} ${end} ${action} ${log-status} \
    ${resource-id}";

/// The fields without which the records of a regional NAT gateway cannot be found and their direction
/// is unknown: it has no interface in the account, so that `interface-id` is `-`.
pub const NEEDED_OF_REGIONAL_NAT_GATEWAYS: [&str; 2] = ["resource-id", "flow-direction"];

/// The fields without which a record of a transit gateway does not show whose the bytes are.
pub const NEEDED_OF_TRANSIT_GATEWAYS: [&str; 5] = [
    "srcaddr",
    "dstaddr",
    "bytes",
    "tgw-src-vpc-id",
    "tgw-dst-vpc-id",
];

/// Fields by the version that brought them; version 2 has the rest.
const VERSIONS: [(u8, &[&str]); 7] = [
    (
        3,
        &[
            "vpc-id",
            "subnet-id",
            "instance-id",
            "tcp-flags",
            "type",
            "pkt-srcaddr",
            "pkt-dstaddr",
        ],
    ),
    (
        4,
        &["region", "az-id", "sublocation-type", "sublocation-id"],
    ),
    (
        5,
        &[
            "pkt-src-aws-service",
            "pkt-dst-aws-service",
            "flow-direction",
            "traffic-path",
        ],
    ),
    (8, &["reject-reason"]),
    (9, &["resource-id"]),
    (10, &["encryption-status"]),
    (
        11,
        &[
            "instance-tag",
            "instance-tag-2",
            "interface-tag",
            "interface-tag-2",
            "asg-tag",
            "asg-tag-2",
            "interface-type",
            "next-hop-interface-id",
            "next-hop-subnet-id",
            "next-hop-az-id",
            "next-hop-vpc-id",
            "next-hop-interface-type",
        ],
    ),
];

/// The fields of a flow log's records, in their order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogFormat {
    fields: Vec<String>,
}

/// What is no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no flow log format")]
pub struct FormatError(String);

impl LogFormat {
    /// Reads a format such as `${version} ${account-id}`.
    ///
    /// # Errors
    ///
    /// If it is empty, or has anything but fields and the spaces between them.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let field = |word: &str| {
            let name = word.strip_prefix("${")?.strip_suffix('}')?;
            let letters = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
            (!name.is_empty() && name.chars().all(letters)).then(|| name.to_ascii_lowercase())
        };
        let fields: Option<Vec<_>> = text.split_whitespace().map(field).collect();
        match fields {
            Some(fields) if !fields.is_empty() => Ok(Self { fields }),
            _ => Err(FormatError(text.to_owned())),
        }
    }

    /// The fields in their order.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(String::as_str)
    }

    /// Whether the records have a field.
    pub fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|it| it == field)
    }

    /// Whether the records have all of these fields.
    pub fn has_all(&self, fields: &[&str]) -> bool {
        fields.iter().all(|field| self.has(field))
    }

    /// The version whose fields suffice for it, 2 at least.
    pub fn version(&self) -> u8 {
        let of = |field: &String| {
            let known = VERSIONS
                .iter()
                .find(|(_, names)| names.contains(&field.as_str()));
            known.map_or(if field.starts_with("ecs-") { 7 } else { 2 }, |it| it.0)
        };
        self.fields.iter().map(of).max().unwrap_or(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_in_the_order_of_the_format_and_unknown_ones_keep_their_place() {
        let format = LogFormat::parse("${dstaddr} ${made-up} ${bytes}").unwrap();
        let fields: Vec<_> = format.fields().collect();
        assert_eq!(fields, ["dstaddr", "made-up", "bytes"]);
        assert!(format.has_all(&["bytes", "dstaddr"]) && !format.has("srcaddr"));
    }

    #[test]
    fn the_version_is_that_of_the_newest_field() {
        let version = |text: &str| LogFormat::parse(text).unwrap().version();
        assert_eq!(version(DEFAULT), 2);
        assert_eq!(version(RECOMMENDED), 5);
        assert_eq!(version("${bytes} ${ecs-task-id}"), 7);
        assert_eq!(version("${next-hop-interface-type} ${vpc-id}"), 11);
    }

    #[test]
    fn what_is_no_format_is_an_error() {
        for odd in [
            "",
            "   ",
            "bytes",
            "${bytes},${start}",
            "${}",
            "${a b}",
            "${a}${b}",
        ] {
            assert!(LogFormat::parse(odd).is_err(), "{odd}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = LogFormat::parse(&text);
        }

        #[test]
        fn any_order_of_fields_is_kept(
            fields in proptest::collection::vec("[a-z][a-z0-9-]{0,20}", 1..40)
        ) {
            let text: Vec<_> = fields.iter().map(|field| format!("${{{field}}}")).collect();
            let format = LogFormat::parse(&text.join(" ")).unwrap();
            proptest::prop_assert_eq!(format.fields().collect::<Vec<_>>(), fields);
        }
    }
}
