//! What a VPC logs, and where to.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    coverage::Step,
    facts::Facts,
    grouped::Grouped,
    id::VpcId,
    inventory::{AssociationState, FlowLog, QueryLogAssociation, QueryLogConfig, Vpc},
    kind::LogDestinationType,
};

/// How a VPC logs its queries and its flows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VpcLogging {
    /// How it logs its queries: `own`, `shared`, `failed`, `none`, `unknown`.
    pub query_logging: &'static str,
    /// Where to.
    pub query_log_destinations: Vec<String>,
    /// Why its failed associations log nothing, in AWS's words; none if none has failed.
    pub query_logging_failure: Option<String>,
    /// Whether an association delivers.
    pub is_query_logged: bool,
    /// Where its flow logs and those of its subnets go: `cloudwatch`, `s3`, `firehose`; or `none`, or
    /// `unknown`.
    pub flow_logs: Vec<String>,
}

impl Facts {
    /// What each VPC logs. The logs themselves are no longer in the facts then: nothing else is read from
    /// them once their contents are there.
    pub fn take_logging(&mut self) -> BTreeMap<VpcId, VpcLogging> {
        let logs = LogsByVpc::new(self);
        let vpcs = self.distinct_vpcs().into_iter();
        let logging = vpcs.map(|vpc| (vpc.vpc_id.clone(), logs.logging(vpc)));
        let logging = logging.collect();
        drop(logs);
        self.query_log_configs = BTreeMap::new();
        self.query_log_associations = Vec::new();
        self.flow_logs = BTreeMap::new();
        logging
    }
}

/// Logs by the VPC that they belong to.
struct LogsByVpc<'f> {
    facts: &'f Facts,
    associations: Grouped<'f, QueryLogAssociation>,
    flow_logs: Grouped<'f, FlowLog>,
}

impl<'f> LogsByVpc<'f> {
    fn new(facts: &'f Facts) -> Self {
        // A flow log may be of a subnet; one of an interface belongs to no VPC that is known here.
        let vpc_of_log = |log: &'f FlowLog| {
            facts
                .subnets
                .get(log.resource_id.as_str())
                .map_or(log.resource_id.as_str(), |it| &it.vpc_id)
        };
        Self {
            facts,
            associations: Grouped::new(&facts.query_log_associations, |it| &it.vpc_id),
            flow_logs: Grouped::new(facts.flow_logs.values(), vpc_of_log),
        }
    }

    fn logging(&self, vpc: &Vpc) -> VpcLogging {
        let (facts, target) = (self.facts, &vpc.target);
        let known = facts.knows_query_logging(target, &vpc.vpc_id);
        let (query_logging, query_log_destinations) = self.query_logging(vpc, known);
        let flow_logs_known = facts.complete(Step::FlowLogs).contains(target);
        VpcLogging {
            query_logging,
            query_log_destinations,
            query_logging_failure: self.query_logging_failure(&vpc.vpc_id),
            is_query_logged: self.is_query_logged(&vpc.vpc_id),
            flow_logs: self.flow_log_kinds(vpc, flow_logs_known),
        }
    }

    fn associations(&self, vpc_id: &str) -> &[&'f QueryLogAssociation] {
        self.associations.of(vpc_id)
    }

    /// How a VPC logs its queries, and where to. That there is nothing only its owner can know: associations
    /// are not shared with a VPC. Failed associations count only if there is no other.
    fn query_logging(&self, vpc: &Vpc, known: bool) -> (&'static str, Vec<String>) {
        let associations = self.associations(&vpc.vpc_id);
        let works = |it: &&&QueryLogAssociation| it.state() != AssociationState::Failed;
        let failed = !associations.is_empty() && !associations.iter().any(|it| works(&it));
        let configs: Vec<_> = associations
            .iter()
            .filter(|it| failed || works(it))
            .map(|association| self.facts.query_log_configs.get(&association.config_id))
            .collect();
        let owns = |config: &QueryLogConfig| config.owner_account_id == vpc.owner_account_id;
        let destinations: BTreeSet<String> = configs
            .iter()
            .flatten()
            .map(|config| config.destination.to_string())
            .collect();
        let word = match configs.as_slice() {
            [] if known && vpc.is_seen_by_owner() => "none",
            [] => "unknown",
            _ if failed => "failed",
            some if some.iter().flatten().any(|config| owns(config)) => "own",
            _ => "shared",
        };
        (word, destinations.into_iter().collect())
    }

    fn query_logging_failure(&self, vpc_id: &str) -> Option<String> {
        let all = self.associations(vpc_id).iter();
        let failures: BTreeSet<String> = all.filter_map(|it| it.failure()).collect();
        let all: Vec<_> = failures.into_iter().collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    fn is_query_logged(&self, vpc_id: &str) -> bool {
        self.associations(vpc_id)
            .iter()
            .any(|association| association.state() == AssociationState::Logging)
    }

    fn flow_log_kinds(&self, vpc: &Vpc, known: bool) -> Vec<String> {
        let kinds: BTreeSet<&str> = self
            .flow_logs
            .of(&vpc.vpc_id)
            .iter()
            .map(|log| match &log.destination_type {
                LogDestinationType::CloudWatchLogs => "cloudwatch",
                LogDestinationType::Firehose => "firehose",
                other => other.as_str(),
            })
            .collect();
        match (kinds.is_empty(), known && vpc.is_seen_by_owner()) {
            (false, _) => kinds.into_iter().map(str::to_owned).collect(),
            (true, true) => vec!["none".to_owned()],
            (true, false) => vec!["unknown".to_owned()],
        }
    }
}
