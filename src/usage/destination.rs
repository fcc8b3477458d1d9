//! Where the query logs of each VPC are: from associations and configurations to log groups and objects.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use jiff::Timestamp;

use crate::model::{
    facts::Facts,
    id::{AccountId, Arn, QueryLogConfigId, VpcId},
    inventory::{QueryLogAssociation, QueryLogConfig},
    kind::QueryLogStatus,
    log_place::LogPlace,
    target::Target,
    usage::{GroupUsage, LogCoverage, VpcDns},
};

/// What is known of a VPC's query logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// They are in this log group, or in these objects.
    Place(LogPlace),
    /// They are only in places that are not read.
    Unsupported(Arn),
    /// There is an association, but its configuration could not be seen.
    UnknownConfig(QueryLogConfigId),
    /// There are none.
    NotLogged,
    /// Only its owner, this account, knows, and it was not scanned.
    OwnerNotScanned(AccountId),
}

/// The destination of every VPC's logs, and who is to be found in each log group.
#[derive(Clone, Debug, Default)]
pub struct Destinations {
    /// By VPC.
    pub of_vpc: BTreeMap<VpcId, Destination>,
    /// VPCs by place. A VPC is in one place only, so that no record counts twice.
    pub places: BTreeMap<LogPlace, BTreeSet<VpcId>>,
    /// VPCs whose association with the configuration of that log group is not active, and what AWS
    /// reports of it: that no record is there does not prove that there was no query.
    pub not_active: BTreeMap<VpcId, String>,
    /// VPCs with several active associations that deliver to their one log group, and how many: each
    /// of their records may be there as often.
    pub repeated: BTreeMap<VpcId, usize>,
    /// When each VPC was first associated with a configuration that delivers to its log group.
    pub associated: BTreeMap<VpcId, Timestamp>,
}

impl Destinations {
    /// The evidence of a VPC's log in a log group: its own events, and what bounds them.
    pub fn coverage(&self, vpc_id: &str, usage: &GroupUsage) -> Option<LogCoverage> {
        let mut coverage = usage.coverage.clone()?;
        coverage.associated = self.associated.get(vpc_id).copied();
        if let Some(events) = usage.vpcs.get(vpc_id).and_then(|it| it.coverage.as_ref()) {
            coverage.absorb(events);
        }
        Some(coverage)
    }

    /// Adds what a place holds to the facts. A VPC's rows count from its own place; from
    /// any other only if it has none (any more).
    pub fn attribute(&self, place: &LogPlace, usage: GroupUsage, facts: &mut Facts) {
        let region = place.target().region.clone();
        *facts.bytes_scanned.entry(region.clone()).or_default() += usage.bytes_scanned;
        facts.absorb_reads(usage.objects.as_ref());
        match usage.window_bytes {
            Some(bytes) => *facts.query_log_bytes.entry(region).or_default() += bytes,
            None if matches!(place, LogPlace::Objects(_)) => {}
            None => facts.query_log_groups_unmeasured += 1,
        }
        if usage.failure.is_none() {
            let vpcs = self.places.get(place).into_iter().flatten();
            for vpc_id in vpcs.filter(|it| !self.not_active.contains_key(*it)) {
                let silent = || VpcDns {
                    vpc_id: vpc_id.clone(),
                    queries: Some(0),
                    coverage: self.coverage(vpc_id, &usage),
                    ..VpcDns::default()
                };
                if !usage.vpcs.contains_key(vpc_id) {
                    let entry = facts.dns.entry(vpc_id.clone());
                    entry.or_insert_with(|| silent().into());
                }
            }
        }
        let coverages: Vec<_> = usage
            .vpcs
            .keys()
            .map(|vpc_id| self.coverage(vpc_id, &usage))
            .collect();
        for ((vpc_id, mut found), coverage) in usage.vpcs.into_iter().zip(coverages) {
            found.coverage = coverage;
            match self.of_vpc.get(&vpc_id) {
                Some(Destination::Place(own)) if own != place => {}
                _ => match facts.dns.entry(vpc_id) {
                    Entry::Vacant(place) => {
                        place.insert(found.into());
                    }
                    Entry::Occupied(mut kept) => kept.get_mut().absorb(found),
                },
            }
        }
    }
}

