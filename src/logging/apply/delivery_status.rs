//! The delivery status of associations and flow logs, in AWS's words.

use crate::{
    collect::{flow_log, query_log},
    model::{
        coverage::Failure,
        id::{FlowLogId, QueryLogConfigId, VpcId},
        inventory::{FlowLog, QueryLogAssociation},
    },
    org::session::Session,
};

/// The delivery status of an association or a flow log.
#[derive(Clone, Debug, Default)]
pub(super) struct DeliveryStatus {
    /// `CREATING`, `ACTIVE`, ... of an association; `SUCCESS` or `FAILED` of a flow log, none until
    /// it tried to deliver.
    pub(super) status: Option<String>,
    /// `NONE`, `ACCESS_DENIED`, ... of an association; `Access error`, ... of a flow log.
    pub(super) error: Option<String>,
    /// More on the error.
    pub(super) message: Option<String>,
}

/// The associations that the session's account sees: configuration, VPC, and status.
pub(super) async fn associations(
    session: &Session,
) -> Result<Vec<(QueryLogConfigId, VpcId, DeliveryStatus)>, Failure> {
    let read = |it: QueryLogAssociation| {
        let status = DeliveryStatus {
            status: Some(it.status.into()),
            error: it.error,
            message: it.error_message,
        };
        (it.config_id, it.vpc_id, status)
    };
    let all = query_log::associations(session).await?;
    Ok(all.into_iter().map(read).collect())
}

/// The flow logs of the session's account: id and status.
pub(super) async fn flow_logs(
    session: &Session,
) -> Result<Vec<(FlowLogId, DeliveryStatus)>, Failure> {
    let read = |it: FlowLog| {
        let status = DeliveryStatus {
            status: it.deliver_logs_status.map(Into::into),
            error: it.deliver_logs_error,
            message: None,
        };
        (it.flow_log_id, status)
    };
    Ok(flow_log::list(session)
        .await?
        .into_iter()
        .map(read)
        .collect())
}
