//! What a plan needs to know: plain data, read by [`super::look`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{
    coverage::Failure,
    id::{AccountId, Arn, Region},
    inventory::{FlowLog, NatGateway, QueryLogAssociation, QueryLogConfig, Vpc},
    logging::{Tags, is_ours},
    network::NetworkInterface,
    target::Target,
};

/// A log group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// Days after which its events are deleted; none if they stay forever.
    pub retention_days: Option<u32>,
    /// Its tags.
    pub tags: Tags,
}

impl LogGroup {
    /// Whether it is ours.
    pub fn is_ours(&self) -> bool {
        is_ours(&self.tags)
    }
}

/// A resource policy of CloudWatch Logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePolicy {
    /// Its name.
    pub name: String,
    /// The document, JSON.
    pub document: String,
}

/// A RAM share that the account owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its ARN.
    pub arn: Arn,
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: Tags,
    /// With whom: account ids, or ARNs.
    pub principals: BTreeSet<String>,
    /// ARNs of what is shared.
    pub resources: BTreeSet<String>,
}

/// A flow log, as far as taking it back is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedFlowLog {
    /// `fl-…`.
    pub flow_log_id: String,
    /// What it logs.
    pub resource_id: String,
    /// The log group, if it has one.
    pub log_group: Option<String>,
    /// The role that delivers it.
    pub role_arn: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A place: an account in a region. What was not read is empty.
#[derive(Clone, Debug)]
pub struct Place {
    /// The account and region.
    pub target: Target,
    /// The AWS partition.
    pub partition: String,
    /// VPCs that the account owns.
    pub vpcs: Vec<Vpc>,
    /// Query log configurations, own and shared.
    pub configs: Vec<QueryLogConfig>,
    /// Associations that the account sees.
    pub associations: Vec<QueryLogAssociation>,
    /// The tags of the account's own configurations that may be ours, by id.
    pub config_tags: BTreeMap<String, Tags>,
    /// Log groups that were asked for and are there, by name.
    pub log_groups: BTreeMap<String, LogGroup>,
    /// Log groups that were asked for and are not there.
    pub no_log_groups: BTreeSet<String>,
    /// Resource policies.
    pub policies: Vec<ResourcePolicy>,
    /// RAM shares that may be ours.
    pub shares: Vec<Share>,
    /// Flow logs.
    pub flow_logs: Vec<FlowLog>,
    /// Flow logs with their tags.
    pub marked_flow_logs: Vec<MarkedFlowLog>,
    /// NAT gateways.
    pub nat_gateways: Vec<NatGateway>,
    /// Network interfaces of NAT gateways.
    pub nat_interfaces: Vec<NetworkInterface>,
}

impl Place {
    /// A place of which nothing is known yet.
    pub fn new(target: Target, partition: &str) -> Self {
        Self {
            target,
            partition: partition.to_owned(),
            vpcs: Vec::new(),
            configs: Vec::new(),
            associations: Vec::new(),
            config_tags: BTreeMap::new(),
            log_groups: BTreeMap::new(),
            no_log_groups: BTreeSet::new(),
            policies: Vec::new(),
            shares: Vec::new(),
            flow_logs: Vec::new(),
            marked_flow_logs: Vec::new(),
            nat_gateways: Vec::new(),
            nat_interfaces: Vec::new(),
        }
    }

    /// The account.
    pub fn account(&self) -> &AccountId {
        &self.target.account_id
    }

    /// The region.
    pub fn region(&self) -> &Region {
        &self.target.region
    }

    /// Configurations that the account owns and that carry our tags.
    pub fn our_configs(&self) -> impl Iterator<Item = (&QueryLogConfig, &Tags)> {
        self.configs.iter().filter_map(|config| {
            let tags = self.config_tags.get(&config.config_id)?;
            (is_ours(tags) && config.owner_account_id == *self.account()).then_some((config, tags))
        })
    }

    /// The ARN of a log group here, without `:*`.
    pub fn log_group_arn(&self, name: &str) -> String {
        format!(
            "arn:{}:logs:{}:{}:log-group:{name}",
            self.partition,
            self.region(),
            self.account()
        )
    }
}

/// The name of the log group that an ARN leads to; none if it leads elsewhere.
pub fn log_group_of(destination: &Arn) -> Option<&str> {
    if destination.service() != "logs" {
        return None;
    }
    let name = destination.resource().strip_prefix("log-group:")?;
    Some(name.strip_suffix(":*").unwrap_or(name))
}

/// An IAM role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: Arn,
    /// Its tags.
    pub tags: Tags,
    /// Its trust policy, JSON.
    pub trust_policy: String,
    /// The document of the inline policy of our name, JSON.
    pub policy: Option<String>,
}

/// What belongs to an account as a whole.
#[derive(Clone, Debug, Default)]
pub struct AccountWide {
    /// The delivery role, if it is there; none if it was not asked for.
    pub role: Option<Role>,
    /// Why the role could not be asked for.
    pub role_unknown: Option<Failure>,
    /// Flow logs of all regions that name the role; none if a region could not be asked.
    pub role_users: Option<BTreeSet<String>>,
}

/// All that was read.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// When.
    pub at: Timestamp,
    /// The places, by account and region.
    pub places: BTreeMap<Target, Place>,
    /// The places of the central account, by region.
    pub central: BTreeMap<Region, Place>,
    /// The ARN of the organization, and whether RAM may share within it (none: not known).
    pub organization: Option<(String, Option<bool>)>,
    /// Accounts as a whole.
    pub accounts: BTreeMap<AccountId, AccountWide>,
    /// Where something could not be read: account, region, what, why.
    pub unread: Vec<Unread>,
}

/// Something that could not be read.
#[derive(Clone, Debug)]
pub struct Unread {
    /// The account; none for the organization.
    pub account_id: Option<AccountId>,
    /// The region, if it is about one.
    pub region: Option<Region>,
    /// What.
    pub name: String,
    /// Why.
    pub failure: Failure,
}
