//! Names, tokens and keys that are the same for the same thing in every run.

use std::hash::Hasher;

use fnv::FnvHasher;

use crate::model::{
    id::{AccountId, Region},
    target::Target,
};

/// The name of our configurations and RAM shares, and what names of our resource policies begin with.
pub(super) const QUERY_LOGS: &str = "vpce-scout-query-logs";
/// The inline policy of the delivery role.
pub(super) const DELIVERY_POLICY: &str = "vpce-scout-flow-logs";
/// Who delivers query logs.
pub(super) const LOG_DELIVERY: &str = "delivery.logs.amazonaws.com";
/// Who delivers flow logs.
pub(super) const FLOW_LOGS: &str = "vpc-flow-logs.amazonaws.com";

/// FNV-1a, 64 bits: stable over releases, which the standard library's hasher does not promise.
pub(super) fn digest(parts: &[&str]) -> String {
    let mut hash = FnvHasher::default();
    for part in parts {
        hash.write(part.as_bytes());
        hash.write(&[0]);
    }
    format!("{:016x}", hash.finish())
}

/// Names a thing in a state.
pub(super) fn key(target: &Target, kind: &str, name: &str) -> String {
    let (account, region) = (&target.account_id, &target.region);
    format!("{account}/{region}/{kind}/{name}")
}

/// Names a thing of a whole account.
pub(super) fn account_key(account: &AccountId, kind: &str, name: &str) -> String {
    format!("{account}/{kind}/{name}")
}

/// The id by which a repeated CreateResolverQueryLogConfig is known as such.
pub(super) fn creator_request_id(account: &AccountId, region: &Region, log_group: &str) -> String {
    let parts = [account.as_str(), region.as_str(), log_group];
    format!("{QUERY_LOGS}-{}", digest(&parts))
}

/// The resource policy for a log group.
pub(super) fn policy_name(log_group: &str) -> String {
    let whole = digest(&[log_group]);
    format!("{QUERY_LOGS}-{}", whole.get(..8).unwrap_or(&whole))
}

/// The token by which a repeated creation is known as such. It differs from run to run, since AWS
/// remembers tokens for longer than things may live.
pub(super) fn client_token(run: &str, key: &str) -> String {
    format!("vpce-scout-{}", digest(&[run, key]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_every_run_and_differ_by_account_region_and_group() {
        let id = |account: &str, region: &str, group: &str| {
            let (account, region) = (account.parse().unwrap(), region.parse().unwrap());
            creator_request_id(&account, &region, group)
        };
        let one = id("123456789012", "eu-west-1", "/a");
        assert_eq!(one, "vpce-scout-query-logs-d08fa936b933a013");
        assert_ne!(one, id("123456789013", "eu-west-1", "/a"));
        assert_ne!(one, id("123456789012", "eu-west-2", "/a"));
        assert_ne!(one, id("123456789012", "eu-west-1", "/b"));
    }

    #[test]
    fn a_token_belongs_to_a_run() {
        assert_eq!(client_token("a", "k"), client_token("a", "k"));
        assert_ne!(client_token("a", "k"), client_token("b", "k"));
    }
}