/// Finds the destinations of all VPCs.
pub fn destinations(facts: &Facts) -> Destinations {
    let mut by_vpc: BTreeMap<&str, Vec<&QueryLogAssociation>> = BTreeMap::new();
    for association in &facts.query_log_associations {
        by_vpc
            .entry(&association.vpc_id)
            .or_default()
            .push(association);
    }
    let mut found = Destinations::default();
    for vpc in facts.distinct_vpcs() {
        let associations = by_vpc
            .get(vpc.vpc_id.as_str())
            .map_or(&[][..], Vec::as_slice);
        let (destination, problem) = match best(facts, associations) {
            (Destination::NotLogged, _) if !vpc.is_seen_by_owner() => (
                Destination::OwnerNotScanned(vpc.owner_account_id.clone()),
                None,
            ),
            best => best,
        };
        if let Destination::Place(place) = &destination {
            let delivering = delivering(facts, associations, place);
            let configs: BTreeSet<_> = delivering.iter().map(|it| &it.config_id).collect();
            if configs.len() > 1 {
                found.repeated.insert(vpc.vpc_id.clone(), configs.len());
            }
            let since = delivering.iter().filter_map(|it| it.created_at).min();
            found
                .associated
                .extend(since.map(|it| (vpc.vpc_id.clone(), it)));
            found
                .places
                .entry(place.clone())
                .or_default()
                .insert(vpc.vpc_id.clone());
            found
                .not_active
                .extend(problem.map(|it| (vpc.vpc_id.clone(), it)));
        }
        found.of_vpc.insert(vpc.vpc_id.clone(), destination);
    }
    found
}

/// An active association wins over one that has a problem, a log group over objects, and these over any other place. With
/// the destination comes what AWS reports of an association that is not active.
fn best(facts: &Facts, associations: &[&QueryLogAssociation]) -> (Destination, Option<String>) {
    let mut candidates: Vec<_> = associations
        .iter()
        .map(|association| {
            let destination = facts
                .query_log_configs
                .get(&association.config_id)
                .map_or_else(
                    || Destination::UnknownConfig(association.config_id.clone()),
                    |config| destination(config, association),
                );
            let rank = match destination {
                Destination::Place(LogPlace::LogGroup(_)) => 0,
                Destination::Place(LogPlace::Objects(_)) => 1,
                Destination::UnknownConfig(_) => 2,
                Destination::Unsupported(_)
                | Destination::NotLogged
                | Destination::OwnerNotScanned(_) => 3,
            };
            (
                rank,
                problem(association),
                &association.config_id,
                destination,
            )
        })
        .collect();
    candidates.sort_by(|a, b| (a.0, a.1.is_some(), a.2).cmp(&(b.0, b.1.is_some(), b.2)));
    let first = candidates.into_iter().next();
    first.map_or((Destination::NotLogged, None), |(_, problem, _, place)| {
        (place, problem)
    })
}

/// The active associations that deliver to a place. The account that shares a configuration sees
/// the associations of others too, so that one may be there twice.
fn delivering<'f>(
    facts: &Facts,
    associations: &[&'f QueryLogAssociation],
    wanted: &LogPlace,
) -> Vec<&'f QueryLogAssociation> {
    let delivers = |association: &&QueryLogAssociation| {
        let config = facts.query_log_configs.get(&association.config_id);
        let place = config.and_then(|config| place(config, association));
        problem(association).is_none() && place.as_ref() == Some(wanted)
    };
    let all = associations.iter().copied();
    all.filter(delivers).collect()
}

/// Why nothing may arrive, in AWS's words.
fn problem(association: &QueryLogAssociation) -> Option<String> {
    let status = &association.status;
    let error = association.error.as_deref().filter(|it| *it != "NONE");
    (*status != QueryLogStatus::Active).then(|| match error {
        Some(error) => format!("{status}, {error}"),
        None => status.to_string(),
    })
}

fn destination(config: &QueryLogConfig, association: &QueryLogAssociation) -> Destination {
    place(config, association).map_or_else(
        || Destination::Unsupported(config.destination.clone()),
        Destination::Place,
    )
}

