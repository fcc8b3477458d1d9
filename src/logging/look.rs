//! Reading what a plan needs to know beside the inventory: log groups, resource policies, roles,
//! shares and the tags of all of them.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::Tag;
use jiff::Timestamp;

use super::{
    names::{DELIVERY_POLICY, QUERY_LOGS},
    world::{LogGroup, MarkedFlowLog, Place, ResourcePolicy, Role, Share},
};
use crate::{
    aws::{error::is_not_found, pace::Api},
    model::{coverage::Failure, id::Arn, inventory::QueryLogConfig, logging::Tags},
    org::session::{MissingField, Session, required},
};

/// The most log groups, streams or policies a page holds
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>).
const PAGE: i32 = 50;

/// A log group by its name, with its tags; none if there is none.
pub async fn log_group(session: &Session, name: &str) -> Result<Option<LogGroup>, Failure> {
    let Some((mut group, arn)) = bare_log_group(session, name).await? else {
        return Ok(None);
    };
    if let Some(arn) = arn {
        let call = session.logs().list_tags_for_resource().resource_arn(arn);
        let tags = session.call(Api::Logs("ListTagsForResource"), || call.clone().send());
        match tags.await {
            Ok(answer) => group.tags = answer.tags.unwrap_or_default().into_iter().collect(),
            // Gone in this moment.
            Err(gone) if is_not_found(&gone) => return Ok(None),
            Err(failure) => return Err(failure),
        }
    }
    Ok(Some(group))
}

/// The same without its tags: one call.
pub async fn bare_log_group(
    session: &Session,
    name: &str,
) -> Result<Option<(LogGroup, Option<String>)>, Failure> {
    let pages = session
        .logs()
        .describe_log_groups()
        .log_group_name_prefix(name)
        .limit(PAGE);
    let found = session
        .pages(
            Api::Logs("DescribeLogGroups"),
            || pages.clone().into_paginator().send(),
            |page| {
                let all = page.log_groups().iter();
                let ours = all.filter(|group| group.log_group_name() == Some(name));
                Ok(ours
                    .map(|group| {
                        let arn = group.log_group_arn().or(group.arn());
                        let arn = arn.map(|arn| arn.trim_end_matches(":*").to_owned());
                        let retention = group.retention_in_days();
                        let group = LogGroup {
                            name: name.to_owned(),
                            retention_days: retention.and_then(|days| days.try_into().ok()),
                            tags: Tags::new(),
                        };
                        (group, arn)
                    })
                    .collect())
            },
        )
        .await?;
    Ok(found.into_iter().next())
}

/// The last time that something was written to a log group; none if nothing was, ever.
pub async fn last_event(session: &Session, name: &str) -> Result<Option<Timestamp>, Failure> {
    let call = session
        .logs()
        .describe_log_streams()
        .log_group_name(name)
        .order_by(aws_sdk_cloudwatchlogs::types::OrderBy::LastEventTime)
        .descending(true)
        .limit(1);
    let answer = session
        .call(Api::Logs("DescribeLogStreams"), || call.clone().send())
        .await?;
    let last = answer.log_streams().first();
    let last = last.and_then(aws_sdk_cloudwatchlogs::types::LogStream::last_event_timestamp);
    Ok(last.and_then(|at| Timestamp::from_millisecond(at).ok()))
}

/// The resource policies of CloudWatch Logs.
pub async fn resource_policies(session: &Session) -> Result<Vec<ResourcePolicy>, Failure> {
    let mut policies = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let call = session
            .logs()
            .describe_resource_policies()
            .limit(PAGE)
            .set_next_token(next.take());
        let answer = session
            .call(Api::Logs("DescribeResourcePolicies"), || {
                call.clone().send()
            })
            .await?;
        for policy in answer.resource_policies() {
            policies.push(ResourcePolicy {
                name: required(policy.policy_name(), "ResourcePolicy.PolicyName")?.to_owned(),
                document: policy.policy_document().unwrap_or_default().to_owned(),
            });
        }
        match answer.next_token {
            Some(token) if !token.is_empty() => next = Some(token),
            _ => return Ok(policies),
        }
    }
}

