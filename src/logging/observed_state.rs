//! What a plan is based on: the state of the accounts and Regions, read by [`super::observe`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::{
    coverage::Failure,
    facts::UnreadProfiles,
    id::{AccountId, Arn, FlowLogId, QueryLogConfigId, Region},
    inventory::{FlowLog, NatGateway, QueryLogAssociation, QueryLogConfig, Vpc},
    logging::{
        Tags, is_ours,
        resource::{DeliveryRole, ExistingLogGroup, ResourcePolicy, ResourceShare, TaggedFlowLog},
    },
    network::NetworkInterface,
    target::Target,
};

/// An account in a Region. Lists that were not read are empty.
#[derive(Clone, Debug)]
pub struct RegionState {
    /// The account and Region.
    pub target: Target,
    /// The AWS partition.
    pub partition: String,
    /// VPCs that the account owns.
    pub vpcs: Vec<Vpc>,
    /// Query logging configurations, own and shared.
    pub configs: Vec<QueryLogConfig>,
    /// Associations that the account sees.
    pub associations: Vec<QueryLogAssociation>,
    /// Route 53 Profiles that could not be read: whether the VPCs that are associated with them log is not known.
    pub unread_profiles: Option<UnreadProfiles>,
    /// The tags of the account's own configurations that may be ours, by id.
    pub config_tags: BTreeMap<QueryLogConfigId, Tags>,
    /// Log groups that were looked up and exist, by name.
    pub log_groups: BTreeMap<String, ExistingLogGroup>,
    /// Log groups that were looked up and do not exist.
    pub absent_log_groups: BTreeSet<String>,
    /// Resource policies of CloudWatch Logs.
    pub policies: Vec<ResourcePolicy>,
    /// RAM shares that may be ours.
    pub shares: Vec<ResourceShare>,
    /// Flow logs.
    pub flow_logs: Vec<FlowLog>,
    /// The same flow logs with their tags.
    pub tagged_flow_logs: Vec<TaggedFlowLog>,
    /// NAT gateways.
    pub nat_gateways: Vec<NatGateway>,
    /// Network interfaces of NAT gateways.
    pub nat_interfaces: Vec<NetworkInterface>,
}

impl RegionState {
    /// A Region of which nothing was read yet.
    pub fn new(target: Target, partition: &str) -> Self {
        Self {
            target,
            partition: partition.to_owned(),
            vpcs: Vec::new(),
            configs: Vec::new(),
            associations: Vec::new(),
            unread_profiles: None,
            config_tags: BTreeMap::new(),
            log_groups: BTreeMap::new(),
            absent_log_groups: BTreeSet::new(),
            policies: Vec::new(),
            shares: Vec::new(),
            flow_logs: Vec::new(),
            tagged_flow_logs: Vec::new(),
            nat_gateways: Vec::new(),
            nat_interfaces: Vec::new(),
        }
    }

    /// The account.
    pub fn account(&self) -> &AccountId {
        &self.target.account_id
    }

    /// The Region.
    pub fn region(&self) -> &Region {
        &self.target.region
    }

    /// Why it is not known whether a VPC logs by a Route 53 Profile; none if it is known.
    pub fn unknown_profile(&self, vpc_id: &str) -> Option<&Failure> {
        let unread = self.unread_profiles.as_ref()?;
        unread.vpc_ids.contains(vpc_id).then_some(&unread.failure)
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

    /// The ARN of a query logging configuration that the account owns.
    pub fn config_arn(&self, id: &str) -> String {
        format!(
            "arn:{}:route53resolver:{}:{}:resolver-query-log-config/{id}",
            self.partition,
            self.region(),
            self.account()
        )
    }
}

/// The name of the log group that an ARN names; none if it names something else.
pub fn log_group_of(destination: &Arn) -> Option<&str> {
    if destination.service() != "logs" {
        return None;
    }
    let name = destination.resource().strip_prefix("log-group:")?;
    Some(name.strip_suffix(":*").unwrap_or(name))
}

/// What belongs to an account as a whole.
#[derive(Clone, Debug, Default)]
pub struct AccountState {
    /// The delivery role; none if it does not exist or was not looked up.
    pub role: Option<DeliveryRole>,
    /// Why the role could not be looked up.
    pub role_failure: Option<Failure>,
    /// Flow logs of all Regions that use the role; none if a Region could not be read.
    pub role_users: Option<BTreeSet<FlowLogId>>,
}

/// The bucket that takes the logs.
#[derive(Clone, Debug)]
pub struct BucketState {
    /// Whether there is none.
    pub is_missing: bool,
    /// Its Region, if that is known.
    pub region: Option<Region>,
    /// Its policy, JSON; none if it has none, an error if it could not be read.
    pub policy: Result<Option<String>, Failure>,
}

/// Everything that was read.
#[derive(Clone, Debug, Default)]
pub struct ObservedState {
    /// When.
    pub at: Timestamp,
    /// By account and Region.
    pub regions: BTreeMap<Target, RegionState>,
    /// The central account, by Region.
    pub central: BTreeMap<Region, RegionState>,
    /// The ARN of the organization, and whether RAM may share within it (none: not known).
    pub organization: Option<(String, Option<bool>)>,
    /// The bucket that takes the logs, if one does.
    pub bucket: Option<BucketState>,
    /// Accounts as a whole.
    pub accounts: BTreeMap<AccountId, AccountState>,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

/// Something that could not be read.
#[derive(Clone, Debug)]
pub struct Unread {
    /// The account; none for the organization.
    pub account_id: Option<AccountId>,
    /// The Region, if it is about one.
    pub region: Option<Region>,
    /// What.
    pub name: String,
    /// Why.
    pub failure: Failure,
}
