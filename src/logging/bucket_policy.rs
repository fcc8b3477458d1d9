//! The policy of a bucket that takes logs: whether it lets them be delivered, and the statements that it
//! lacks. The statements are those of
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html>.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    names::LOG_DELIVERY,
    observed_state::RegionState,
    policy::{allows, fits, statements, texts},
};
use crate::model::{id::AccountId, logging::LogBucket};

/// The longest policy of a bucket, in bytes
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html>).
pub(super) const LONGEST: usize = 20 * 1024;

const ACL: (&str, &str) = ("s3:x-amz-acl", "bucket-owner-full-control");

/// Whether logs of an account and Region can be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Delivery {
    /// No statement allows it.
    Missing,
    /// A statement allows it under conditions that are not understood here.
    Unchecked,
    /// A statement allows it.
    Allowed,
}

/// Whether a policy lets logs of an account and Region be delivered. Statements that deny are not looked at.
pub(super) fn delivery(
    document: Option<&str>,
    state: &RegionState,
    bucket: &LogBucket,
) -> Delivery {
    let arn = bucket.arn(&state.partition);
    let object = format!("{arn}/{}{}/any", bucket.folder(), state.account());
    let statements = statements(document.unwrap_or_default());
    let by_any = |action: &str, resource: &str| {
        let fitting = statements.iter().filter(|statement| {
            let mut resources = texts(statement.get("Resource")).into_iter();
            allows(statement, LOG_DELIVERY, &[action]) && resources.any(|it| fits(it, resource))
        });
        let met = fitting.map(|it| conditions(it.get("Condition"), action, state));
        met.max().unwrap_or(Delivery::Missing)
    };
    by_any("s3:PutObject", &object).min(by_any("s3:GetBucketAcl", &arn))
}

fn conditions(conditions: Option<&Value>, action: &str, state: &RegionState) -> Delivery {
    let source = format!(
        "arn:{}:logs:{}:{}:any",
        state.partition,
        state.region(),
        state.account()
    );
    let met = |key: &str, wanted: &Value| {
        let actual = match key.to_ascii_lowercase().as_str() {
            "aws:sourceaccount" => state.account().as_str(),
            "aws:sourcearn" => &source,
            "s3:x-amz-acl" if action == "s3:PutObject" => ACL.1,
            "s3:x-amz-acl" => return Delivery::Missing,
            _ => return Delivery::Unchecked,
        };
        let mut patterns = texts(Some(wanted)).into_iter();
        if patterns.any(|pattern| fits(pattern, actual)) {
            Delivery::Allowed
        } else {
            Delivery::Missing
        }
    };
    let Some(operators) = conditions.and_then(Value::as_object) else {
        return Delivery::Allowed;
    };
    let each = operators.iter().flat_map(|(operator, keys)| {
        let known = ["StringEquals", "StringLike", "ArnLike", "ArnEquals"];
        let known = known.contains(&operator.as_str());
        let keys = keys.as_object().into_iter().flatten();
        keys.map(move |(key, wanted)| {
            if known {
                met(key, wanted)
            } else {
                Delivery::Unchecked
            }
        })
    });
    each.min().unwrap_or(Delivery::Allowed)
}

/// The statements that let logs of these accounts be delivered, to be added to the bucket's policy.
pub(super) fn missing(
    bucket: &LogBucket,
    partition: &str,
    accounts: &BTreeSet<&AccountId>,
) -> String {
    let arn = bucket.arn(partition);
    let folder = |account: &&AccountId| format!("{arn}/{}{account}/*", bucket.folder());
    let source = |account: &&AccountId| format!("arn:{partition}:logs:*:{account}:*");
    let folders: Vec<String> = accounts.iter().map(folder).collect();
    let sources: Vec<String> = accounts.iter().map(source).collect();
    let principal = json!({ "Service": LOG_DELIVERY });
    json!([
        {
            "Sid": "VpceScoutLogDeliveryWrite",
            "Effect": "Allow",
            "Principal": principal,
            "Action": "s3:PutObject",
            "Resource": folders,
            "Condition": {
                "StringEquals": { ACL.0: ACL.1, "aws:SourceAccount": accounts },
                "ArnLike": { "aws:SourceArn": sources },
            },
        },
        {
            "Sid": "VpceScoutLogDeliveryAclCheck",
            "Effect": "Allow",
            "Principal": principal,
            "Action": "s3:GetBucketAcl",
            "Resource": arn,
            "Condition": {
                "StringEquals": { "aws:SourceAccount": accounts },
                "ArnLike": { "aws:SourceArn": sources },
            },
        },
    ])
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::target::Target;

    fn state(account: &str) -> RegionState {
        let target = Target {
            account_id: account.parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        RegionState::new(target, "aws")
    }

    fn bucket(prefix: &str) -> LogBucket {
        LogBucket {
            name: "logs".to_owned(),
            prefix: prefix.to_owned(),
        }
    }

    fn document(statements: &str) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#)
    }

    #[test]
    fn the_statements_that_are_printed_are_enough_for_their_accounts_and_no_other() {
        let (ours, theirs) = (state("111111111111"), state("222222222222"));
        let statements = missing(&bucket("a/b"), "aws", &[ours.account()].into());
        let policy = document(&statements);
        let of = |state, prefix| delivery(Some(&policy), state, &bucket(prefix));
        assert_eq!(of(&ours, "a/b"), Delivery::Allowed);
        assert_eq!(of(&ours, "other"), Delivery::Missing);
        assert_eq!(of(&theirs, "a/b"), Delivery::Missing);
        assert_eq!(delivery(None, &ours, &bucket("a/b")), Delivery::Missing);
    }

    #[test]
    fn a_condition_that_is_not_understood_is_neither_met_nor_unmet() {
        let statement = |condition: &str| {
            document(&format!(
                r#"[{{"Effect":"Allow","Principal":{{"Service":"delivery.logs.amazonaws.com"}},
                "Action":["s3:PutObject","s3:GetBucketAcl"],"Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"],
                "Condition":{condition}}}]"#
            ))
        };
        let of = |condition: &str| {
            delivery(
                Some(&statement(condition)),
                &state("111111111111"),
                &bucket(""),
            )
        };
        assert_eq!(of("{}"), Delivery::Allowed);
        let organization = r#"{"StringEquals":{"aws:SourceOrgID":"o-1234567890"}}"#;
        assert_eq!(of(organization), Delivery::Unchecked);
        let elsewhere = r#"{"ArnLike":{"aws:SourceArn":"arn:aws:logs:us-east-1:*:*"}}"#;
        assert_eq!(of(elsewhere), Delivery::Missing);
        // GetBucketAcl has no such key: the condition fails.
        let acl = r#"{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}"#;
        assert_eq!(of(acl), Delivery::Missing);
    }
}