/// The tags of a configuration that the session's account owns.
pub async fn config_tags(session: &Session, arn: &str) -> Result<Tags, Failure> {
    let client = session.resolver();
    let pages = client.list_tags_for_resource().resource_arn(arn);
    let tags = session
        .pages(
            Api::Resolver,
            || pages.clone().into_paginator().send(),
            |page| {
                let tags = page.tags().iter();
                Ok(tags
                    .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
                    .collect())
            },
        )
        .await?;
    Ok(tags.into_iter().collect())
}

/// The tags of all configurations of a place that may be ours: by their name, or because the
/// manifest names them.
pub async fn mark_configs(
    session: &Session,
    place: &mut Place,
    known: &BTreeSet<String>,
) -> Result<(), Failure> {
    let may_be_ours = |config: &&QueryLogConfig| {
        config.owner_account_id == session.target().account_id
            && (config.name.as_deref() == Some(QUERY_LOGS) || known.contains(&config.config_id))
    };
    let ids: Vec<_> = place
        .configs
        .iter()
        .filter(may_be_ours)
        .map(|config| config.config_id.clone())
        .collect();
    for id in ids {
        let arn = config_arn(place, &id);
        let tags = config_tags(session, &arn).await?;
        place.config_tags.insert(id, tags);
    }
    Ok(())
}

/// The ARN of a configuration that the place's account owns.
pub(super) fn config_arn(place: &Place, id: &str) -> String {
    format!(
        "arn:{}:route53resolver:{}:{}:resolver-query-log-config/{id}",
        place.partition,
        place.region(),
        place.account()
    )
}

/// Flow logs with their tags.
pub async fn marked_flow_logs(session: &Session) -> Result<Vec<MarkedFlowLog>, Failure> {
    let pages = session.ec2().describe_flow_logs().max_results(1000);
    session
        .pages(
            Api::Ec2("DescribeFlowLogs"),
            || pages.clone().into_paginator().send(),
            |page| page.flow_logs().iter().map(marked).collect(),
        )
        .await
}

fn marked(log: &aws_sdk_ec2::types::FlowLog) -> Result<MarkedFlowLog, MissingField> {
    let tag = |tag: &Tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()));
    Ok(MarkedFlowLog {
        flow_log_id: required(log.flow_log_id(), "FlowLog.FlowLogId")?.to_owned(),
        resource_id: required(log.resource_id(), "FlowLog.ResourceId")?.to_owned(),
        log_group: log.log_group_name().map(str::to_owned),
        role_arn: log.deliver_logs_permission_arn().map(str::to_owned),
        tags: log.tags().iter().filter_map(tag).collect(),
    })
}

/// RAM shares of the account, with what they share and with whom.
pub async fn shares(session: &Session) -> Result<Vec<Share>, Failure> {
    use aws_sdk_ram::types::{
        ResourceOwner, ResourceShareAssociationStatus, ResourceShareAssociationType,
        ResourceShareStatus,
    };
    let client = session.ram();
    let pages = client
        .get_resource_shares()
        .resource_owner(ResourceOwner::SelfValue)
        .resource_share_status(ResourceShareStatus::Active);
    let mut shares = session
        .pages(
            Api::Change("RAM"),
            || pages.clone().into_paginator().send(),
            |page| page.resource_shares().iter().map(share).collect(),
        )
        .await?;
    if shares.is_empty() {
        return Ok(shares);
    }
    for kind in [
        ResourceShareAssociationType::Principal,
        ResourceShareAssociationType::Resource,
    ] {
        let pages = client
            .get_resource_share_associations()
            .association_type(kind.clone());
        let gone = [
            ResourceShareAssociationStatus::Disassociated,
            ResourceShareAssociationStatus::Disassociating,
        ];
        let found: Vec<(String, String)> = session
            .pages(
                Api::Change("RAM"),
                || pages.clone().into_paginator().send(),
                |page| {
                    let all = page.resource_share_associations().iter();
                    let all = all.filter(|it| it.status().is_none_or(|it| !gone.contains(it)));
                    Ok(all
                        .filter_map(|it| {
                            let (arn, what) = (it.resource_share_arn()?, it.associated_entity()?);
                            Some((arn.to_owned(), what.to_owned()))
                        })
                        .collect())
                },
            )
            .await?;
        for (arn, what) in found {
            let Some(share) = shares.iter_mut().find(|it| it.arn.to_string() == arn) else {
                continue;
            };
            match kind {
                ResourceShareAssociationType::Principal => share.principals.insert(what),
                _ => share.resources.insert(what),
            };
        }
    }
    Ok(shares)
}

