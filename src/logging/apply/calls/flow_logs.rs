//! Flow logs.

use aws_sdk_ec2::types::{
    FlowLogsResourceType, LogDestinationType, ResourceType, Tag, TagSpecification, TrafficType,
    UnsuccessfulItem,
};

use super::context::{Context, has_code};
use crate::{
    aws::{error::reason_of_code, pace::Api},
    collect::flow_log,
    model::{
        coverage::{Failure, Reason},
        logging::{Work, is_ours},
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
    let tags = context.tags.iter();
    let tags = tags.map(|(key, value)| Tag::builder().key(key).value(value).build());
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::VpcFlowLog)
        .set_tags(Some(tags.collect()))
        .build();
    let call = context
        .session
        .ec2()
        .create_flow_logs()
        .resource_type(FlowLogsResourceType::from(resource_type.as_str()))
        .resource_ids(resource_id)
        .traffic_type(TrafficType::All)
        .log_destination_type(LogDestinationType::CloudWatchLogs)
        .log_group_name(log_group)
        .deliver_logs_permission_arn(role_arn.to_string())
        .log_format(log_format)
        .max_aggregation_interval(i32::try_from(*aggregation_seconds).unwrap_or(600))
        .client_token(client_token)
        .tag_specifications(tags);
    let answer = context
        .session
        .call(Api::Change("CreateFlowLogs"), || call.clone().send())
        .await;
    let made = answer.and_then(|answer| match answer.unsuccessful().first() {
        Some(item) => Err(refused(item)),
        None => Ok(answer.flow_log_ids().first().cloned()),
    });
    match made {
        Err(failure) if has_code(&failure, &EXISTS) => {
            existing(context, resource_id, log_group, failure).await
        }
        other => other,
    }
}

/// The flow log of ours that exists already.
async fn existing(
    context: &Context<'_>,
    resource_id: &str,
    log_group: &str,
    failure: Failure,
) -> Result<Option<String>, Failure> {
    let all = flow_log::with_tags(context.session).await?;
    let ours = all.into_iter().map(|(_, log)| log).find(|log| {
        is_ours(&log.tags)
            && log.resource_id == resource_id
            && log.log_group.as_deref() == Some(log_group)
    });
    ours.map(|log| Some(log.flow_log_id)).ok_or(failure)
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
