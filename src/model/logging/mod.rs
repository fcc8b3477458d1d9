//! Turning logs on and off: the plan, its actions, and the manifest of what was begun.
//!
//! Everything here is written to files and to the store, and read again from there: unknown fields
//! are refused, and nothing that is read is believed before it is compared with what exists.

mod bucket;
mod document;
mod request;
pub mod resource;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::{
    bucket::LogBucket,
    document::{DocumentError, read_manifest, read_plan},
    request::{Destination, Request, RequestedLogs},
};
use super::{
    coverage::Reason,
    id::{AccountId, Arn, FlowLogId, QueryLogConfigId, Region, VpcId},
};

/// The version of plans and manifests that this program writes and reads.
pub const VERSION: u32 = 1;

/// Marks what is ours; its value is [`TOOL`].
pub const TOOL_TAG: &str = "vpce-scout:tool";
/// The run of `logging enable` that made it.
pub const RUN_TAG: &str = "vpce-scout:run";
/// When it may go, RFC 3339.
pub const EXPIRES_TAG: &str = "vpce-scout:expires";
/// The value of [`TOOL_TAG`].
pub const TOOL: &str = "vpce-scout";

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// Whether tags mark a thing as ours.
pub fn is_ours(tags: &Tags) -> bool {
    tags.get(TOOL_TAG).is_some_and(|tool| tool == TOOL)
}

/// The tags that everything gets which a run makes.
pub fn tags(run: &str, expires_at: Timestamp) -> Tags {
    [
        (TOOL_TAG, TOOL.to_owned()),
        (RUN_TAG, run.to_owned()),
        (EXPIRES_TAG, expires_at.to_string()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// The id of a thing: known, or that of one which an earlier action makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// It is there.
    Known(String),
    /// What the action of this key makes.
    MadeBy(String),
}

/// One changing call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
#[expect(missing_docs, reason = "the parameters of the calls, in AWS's words")]
#[strum(serialize_all = "snake_case")]
pub enum Work {
    /// A log group with our tags.
    CreateLogGroup { log_group: String },
    /// How long a log group of ours keeps its events.
    PutRetentionPolicy {
        log_group: String,
        retention_days: u32,
    },
    /// A resource policy that lets the logs be delivered.
    PutResourcePolicy {
        policy_name: String,
        policy_document: String,
    },
    /// A query log configuration with our tags.
    CreateQueryLogConfig {
        name: String,
        destination: Arn,
        creator_request_id: String,
    },
    /// A RAM share of a configuration, with our tags.
    CreateResourceShare {
        name: String,
        config: Reference,
        principals: Vec<String>,
    },
    /// More principals for a RAM share of ours.
    AssociateResourceShare {
        resource_share_arn: Arn,
        principals: Vec<String>,
    },
    /// A VPC begins to log its DNS queries.
    AssociateQueryLogConfig { config: Reference, vpc_id: VpcId },
    /// The role that delivers flow logs, with our tags.
    CreateRole {
        role_name: String,
        trust_policy: String,
    },
    /// What that role may do.
    PutRolePolicy {
        role_name: String,
        policy_name: String,
        policy_document: String,
    },
    /// A flow log with our tags.
    CreateFlowLogs {
        resource_type: String,
        resource_id: String,
        vpc_id: VpcId,
        log_group: String,
        role_arn: Arn,
        log_format: String,
        aggregation_seconds: u32,
        client_token: String,
    },
    /// A flow log into a bucket, with our tags.
    #[strum(serialize = "create_flow_logs")]
    CreateFlowLogsInS3 {
        resource_type: String,
        resource_id: String,
        vpc_id: VpcId,
        destination: Arn,
        parquet: bool,
        log_format: String,
        aggregation_seconds: u32,
        client_token: String,
    },
    /// A VPC stops to log its DNS queries.
    DisassociateQueryLogConfig {
        config_id: QueryLogConfigId,
        vpc_id: VpcId,
    },
    /// A RAM share of ours goes.
    DeleteResourceShare { resource_share_arn: Arn },
    /// A configuration of ours goes, once nothing is associated with it.
    DeleteQueryLogConfig { config_id: QueryLogConfigId },
    /// A resource policy of ours goes.
    DeleteResourcePolicy { policy_name: String },
    /// A flow log of ours goes.
    DeleteFlowLogs {
        flow_log_id: FlowLogId,
        vpc_id: VpcId,
    },
    /// What a role of ours may do goes.
    DeleteRolePolicy {
        role_name: String,
        policy_name: String,
    },
    /// A role of ours goes.
    DeleteRole { role_name: String },
    /// A log group of ours goes, with all events in it.
    DeleteLogGroup { log_group: String },
}

impl Work {
    /// The kind as it is called in plans.
    pub fn kind(&self) -> &'static str {
        self.into()
    }

    /// The VPC that it concerns.
    pub fn vpc_id(&self) -> Option<&str> {
        match self {
            Self::AssociateQueryLogConfig { vpc_id, .. }
            | Self::DisassociateQueryLogConfig { vpc_id, .. }
            | Self::CreateFlowLogs { vpc_id, .. }
            | Self::CreateFlowLogsInS3 { vpc_id, .. }
            | Self::DeleteFlowLogs { vpc_id, .. } => Some(vpc_id),
            _ => None,
        }
    }

    /// Whether it starts logs.
    pub fn starts_logging(&self) -> bool {
        matches!(
            self,
            Self::AssociateQueryLogConfig { .. }
                | Self::CreateFlowLogs { .. }
                | Self::CreateFlowLogsInS3 { .. }
        )
    }

    /// Whether it removes something.
    pub fn removes(&self) -> bool {
        let kind = self.kind();
        kind.starts_with("delete_") || kind.starts_with("disassociate_")
    }
}

/// An action of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// Names the action in its account and region, the same in every plan for the same state.
    pub key: String,
    /// Where it is done.
    pub account_id: AccountId,
    /// Where it is done; none for IAM.
    pub region: Option<Region>,
    /// What it concerns, in words.
    pub name: String,
    /// The call.
    pub work: Work,
    /// Keys of actions that must have succeeded before.
    pub depends_on: Vec<String>,
}

