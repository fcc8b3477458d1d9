//! Flow logs.

use aws_sdk_ec2::{
    operation::create_flow_logs::builders::CreateFlowLogsFluentBuilder,
    types::{
        DestinationFileFormat, DestinationOptionsRequest, FlowLogsResourceType, LogDestinationType,
        ResourceType, Tag, TagSpecification, TrafficType, UnsuccessfulItem,
    },
};

use super::context::{Context, has_code};
use crate::{
    aws::{error::reason_of_code, pace::Api},
    collect::flow_log,
    model::{
        coverage::{Failure, Reason},
        inventory::FlowLog,
        logging::{Work, is_ours, resource::TaggedFlowLog},
    },
};

const EXISTS: [&str; 1] = ["FlowLogAlreadyExists"];
const ABSENT: [&str; 1] = ["InvalidFlowLogId.NotFound"];

pub(super) async fn create(context: &Context<'_>, work: &Work) -> Result<Option<String>, Failure> {
    let Work::CreateFlowLogs {
        resource_type,
        resource_id,
        log_group,
        role_arn,
        log_format,
        aggregation_seconds,
        client_token,
        ..
    } = work
    else {
        return Ok(None);
    };
    let call = new(context, resource_type, resource_id)
        .log_destination_type(LogDestinationType::CloudWatchLogs)
        .log_group_name(log_group)
        .deliver_logs_permission_arn(role_arn.to_string())
        .log_format(log_format)
        .max_aggregation_interval(i32::try_from(*aggregation_seconds).unwrap_or(600))
        .client_token(client_token);
    make_or_find(context, call, |log, tagged| {
        log.resource_id == *resource_id && tagged.log_group.as_ref() == Some(log_group)
    })
    .await
}

/// AWS checks the bucket's policy, and the permission to create a log delivery
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html>).
pub(super) async fn create_in_s3(
    context: &Context<'_>,
    work: &Work,
) -> Result<Option<String>, Failure> {
    let Work::CreateFlowLogsInS3 {
        resource_type,
        resource_id,
        destination,
        parquet,
        log_format,
        aggregation_seconds,
        client_token,
        ..
    } = work
    else {
        return Ok(None);
    };
    let format = if *parquet {
        DestinationFileFormat::Parquet
    } else {
        DestinationFileFormat::PlainText
    };
    let options = DestinationOptionsRequest::builder()
        .file_format(format)
        .hive_compatible_partitions(false)
        .per_hour_partition(false)
        .build();
    let destination = destination.to_string();
    let call = new(context, resource_type, resource_id)
        .log_destination_type(LogDestinationType::S3)
        .log_destination(&destination)
        .destination_options(options)
        .log_format(log_format)
        .max_aggregation_interval(i32::try_from(*aggregation_seconds).unwrap_or(600))
        .client_token(client_token);
    make_or_find(context, call, |log, _| {
        log.resource_id == *resource_id && log.destination.as_ref() == Some(&destination)
    })
    .await
}

fn new(
    context: &Context<'_>,
    resource_type: &str,
    resource_id: &str,
) -> CreateFlowLogsFluentBuilder {
    let tags = context.tags.iter();
    let tags = tags.map(|(key, value)| Tag::builder().key(key).value(value).build());
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::VpcFlowLog)
        .set_tags(Some(tags.collect()))
        .build();
    let call = context.session.ec2().create_flow_logs();
    call.resource_type(FlowLogsResourceType::from(resource_type))
        .resource_ids(resource_id)
        .traffic_type(TrafficType::All)
        .tag_specifications(tags)
}

/// Makes a flow log; if it exists already, and is ours, finds it.
async fn make_or_find(
    context: &Context<'_>,
    call: CreateFlowLogsFluentBuilder,
    is_it: impl Fn(&FlowLog, &TaggedFlowLog) -> bool,
) -> Result<Option<String>, Failure> {
    match make(context, call).await {
        Err(failure) if has_code(&failure, &EXISTS) => existing(context, is_it, failure).await,
        other => other,
    }
}

async fn make(
    context: &Context<'_>,
    call: CreateFlowLogsFluentBuilder,
) -> Result<Option<String>, Failure> {
    let answer = context
        .session
        .call(Api::Change("CreateFlowLogs"), || call.clone().send())
        .await;
    answer.and_then(|answer| match answer.unsuccessful().first() {
        Some(item) => Err(refused(item)),
        None => Ok(answer.flow_log_ids().first().cloned()),
    })
}

/// The flow log of ours that exists already.
async fn existing(
    context: &Context<'_>,
    is_it: impl Fn(&FlowLog, &TaggedFlowLog) -> bool,
    failure: Failure,
) -> Result<Option<String>, Failure> {
    let all = flow_log::with_tags(context.session).await?;
    let mut ours = all
        .into_iter()
        .filter(|(log, tagged)| is_ours(&tagged.tags) && is_it(log, tagged));
    let ours = ours.next().map(|(log, _)| log.flow_log_id.into());
    ours.map(Some).ok_or(failure)
}

pub(super) async fn delete(context: &Context<'_>, flow_log_id: &str) -> Result<(), Failure> {
    let client = context.session.ec2();
    let call = client.delete_flow_logs().flow_log_ids(flow_log_id);
    let answer = context
        .session
        .call(Api::Change("DeleteFlowLogs"), || call.clone().send())
        .await;
    let done = answer.and_then(|answer| match answer.unsuccessful().first() {
        Some(item) => Err(refused(item)),
        None => Ok(()),
    });
    match done {
        Err(failure) if has_code(&failure, &ABSENT) => Ok(()),
        other => other,
    }
}

/// An item of a call that went through and did nothing for it.
fn refused(item: &UnsuccessfulItem) -> Failure {
    let error = item.error();
    let code = error.and_then(|error| error.code()).map(str::to_owned);
    let message = error.and_then(|error| error.message());
    Failure {
        reason: code
            .as_deref()
            .and_then(reason_of_code)
            .unwrap_or(Reason::Other),
        message: crate::aws::error::one_line(message.unwrap_or("refused without a reason")),
        code,
        request_id: None,
    }
}
