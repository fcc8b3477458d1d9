//! The facts of a run by VPC, so that no table is built by searching all of them for each row.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    facts::Facts,
    inventory::{
        Endpoint, FlowLog, NatGateway, QueryLogAssociation, QueryLogConfig, RouteTable, Subnet, Vpc,
    },
};

/// Resources by the VPC that they are in.
#[derive(Debug)]
pub struct ByVpc<'f> {
    facts: &'f Facts,
    subnets: BTreeMap<&'f str, Vec<&'f Subnet>>,
    route_tables: BTreeMap<&'f str, Vec<&'f RouteTable>>,
    nat_gateways: BTreeMap<&'f str, Vec<&'f NatGateway>>,
    endpoints: BTreeMap<&'f str, Vec<&'f Endpoint>>,
    associations: BTreeMap<&'f str, Vec<&'f QueryLogAssociation>>,
    flow_logs: BTreeMap<&'f str, Vec<&'f FlowLog>>,
}

fn group<'f, T>(
    items: impl IntoIterator<Item = &'f T>,
    vpc_id: impl Fn(&'f T) -> &'f str,
) -> BTreeMap<&'f str, Vec<&'f T>> {
    let mut groups: BTreeMap<&str, Vec<&T>> = BTreeMap::new();
    for item in items {
        groups.entry(vpc_id(item)).or_default().push(item);
    }
    groups
}

fn of<'m, 'f, T>(groups: &'m BTreeMap<&'f str, Vec<&'f T>>, vpc_id: &str) -> &'m [&'f T] {
    groups.get(vpc_id).map_or(&[], Vec::as_slice)
}

impl<'f> ByVpc<'f> {
    /// Indexes the facts.
    pub fn new(facts: &'f Facts) -> Self {
        // A flow log may be of a subnet; one of an interface belongs to no VPC that is known here.
        let vpc_of_log = |log: &'f FlowLog| {
            facts
                .subnets
                .get(&log.resource_id)
                .map_or(log.resource_id.as_str(), |it| &it.vpc_id)
        };
        Self {
            facts,
            subnets: group(facts.subnets.values(), |it| &it.vpc_id),
            route_tables: group(facts.route_tables.values(), |it| &it.vpc_id),
            nat_gateways: group(facts.nat_gateways.values(), |it| &it.vpc_id),
            endpoints: group(facts.endpoints.values(), |it| &it.vpc_id),
            associations: group(&facts.query_log_associations, |it| &it.vpc_id),
            flow_logs: group(facts.flow_logs.values(), vpc_of_log),
        }
    }

    /// Its subnets.
    pub fn subnets(&self, vpc_id: &str) -> &[&'f Subnet] {
        of(&self.subnets, vpc_id)
    }

    /// Its route tables.
    pub fn route_tables(&self, vpc_id: &str) -> &[&'f RouteTable] {
        of(&self.route_tables, vpc_id)
    }

    /// Its NAT gateways.
    pub fn nat_gateways(&self, vpc_id: &str) -> &[&'f NatGateway] {
        of(&self.nat_gateways, vpc_id)
    }

    /// Its endpoints.
    pub fn endpoints(&self, vpc_id: &str) -> &[&'f Endpoint] {
        of(&self.endpoints, vpc_id)
    }

    /// Its associations with query log configurations.
    pub fn associations(&self, vpc_id: &str) -> &[&'f QueryLogAssociation] {
        of(&self.associations, vpc_id)
    }

    /// How a VPC logs its queries (`own`, `shared`, `none`, `unknown`), and where to.
    pub fn query_logging(&self, vpc: &Vpc, known: bool) -> (&'static str, Vec<String>) {
        let configs: Vec<_> = self
            .associations(&vpc.vpc_id)
            .iter()
            .map(|association| self.facts.query_log_configs.get(&association.config_id))
            .collect();
        let owns = |config: &QueryLogConfig| config.owner_account_id == vpc.owner_account_id;
        let destinations: BTreeSet<String> = configs
            .iter()
            .flatten()
            .map(|config| config.destination.to_string())
            .collect();
        let word = match configs.as_slice() {
            [] if known => "none",
            [] => "unknown",
            some if some.iter().flatten().any(|config| owns(config)) => "own",
            _ => "shared",
        };
        (word, destinations.into_iter().collect())
    }

    /// Whether an association of the VPC delivers.
    pub fn is_logged(&self, vpc_id: &str) -> bool {
        self.associations(vpc_id)
            .iter()
            .any(|association| association.status == "ACTIVE")
    }

    /// Where flow logs of a VPC or its subnets go: `cloudwatch`, `s3`, `firehose`; or `none`, or
    /// `unknown`.
    pub fn flow_log_kinds(&self, vpc: &Vpc, known: bool) -> Vec<String> {
        let kinds: BTreeSet<&str> = of(&self.flow_logs, &vpc.vpc_id)
            .iter()
            .map(|log| match log.destination_type.as_str() {
                "cloud-watch-logs" => "cloudwatch",
                "kinesis-data-firehose" => "firehose",
                other => other,
            })
            .collect();
        match (kinds.is_empty(), known) {
            (false, _) => kinds.into_iter().map(str::to_owned).collect(),
            (true, true) => vec!["none".to_owned()],
            (true, false) => vec!["unknown".to_owned()],
        }
    }
}