/// What becomes of a VPC, or of something that it needs, without an action of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is used as it is.
    Reused,
    /// It is left as it is: nothing to do, or not ours.
    Left,
    /// It cannot be done.
    Cannot,
}

/// Something that a plan notes besides its actions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Where; none for the whole organization.
    pub account_id: Option<AccountId>,
    /// Where; none for the whole account.
    pub region: Option<Region>,
    /// The VPC, if it is about one.
    pub vpc_id: Option<VpcId>,
    /// What it is about, in words.
    pub name: String,
    /// What becomes of it.
    pub verdict: Verdict,
    /// The class of the reason, if it cannot be done.
    pub reason: Option<Reason>,
    /// The service's error code, if there is one.
    pub error_code: Option<String>,
    /// Why.
    pub message: String,
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`VERSION`].
    pub version: u32,
    /// The run that carries it out.
    pub run: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When what it makes expires.
    pub expires_at: Timestamp,
    /// What was asked for; none in a plan that takes away.
    pub request: Option<Request>,
    /// What stands for the state that it was made for: equal if, and only if, the actions and
    /// notes are.
    pub fingerprint: String,
    /// The tags of everything that it makes and that can carry tags.
    pub tags: Tags,
    /// Everything that it does, in order.
    pub actions: Vec<Action>,
    /// Everything that it leaves, and what it cannot do.
    pub notes: Vec<Note>,
}

/// How far an action came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// The call was about to be made; whether it was is not known.
    Begun,
    /// It was made.
    Made,
    /// AWS refused: nothing was made.
    Refused,
    /// It was removed, or was found gone.
    Undone,
}

/// An action that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The run that began it.
    pub run: String,
    /// When that run's things expire.
    pub expires_at: Timestamp,
    /// How far it came.
    pub state: ItemState,
    /// The id or ARN of what was made, where AWS gave one.
    pub resource_id: Option<String>,
    /// When the state was last set.
    pub changed_at: Timestamp,
    /// The action.
    pub action: Action,
}

impl Item {
    /// Whether something of it may exist.
    pub fn may_be_there(&self) -> bool {
        matches!(self.state, ItemState::Begun | ItemState::Made)
    }
}

/// What was begun, as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`VERSION`].
    pub version: u32,
    /// Every action that was begun and not removed.
    pub items: Vec<Item>,
}
