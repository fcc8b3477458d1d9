//! How associations and flow logs stand, in AWS's words.

use crate::{
    aws::pace::Api,
    model::coverage::Failure,
    org::session::{MissingField, Session, required},
};

/// How one of them stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// `CREATING`, `ACTIVE`, ... of an association; `SUCCESS` or `FAILED` of a flow log, none until
    /// it tried to deliver.
    pub(super) status: Option<String>,
    /// `NONE`, `ACCESS_DENIED`, ... of an association; `Access error`, ... of a flow log.
    pub(super) error: Option<String>,
    /// More on the error.
    pub(super) message: Option<String>,
}

/// The associations that the session's account sees: configuration, VPC, and how it stands.
pub(super) async fn associations(
    session: &Session,
) -> Result<Vec<(String, String, Standing)>, Failure> {
    type Item = aws_sdk_route53resolver::types::ResolverQueryLogConfigAssociation;
    const CONFIG: &str = "ResolverQueryLogConfigAssociation.ResolverQueryLogConfigId";
    const VPC: &str = "ResolverQueryLogConfigAssociation.ResourceId";
    let read = |it: &Item| -> Result<_, MissingField> {
        let config = required(it.resolver_query_log_config_id(), CONFIG)?;
        let vpc = required(it.resource_id(), VPC)?;
        let standing = Standing {
            status: it.status().map(|it| it.as_str().to_owned()),
            error: it.error().map(|it| it.as_str().to_owned()),
            message: it.error_message().map(str::to_owned),
        };
        Ok((config.to_owned(), vpc.to_owned(), standing))
    };
    let client = session.resolver();
    let pages = client
        .list_resolver_query_log_config_associations()
        .max_results(100);
    session
        .pages(
            Api::Resolver,
            || pages.clone().into_paginator().send(),
            |page| {
                let all = page.resolver_query_log_config_associations().iter();
                all.map(read).collect()
            },
        )
        .await
}

/// The flow logs of the session's account: id, and how it delivers.
pub(super) async fn deliveries(session: &Session) -> Result<Vec<(String, Standing)>, Failure> {
    let read = |it: &aws_sdk_ec2::types::FlowLog| -> Result<_, MissingField> {
        let id = required(it.flow_log_id(), "FlowLog.FlowLogId")?;
        let standing = Standing {
            status: it.deliver_logs_status().map(str::to_owned),
            error: it.deliver_logs_error_message().map(str::to_owned),
            message: None,
        };
        Ok((id.to_owned(), standing))
    };
    let pages = session.ec2().describe_flow_logs().max_results(1000);
    session
        .pages(
            Api::Ec2("DescribeFlowLogs"),
            || pages.clone().into_paginator().send(),
            |page| page.flow_logs().iter().map(read).collect(),
        )
        .await
}