fn share(share: &aws_sdk_ram::types::ResourceShare) -> Result<Share, MissingField> {
    let arn = share.resource_share_arn().and_then(|arn| arn.parse().ok());
    let tag =
        |tag: &aws_sdk_ram::types::Tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()));
    Ok(Share {
        arn: required(arn, "ResourceShare.ResourceShareArn")?,
        name: share.name().unwrap_or_default().to_owned(),
        tags: share.tags().iter().filter_map(tag).collect(),
        principals: BTreeSet::new(),
        resources: BTreeSet::new(),
    })
}

/// An IAM role by its name, with its tags; none if there is none.
pub async fn role(session: &Session, name: &str) -> Result<Option<Role>, Failure> {
    let client = session.iam();
    let call = client.get_role().role_name(name);
    let answer = session.call(Api::Change("IAM"), || call.clone().send());
    let found = match answer.await {
        Ok(answer) => answer.role,
        Err(gone) if is_absent(&gone) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let found = required(found, "GetRole.Role")?;
    let arn: Option<Arn> = found.arn().parse().ok();
    let tags = found.tags().iter();
    let call = client
        .get_role_policy()
        .role_name(name)
        .policy_name(DELIVERY_POLICY);
    let policy = session.call(Api::Change("IAM"), || call.clone().send());
    let policy = match policy.await {
        Ok(answer) => Some(decoded(answer.policy_document())),
        Err(gone) if is_absent(&gone) => None,
        Err(failure) => return Err(failure),
    };
    Ok(Some(Role {
        name: name.to_owned(),
        arn: required(arn, "Role.Arn")?,
        tags: tags
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect(),
        trust_policy: decoded(found.assume_role_policy_document().unwrap_or_default()),
        policy,
    }))
}

/// Whether a failure says that a thing does not exist, in the words of whatever service.
pub(super) fn is_absent(failure: &Failure) -> bool {
    const CODES: [&str; 4] = [
        "NoSuchEntity",
        "NoSuchEntityException",
        "ResourceNotFoundException",
        "UnknownResourceException",
    ];
    failure
        .code
        .as_deref()
        .is_some_and(|code| CODES.contains(&code))
}

/// IAM writes documents in percent-encoding (RFC 3986).
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = match (first, tail) {
            (b'%', [high, low, ..]) => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                digit(high).zip(digit(low))
            }
            _ => None,
        };
        let (byte, used) = match hex {
            Some((high, low)) => (u8::try_from(high * 16 + low).unwrap_or(*first), 3),
            None => (*first, 1),
        };
        bytes.push(byte);
        rest = rest.get(used..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_iam_are_read_whether_encoded_or_not() {
        assert_eq!(decoded("%7B%22a%22%3A%20%22%C3%A9%22%7D"), "{\"a\": \"é\"}");
        assert_eq!(decoded("{\"a\": 1}"), "{\"a\": 1}");
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%zz"), "%zz");
    }
}
