//! What is looked at: accounts and (account, region) pairs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{AccountId, Region};

/// The life-cycle state of an account, in AWS Organizations' own words.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountStatus {
    /// In use.
    Active,
    /// Suspended by AWS or on the way to closure; calls fail.
    Suspended,
    /// Closure was requested.
    PendingClosure,
    /// Created, not yet usable.
    PendingActivation,
    /// Closed for good.
    Closed,
    /// Not told: the account was named by hand, or Organizations used a word that is new to us.
    Unknown,
}

impl AccountStatus {
    /// Reads Organizations' word for a state.
    pub fn from_word(word: &str) -> Self {
        match word {
            "ACTIVE" => Self::Active,
            "SUSPENDED" => Self::Suspended,
            "PENDING_CLOSURE" => Self::PendingClosure,
            "PENDING_ACTIVATION" => Self::PendingActivation,
            "CLOSED" => Self::Closed,
            _ => Self::Unknown,
        }
    }

    /// Organizations' word; empty when unknown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::PendingActivation => "PENDING_ACTIVATION",
            Self::Closed => "CLOSED",
            Self::Unknown => "",
        }
    }

    /// Whether calls into the account can succeed.
    pub fn can_be_called(self) -> bool {
        matches!(self, Self::Active | Self::Unknown)
    }
}

/// A member account of the organization, or an account that was named by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// Its name in the organization; unknown for accounts named by hand.
    pub name: Option<String>,
    /// Names of the organizational units from the root, `/Workloads/Prod`; `/` is the root itself.
    pub ou_path: Option<String>,
    /// Ids of the root and the organizational units on that path, the root first.
    pub ou_ids: Vec<String>,
    /// Its state.
    pub status: AccountStatus,
    /// Whether the filters leave it in the scan.
    pub selected: bool,
}

/// One account in one region: the unit of work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Target {
    /// The account.
    pub account_id: AccountId,
    /// The region.
    pub region: Region,
}

impl std::fmt::Display for Target {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "account {} region {}", self.account_id, self.region)
    }
}
