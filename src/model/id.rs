//! Identifiers that are validated once, where they enter: account ids, region names, ARNs.

use std::{fmt, str::FromStr, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text that is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {what}: {expected}")]
pub struct InvalidId {
    text: String,
    what: &'static str,
    expected: &'static str,
}

/// A twelve-digit AWS account id.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct AccountId(Arc<str>);

/// A region name such as `eu-west-1`; also the `Region` of every AWS call.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Region(Arc<str>);

/// An Amazon Resource Name, `arn:partition:service:region:account:resource`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Arn(Arc<str>);

impl AccountId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Region {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
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
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self(text.into()));
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
        if (4..=32).contains(&text.len()) && text.contains('-') && text.bytes().all(valid) {
            return Ok(Self(text.into()));
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
                id.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(&self.0)
            }
        }
    )+};
}

text_identifier!(AccountId, Region, Arn);

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
    fn a_region_name_keeps_to_its_alphabet() {
        assert!("us-gov-west-1".parse::<Region>().is_ok());
        for bad in ["", "EU-WEST-1", "eu west", "../etc", "enabled"] {
            assert!(bad.parse::<Region>().is_err(), "{bad}");
        }
    }
}
