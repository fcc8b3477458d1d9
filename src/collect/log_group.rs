//! Log groups of CloudWatch Logs, by their name: retention, tags and the last event.

use aws_sdk_cloudwatchlogs::types;
use jiff::Timestamp;

use crate::{
    aws::{error::is_not_found, pace::Api},
    model::{
        coverage::Failure,
        logging::{Tags, resource::ExistingLogGroup},
    },
    org::session::Session,
};

/// IAM actions that [`describe`] and [`last_event`] need.
pub const ACTIONS: &[&str] = &["logs:DescribeLogGroups", "logs:DescribeLogStreams"];

/// The most log groups a page holds, and the most names that one call takes
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>).
pub const PAGE: usize = 50;

/// A log group with its tags (`logs:ListTagsForResource`); none if it does not exist.
///
/// # Errors
///
/// If a call fails.
pub async fn with_tags(session: &Session, name: &str) -> Result<Option<ExistingLogGroup>, Failure> {
    let Some((mut group, arn)) = find(session, name).await? else {
        return Ok(None);
    };
    if let Some(arn) = arn {
        let call = session.logs().list_tags_for_resource().resource_arn(arn);
        let tags = session.call(Api::Logs("ListTagsForResource"), || call.clone().send());
        match tags.await {
            Ok(answer) => group.tags = answer.tags.unwrap_or_default().into_iter().collect(),
            // Deleted between the two calls.
            Err(failure) if is_not_found(&failure) => return Ok(None),
            Err(failure) => return Err(failure),
        }
    }
    Ok(Some(group))
}

/// The same without its tags: one call.
///
/// # Errors
///
/// If the call fails.
pub async fn describe(session: &Session, name: &str) -> Result<Option<ExistingLogGroup>, Failure> {
    Ok(find(session, name).await?.map(|(group, _)| group))
}

async fn find(
    session: &Session,
    name: &str,
) -> Result<Option<(ExistingLogGroup, Option<String>)>, Failure> {
    let found = named(session, name).await?;
    Ok(found.map(|group| {
        let arn = group.log_group_arn().or(group.arn());
        let arn = arn.map(|arn| arn.trim_end_matches(":*").to_owned());
        let retention = group.retention_in_days();
        let group = ExistingLogGroup {
            name: name.to_owned(),
            retention_days: retention.and_then(|days| days.try_into().ok()),
            tags: Tags::new(),
        };
        (group, arn)
    }))
}

/// A log group as AWS describes it; none if it does not exist.
///
/// # Errors
///
/// If a call fails.
pub async fn named(session: &Session, name: &str) -> Result<Option<types::LogGroup>, Failure> {
    let mut token = None;
    // Names that begin with this one come after it, page by page: no more is read than it takes.
    loop {
        let call = session
            .logs()
            .describe_log_groups()
            .log_group_name_prefix(name)
            .limit(PAGE.try_into().unwrap_or(i32::MAX))
            .set_next_token(token);
        let page = session
            .call(Api::Logs("DescribeLogGroups"), || call.clone().send())
            .await?;
        let groups = page.log_groups.unwrap_or_default();
        let mut groups = groups.into_iter();
        if let Some(found) = groups.find(|it| it.log_group_name() == Some(name)) {
            return Ok(Some(found));
        }
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(None);
        }
    }
}

/// The log groups with these names; none for those that do not exist. At most [`PAGE`] names.
///
/// # Errors
///
/// If a call fails.
pub async fn all_named(
    session: &Session,
    names: impl IntoIterator<Item = String>,
) -> Result<Vec<types::LogGroup>, Failure> {
    // No limit beside the names: a page holds all of them.
    let pages = session
        .logs()
        .describe_log_groups()
        .set_log_group_identifiers(Some(names.into_iter().collect()));
    session
        .pages(
            Api::Logs("DescribeLogGroups"),
            || pages.clone().into_paginator().send(),
            |page| Ok(page.log_groups.unwrap_or_default()),
        )
        .await
}

/// When an event was last written to a log group; none if none ever was.
///
/// # Errors
///
/// If the call fails.
pub async fn last_event(session: &Session, name: &str) -> Result<Option<Timestamp>, Failure> {
    let call = session
        .logs()
        .describe_log_streams()
        .log_group_name(name)
        .order_by(types::OrderBy::LastEventTime)
        .descending(true)
        .limit(1);
    let answer = session
        .call(Api::Logs("DescribeLogStreams"), || call.clone().send())
        .await?;
    let last = answer.log_streams().first();
    let last = last.and_then(types::LogStream::last_event_timestamp);
    Ok(last.and_then(|at| Timestamp::from_millisecond(at).ok()))
}
