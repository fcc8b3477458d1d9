//! The facts of a run by VPC, so that no table is built by searching all of them for each row.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use hashbrown::HashMap;

use super::{
    coverage::Step,
    facts::Facts,
    id::SubnetId,
    inventory::{
        AssociationState, Endpoint, FlowLog, NatGateway, QueryLogAssociation, QueryLogConfig,
        RouteTable, Subnet, Vpc,
    },
    kind::{BlockMode, LogDestinationType},
};

/// Resources by the VPC that they are in.
#[derive(Debug)]
pub struct ByVpc<'f> {
    facts: &'f Facts,
    subnets: Grouped<'f, Subnet>,
    route_tables: Grouped<'f, RouteTable>,
    used_route_tables: Grouped<'f, RouteTable>,
    nat_gateways: Grouped<'f, NatGateway>,
    endpoints: Grouped<'f, Endpoint>,
    associations: Grouped<'f, QueryLogAssociation>,
    flow_logs: Grouped<'f, FlowLog>,
    /// VPCs that VPC Block Public Access closes, and the mode.
    blocked: BTreeMap<&'f str, &'f BlockMode>,
}

/// Items in the order of their VPCs, and where those of each are: a map of lists would take several
/// times the memory.
#[derive(Debug)]
struct Grouped<'f, T> {
    places: HashMap<&'f str, Range<u32>>,
    items: Vec<&'f T>,
}

impl<'f, T> Grouped<'f, T> {
    /// Those of one VPC stay in the order in which they come.
    fn new(items: impl IntoIterator<Item = &'f T>, vpc_id: impl Fn(&'f T) -> &'f str) -> Self {
        let mut items: Vec<&T> = items.into_iter().collect();
        items.sort_by_key(|it| vpc_id(it));
        let mut places = HashMap::new();
        let mut start = 0;
        for of_vpc in items.chunk_by(|a, b| vpc_id(a) == vpc_id(b)) {
            let end = start + u32::try_from(of_vpc.len()).unwrap_or(u32::MAX);
            places.extend(of_vpc.first().map(|it| (vpc_id(it), start..end)));
            start = end;
        }
        places.shrink_to_fit();
        Self { places, items }
    }

    fn of(&self, vpc_id: &str) -> &[&'f T] {
        let place = self.places.get(vpc_id);
        let place = place.map(|it| it.start as usize..it.end as usize);
        place.and_then(|it| self.items.get(it)).unwrap_or_default()
    }
}

