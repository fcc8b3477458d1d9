//! What is looked at: accounts and (account, region) pairs.

use serde::{Deserialize, Serialize};

use super::id::{AccountId, Region};

/// The life-cycle state of an account, in AWS Organizations' own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
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
    /// A word that is new to us.
    Other(String),
    /// Unknown: the account was named by hand.
    Unknown,
}

/// Stands for [`AccountStatus::Unknown`] in the run store.
const UNKNOWN: &str = "UNKNOWN";

impl AccountStatus {
    /// Reads Organizations' word for a state.
    pub fn from_word(word: &str) -> Self {
        match word {
            "ACTIVE" => Self::Active,
            "SUSPENDED" => Self::Suspended,
            "PENDING_CLOSURE" => Self::PendingClosure,
            "PENDING_ACTIVATION" => Self::PendingActivation,
            "CLOSED" => Self::Closed,
            "" | UNKNOWN => Self::Unknown,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Organizations' word; empty when unknown.
    pub fn word(&self) -> &str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::PendingActivation => "PENDING_ACTIVATION",
            Self::Closed => "CLOSED",
            Self::Other(word) => word,
            Self::Unknown => "",
        }
    }

    /// Whether calls into the account can succeed. A new word forbids nothing: AWS decides.
    pub fn can_be_called(&self) -> bool {
        matches!(self, Self::Active | Self::Other(_) | Self::Unknown)
    }
}

impl From<String> for AccountStatus {
    fn from(word: String) -> Self {
        Self::from_word(&word)
    }
}

impl From<AccountStatus> for String {
    fn from(status: AccountStatus) -> Self {
        match status {
            AccountStatus::Unknown => UNKNOWN.to_owned(),
            known => known.word().to_owned(),
        }
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
    /// `o-…`; unknown for accounts named by hand and in runs of before 2026-11-27.
    #[serde(default)]
    pub organization_id: Option<String>,
}

/// One account in one region: the unit of work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Target {
    /// The account.
    pub account_id: AccountId,
    /// The region.
    pub region: Region,
}

impl Target {
    /// Those of accounts in a Region.
    pub fn all_of(region: &Region, accounts: &[AccountId]) -> impl Iterator<Item = Self> {
        accounts.iter().map(|account_id| Self {
            account_id: account_id.clone(),
            region: region.clone(),
        })
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "account {} region {}", self.account_id, self.region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_back_as_it_was_written_and_a_new_word_stays() {
        for word in ["ACTIVE", "SUSPENDED", "CLOSED", "HIBERNATING"] {
            let status = AccountStatus::from_word(word);
            let stored = serde_json::to_string(&status).unwrap();
            assert_eq!(stored, format!("\"{word}\""));
            assert_eq!(
                serde_json::from_str::<AccountStatus>(&stored).unwrap(),
                status
            );
            assert_eq!(status.word(), word);
        }
        let unknown: AccountStatus = serde_json::from_str("\"UNKNOWN\"").unwrap();
        assert_eq!(
            (unknown.word(), unknown.can_be_called()),
            ("", true),
            "as older runs hold it"
        );
        assert!(AccountStatus::from_word("HIBERNATING").can_be_called());
        assert!(!AccountStatus::from_word("SUSPENDED").can_be_called());
    }
}
