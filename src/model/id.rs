//! Identifiers: account ids, region names and ARNs, validated once where they enter, and the ids of
//! resources, one type a kind, as AWS gives them.

use std::{borrow::Borrow, fmt, marker::PhantomData, ops::Deref, str::FromStr, sync::Arc};

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Visitor};

/// A text that is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid {what} `{text}`: expected {expected}")]
pub struct InvalidId {
    text: String,
    what: &'static str,
    expected: &'static str,
}

impl InvalidId {
    /// What an identifier of the kind looks like.
    pub fn expected(&self) -> &'static str {
        self.expected
    }
}

// Accounts and regions are kept in place: facts and rows name them hundreds of thousands of times.

/// A twelve-digit AWS account id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(with = "String")]
pub struct AccountId([u8; 12]);

/// A region name such as `eu-west-1`; also the `Region` of every AWS call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(with = "String")]
pub struct Region {
    /// Filled up with zeros, which come before every letter: the order is that of the text.
    bytes: [u8; LONGEST_REGION],
    length: u8,
}

/// Bytes of the longest name of a region; those of AWS have 14 or fewer.
const LONGEST_REGION: usize = 23;

/// An Amazon Resource Name, `arn:partition:service:region:account:resource`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(with = "String")]
pub struct Arn(Arc<str>);

impl AccountId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        // Digits are UTF-8.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Region {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        let name = self.bytes.get(..usize::from(self.length));
        // Letters, digits and hyphens are UTF-8.
        std::str::from_utf8(name.unwrap_or_default()).unwrap_or_default()
    }
}

impl Arn {
    /// The whole ARN as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition, `aws` or `aws-cn` and so on.
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// The service, `logs` or `s3` and so on.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// The region; empty for global resources.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The owning account; empty where the ARN carries none (S3 buckets).
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// All that follows the account, colons included.
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    fn part(&self, index: usize) -> &str {
        self.0.splitn(6, ':').nth(index).unwrap_or_default()
    }
}

impl FromStr for AccountId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let digits = text.as_bytes();
        match <[u8; 12]>::try_from(digits) {
            Ok(id) if digits.iter().all(u8::is_ascii_digit) => return Ok(Self(id)),
            _ => {}
        }
        Err(InvalidId {
            text: text.to_owned(),
            what: "account id",
            expected: "twelve digits",
        })
    }
}

impl FromStr for Region {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
        let mut bytes = [0; LONGEST_REGION];
        if text.len() >= 4
            && text.contains('-')
            && text.bytes().all(valid)
            && let Some(place) = bytes.get_mut(..text.len())
        {
            place.copy_from_slice(text.as_bytes());
            return Ok(Self { bytes, length });
        }
        Err(InvalidId {
            text: text.to_owned(),
            what: "region name",
            expected: "lower-case letters, digits and hyphens as in eu-west-1",
        })
    }
}

impl FromStr for Arn {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.starts_with("arn:") && text.splitn(6, ':').count() == 6 {
            return Ok(Self(text.into()));
        }
        Err(InvalidId {
            text: text.to_owned(),
            what: "ARN",
            expected: "arn:partition:service:region:account:resource",
        })
    }
}

/// Reads an identifier from the text where it stands: facts and rows name them so often that a copy of
/// each would be felt.
struct IdVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err = InvalidId>> Visitor<'_> for IdVisitor<T> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an identifier")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

macro_rules! text_identifier {
    ($($name:ident),+) => {$(
        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(IdVisitor(PhantomData))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(self.as_str())
            }
        }
    )+};
}

text_identifier!(AccountId, Region, Arn);

// Ids of resources are AWS's own texts and are not looked into: a length or an alphabet that is new
// tomorrow keeps its row. What they are ids of is what the types keep apart.