impl<'f> ByVpc<'f> {
    /// Indexes the facts.
    pub fn new(facts: &'f Facts) -> Self {
        // A flow log may be of a subnet; one of an interface belongs to no VPC that is known here.
        let vpc_of_log = |log: &'f FlowLog| {
            facts
                .subnets
                .get(log.resource_id.as_str())
                .map_or(log.resource_id.as_str(), |it| &it.vpc_id)
        };
        let subnets = Grouped::new(facts.subnets.values(), |it| &it.vpc_id);
        let route_tables = Grouped::new(facts.route_tables.values(), |it| &it.vpc_id);
        let used = used_route_tables(&subnets, &route_tables);
        Self {
            facts,
            subnets,
            route_tables,
            used_route_tables: Grouped::new(used, |it| &it.vpc_id),
            nat_gateways: Grouped::new(facts.nat_gateways.values(), |it| &it.vpc_id),
            endpoints: Grouped::new(facts.endpoints.values(), |it| &it.vpc_id),
            associations: Grouped::new(&facts.query_log_associations, |it| &it.vpc_id),
            flow_logs: Grouped::new(facts.flow_logs.values(), vpc_of_log),
            blocked: blocked(facts),
        }
    }

    /// Its subnets.
    pub fn subnets(&self, vpc_id: &str) -> &[&'f Subnet] {
        self.subnets.of(vpc_id)
    }

    /// Its route tables.
    pub fn route_tables(&self, vpc_id: &str) -> &[&'f RouteTable] {
        self.route_tables.of(vpc_id)
    }

    /// The route tables that subnets of the VPC use: those that name a subnet, and the main one if a
    /// subnet names no other.
    pub fn used_route_tables(&self, vpc_id: &str) -> &[&'f RouteTable] {
        self.used_route_tables.of(vpc_id)
    }

    /// Its NAT gateways.
    pub fn nat_gateways(&self, vpc_id: &str) -> &[&'f NatGateway] {
        self.nat_gateways.of(vpc_id)
    }

    /// Its endpoints.
    pub fn endpoints(&self, vpc_id: &str) -> &[&'f Endpoint] {
        self.endpoints.of(vpc_id)
    }

    /// Its associations with query log configurations.
    pub fn associations(&self, vpc_id: &str) -> &[&'f QueryLogAssociation] {
        self.associations.of(vpc_id)
    }

    /// Whether the VPC is attached to an internet gateway, or an egress-only one, that a route names.
    /// A gateway that was not read counts as attached.
    pub fn has_internet_gateway(&self, vpc_id: &str, gateway_id: &str) -> bool {
        match self.facts.internet_gateways.get(gateway_id) {
            Some(gateway) => gateway.vpc_ids.iter().any(|id| id == vpc_id),
            // Runs of before 2026-11-27 have none at all.
            None if self.facts.internet_gateways.is_empty() => true,
            None => {
                let complete = self.facts.complete(Step::InternetGateways);
                let mut own = self.facts.vpcs.iter();
                !own.any(|vpc| {
                    vpc.vpc_id == vpc_id && vpc.is_seen_by_owner() && complete.contains(&vpc.target)
                })
            }
        }
    }

    /// How VPC Block Public Access closes the VPC, unless the VPC or one of its subnets is excluded:
    /// `block-ingress` leaves NAT gateways and egress-only internet gateways open,
    /// `block-bidirectional` nothing.
    pub fn blocked_public_access(&self, vpc_id: &str) -> Option<&'f BlockMode> {
        self.blocked.get(vpc_id).copied()
    }

    /// Whether VPC Block Public Access keeps its NAT gateways from the internet.
    pub fn blocks_nat_gateways(&self, vpc_id: &str) -> bool {
        let mode = self.blocked_public_access(vpc_id);
        mode.is_some_and(|mode| *mode != BlockMode::BlockIngress)
    }

    /// How a VPC logs its queries (`own`, `shared`, `failed`, `none`, `unknown`), and where to. That
    /// there is nothing only its owner can know: associations are not shared with a VPC. Failed
    /// associations count only if there is no other.
    pub fn query_logging(&self, vpc: &Vpc, known: bool) -> (&'static str, Vec<String>) {
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

    /// Why the failed associations of a VPC log nothing, in AWS's words; none if none has failed.
    pub fn query_logging_failure(&self, vpc_id: &str) -> Option<String> {
        let all = self.associations(vpc_id).iter();
        let failures: BTreeSet<String> = all.filter_map(|it| it.failure()).collect();
        let all: Vec<_> = failures.into_iter().collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Whether an association of the VPC delivers.
    pub fn is_logged(&self, vpc_id: &str) -> bool {
        self.associations(vpc_id)
            .iter()
            .any(|association| association.state() == AssociationState::Logging)
    }

    /// Where flow logs of a VPC or its subnets go: `cloudwatch`, `s3`, `firehose`; or `none`, or
    /// `unknown`.
    pub fn flow_log_kinds(&self, vpc: &Vpc, known: bool) -> Vec<String> {
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

/// The route tables of all VPCs that subnets use.
fn used_route_tables<'f>(
    subnets: &Grouped<'f, Subnet>,
    route_tables: &Grouped<'f, RouteTable>,
) -> Vec<&'f RouteTable> {
    let of_vpc = |vpc_id: &&str| {
        let tables = route_tables.of(vpc_id);
        let subnets = subnets.of(vpc_id).iter();
        let subnets: BTreeSet<&str> = subnets.map(|it| it.subnet_id.as_str()).collect();
        let named: BTreeSet<&str> = tables
            .iter()
            .flat_map(|table| table.subnet_ids.iter().map(SubnetId::as_str))
            .collect();
        let main_is_used = subnets.difference(&named).next().is_some();
        let used = move |table: &&RouteTable| {
            let mut of_table = table.subnet_ids.iter();
            (table.main && main_is_used) || of_table.any(|id| subnets.contains(id.as_str()))
        };
        tables.iter().copied().filter(used).collect::<Vec<_>>()
    };
    route_tables.places.keys().flat_map(of_vpc).collect()
}

/// The VPCs that VPC Block Public Access closes. It is a setting of the owner of a VPC.
fn blocked(facts: &Facts) -> BTreeMap<&str, &BlockMode> {
    let settings = facts.vpc_block_public_access.values();
    if settings.clone().all(|it| it.mode == BlockMode::Off) {
        return BTreeMap::new();
    }
    let excluded = settings.flat_map(|it| &it.exclusions);
    let excluded: BTreeSet<&str> = excluded
        .map(|it| {
            let subnet = facts.subnets.get(it.resource_id.as_str());
            subnet.map_or(it.resource_id.as_str(), |it| &it.vpc_id)
        })
        .collect();
    let own = facts.vpcs.iter().filter(|vpc| vpc.is_seen_by_owner());
    let open = own.filter(|vpc| !excluded.contains(vpc.vpc_id.as_str()));
    open.filter_map(|vpc| {
        let setting = facts.vpc_block_public_access.get(&vpc.target)?;
        (setting.mode != BlockMode::Off).then_some((vpc.vpc_id.as_str(), &setting.mode))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vpc_has_its_own_items_in_their_order_and_an_unknown_one_has_none() {
        let items = ["b2", "a1", "c1", "b1"].map(str::to_owned);
        let grouped = Grouped::new(&items, |item| item.split_at(1).0);
        let of = |vpc| {
            grouped
                .of(vpc)
                .iter()
                .map(|it| it.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(of("b"), ["b2", "b1"]);
        assert_eq!((of("a"), of("c")), (vec!["a1"], vec!["c1"]));
        for unknown in ["", "aa", "d"] {
            assert!(of(unknown).is_empty());
        }
    }
}