/// Where a configuration delivers the queries of an associated VPC. Objects belong to the account that
/// owns the configuration, in the Region of the VPC: AWS delivers within a Region.
fn place(config: &QueryLogConfig, association: &QueryLogAssociation) -> Option<LogPlace> {
    let owner = Target {
        account_id: config.owner_account_id.clone(),
        region: association.target.region.clone(),
    };
    LogPlace::of_query_log(&config.destination, &association.vpc_id, &owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::tests::sample;

    fn config(id: &str, destination: &str) -> QueryLogConfig {
        QueryLogConfig {
            config_id: id.into(),
            owner_account_id: "111111111111".parse().unwrap(),
            name: None,
            destination: destination.parse().unwrap(),
            status: "CREATED".into(),
        }
    }

    fn association(config: &str, status: &str) -> QueryLogAssociation {
        QueryLogAssociation {
            target: Target {
                account_id: "222222222222".parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
            },
            config_id: config.into(),
            vpc_id: "vpc-1".into(),
            status: status.into(),
            error: None,
            error_message: None,
            created_at: None,
            profile_id: None,
        }
    }

    fn facts() -> Facts {
        let logs = "arn:aws:logs:eu-west-1:111111111111:log-group:";
        let configs = [
            config("own", &format!("{logs}/own:*")),
            config("shared", &format!("{logs}/shared")),
            config("bucket", "arn:aws:s3:::bucket/prefix"),
            config(
                "stream",
                "arn:aws:firehose:eu-west-1:111111111111:deliverystream/x",
            ),
        ];
        let by_id = configs
            .into_iter()
            .map(|config| (config.config_id.clone(), config));
        Facts {
            query_log_configs: by_id.collect(),
            ..Facts::default()
        }
    }

    fn chosen(associations: &[QueryLogAssociation]) -> Destination {
        best(&facts(), &associations.iter().collect::<Vec<_>>()).0
    }

    #[test]
    fn a_log_group_wins_over_a_bucket_and_an_active_association_over_a_broken_one() {
        let name = |destination| match destination {
            Destination::Place(place) => place.name(),
            other => format!("{other:?}"),
        };
        let bucket = association("bucket", "ACTIVE");
        assert_eq!(
            name(chosen(&[bucket.clone(), association("own", "ACTIVE")])),
            "/own"
        );
        let broken = association("own", "FAILED");
        assert_eq!(
            name(chosen(&[broken, association("shared", "ACTIVE")])),
            "/shared"
        );
        assert_eq!(
            name(chosen(std::slice::from_ref(&bucket))),
            "s3://bucket/prefix/vpc-1"
        );
        let stream = association("stream", "ACTIVE");
        assert_eq!(name(chosen(&[stream, bucket])), "s3://bucket/prefix/vpc-1");
        assert!(matches!(
            chosen(&[association("stream", "ACTIVE")]),
            Destination::Unsupported(_)
        ));
        assert!(matches!(
            chosen(&[association("gone", "ACTIVE")]),
            Destination::UnknownConfig(_)
        ));
        assert_eq!(chosen(&[]), Destination::NotLogged);
    }
    #[test]
    fn no_record_means_no_query_only_where_the_association_is_active() {
        for (status, error, expected) in [
            ("ACTIVE", Some("NONE"), Some(0)),
            ("ACTION_NEEDED", Some("ACCESS_DENIED"), None),
            ("CREATING", None, None),
        ] {
            let association = QueryLogAssociation {
                error: error.map(str::to_owned),
                ..association("own", status)
            };
            let vpc = sample::vpc(&association.target, &association.vpc_id);
            let mut facts = Facts {
                vpcs: vec![vpc],
                query_log_associations: vec![association],
                ..facts()
            };
            let found = destinations(&facts);
            let group = found.places.keys().next().unwrap();
            found.attribute(group, GroupUsage::default(), &mut facts);
            let queries = facts.dns.get("vpc-1").and_then(|it| it.queries);
            assert_eq!(queries, expected, "{status}");
        }
    }
}