/// Declares the id of a kind of resource. Up to 24 bytes are kept in place, which all but ids of
/// attachments have.
macro_rules! resource_id {
    ($($(#[$of_id:meta])* $name:ident,)+) => {$(
        $(#[$of_id])*
        #[derive(
            Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            JsonSchema,
        )]
        #[serde(transparent)]
        #[schemars(with = "String")]
        pub struct $name(CompactString);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        // As a text is hashed and ordered, so that a map finds it by its text.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, text: &str) -> bool {
                self.0 == text
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, text: &&str) -> bool {
                self.0 == *text
            }
        }

        impl PartialEq<String> for $name {
            fn eq(&self, text: &String) -> bool {
                self.0 == *text
            }
        }

        impl PartialEq<$name> for String {
            fn eq(&self, id: &$name) -> bool {
                id.0 == *self
            }
        }

        impl PartialEq<$name> for &str {
            fn eq(&self, id: &$name) -> bool {
                id.0 == **self
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(&self.0)
            }
        }
    )+};
}

resource_id! {
    /// A VPC, `vpc-…`.
    VpcId,
    /// A subnet, `subnet-…`.
    SubnetId,
    /// A route table of a VPC, `rtb-…`.
    RouteTableId,
    /// A VPC endpoint of any type, `vpce-…`.
    VpcEndpointId,
    /// A NAT gateway, `nat-…`.
    NatGatewayId,
    /// A network interface, `eni-…`.
    NetworkInterfaceId,
    /// A security group, `sg-…`.
    SecurityGroupId,
    /// An internet gateway, `igw-…` or `eigw-…`.
    InternetGatewayId,
    /// A transit gateway, `tgw-…`.
    TransitGatewayId,
    /// What is attached to a transit gateway, `tgw-attach-…`.
    TransitGatewayAttachmentId,
    /// A route table of a transit gateway, `tgw-rtb-…`.
    TransitGatewayRouteTableId,
    /// A flow log, `fl-…`.
    FlowLogId,
    /// A query log configuration of Route 53 Resolver, `rqlc-…`.
    QueryLogConfigId,
    /// A Route 53 Profile, `rp-…`.
    ProfileId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_is_twelve_digits_and_nothing_else() {
        assert!("123456789012".parse::<AccountId>().is_ok());
        for bad in [
            "",
            "12345678901",
            "1234567890123",
            "12345678901a",
            "１２３４５６７８９０１２",
        ] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_arn_gives_its_parts_and_keeps_colons_in_the_resource() {
        let arn: Arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/dns:*"
            .parse()
            .unwrap();
        assert_eq!(arn.service(), "logs");
        assert_eq!(arn.region(), "eu-west-1");
        assert_eq!(arn.account(), "123456789012");
        assert_eq!(arn.resource(), "log-group:/aws/vendedlogs/dns:*");
        assert!("arn:aws:s3".parse::<Arn>().is_err());
    }

    #[test]
    fn identifiers_are_ordered_as_their_text_is() {
        let names = [
            "eu-west-1",
            "eu-west-10",
            "eu-west-2",
            "us-east-1",
            "us-east-1-a",
        ];
        let mut regions = names.map(|name| name.parse::<Region>().unwrap());
        regions.reverse();
        regions.sort();
        assert_eq!(regions.map(|region| region.to_string()), names);
        let ids = ["000000000009", "000000000010"].map(|id| id.parse::<AccountId>().unwrap());
        assert!(ids[0] < ids[1]);
    }

    #[test]
    fn a_region_name_keeps_to_its_alphabet() {
        assert!("us-gov-west-1".parse::<Region>().is_ok());
        let long = format!("{}-1", "a".repeat(LONGEST_REGION - 2));
        assert_eq!(long.parse::<Region>().unwrap().as_str(), long);
        let longer = format!("a{long}");
        for bad in ["", "EU-WEST-1", "eu west", "../etc", "enabled", &longer] {
            assert!(bad.parse::<Region>().is_err(), "{bad}");
        }
    }
}
