//! Flow logs with their format and destination.

use aws_sdk_ec2::types;
use jiff::Timestamp;

use super::PAGE;
use crate::{
    aws::pace::Api,
    model::{
        coverage::Failure, inventory::FlowLog, log_source::FlowLayout,
        logging::resource::TaggedFlowLog, target::Target,
    },
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeFlowLogs"];

/// Lists the flow logs.
pub async fn list(session: &Session) -> Result<Vec<FlowLog>, Failure> {
    let logs = with_tags(session).await?;
    Ok(logs.into_iter().map(|(log, _)| log).collect())
}

/// Lists the flow logs, each with its tags, its log group and the role that delivers it.
pub async fn with_tags(session: &Session) -> Result<Vec<(FlowLog, TaggedFlowLog)>, Failure> {
    let pages = session.ec2().describe_flow_logs().max_results(PAGE);
    session
        .items(
            Api::Ec2("DescribeFlowLogs"),
            || pages.clone().into_paginator().send(),
            |page| {
                page.flow_logs()
                    .iter()
                    .map(|it| Ok((flow_log(session.target(), it)?, tagged(it)?)))
                    .collect()
            },
        )
        .await
}

fn tagged(log: &types::FlowLog) -> Result<TaggedFlowLog, MissingField> {
    let tag = |tag: &types::Tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()));
    Ok(TaggedFlowLog {
        flow_log_id: required(log.flow_log_id(), "FlowLog.FlowLogId")?.into(),
        resource_id: required(log.resource_id(), "FlowLog.ResourceId")?.to_owned(),
        log_group: log.log_group_name().map(str::to_owned),
        role_arn: log.deliver_logs_permission_arn().map(str::to_owned),
        tags: log.tags().iter().filter_map(tag).collect(),
    })
}

fn flow_log(target: &Target, log: &types::FlowLog) -> Result<FlowLog, MissingField> {
    Ok(FlowLog {
        target: target.clone(),
        flow_log_id: required(log.flow_log_id(), "FlowLog.FlowLogId")?.into(),
        resource_id: required(log.resource_id(), "FlowLog.ResourceId")?.to_owned(),
        // CloudWatch Logs was the only destination before there was an attribute.
        destination_type: log
            .log_destination_type()
            .map_or("cloud-watch-logs", types::LogDestinationType::as_str)
            .into(),
        destination: log
            .log_destination()
            .or(log.log_group_name())
            .map(str::to_owned),
        log_format: log.log_format().map(str::to_owned),
        traffic_type: log.traffic_type().map(|it| it.as_str().into()),
        deliver_logs_status: log.deliver_logs_status().map(Into::into),
        deliver_logs_error: log.deliver_logs_error_message().map(str::to_owned),
        created_at: log
            .creation_time()
            .and_then(|at| Timestamp::from_second(at.secs()).ok()),
        aggregation_seconds: log
            .max_aggregation_interval()
            .and_then(|seconds| seconds.try_into().ok()),
        layout: log.destination_options().map(|it| FlowLayout {
            parquet: it.file_format() == Some(&types::DestinationFileFormat::Parquet),
            hive: it.hive_compatible_partitions().unwrap_or(false),
            hourly: it.per_hour_partition().unwrap_or(false),
        }),
    })
}
