//! What the cells of a run show over all targets. Every question is to be asked after a flush.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::Cells;
use crate::{
    model::{
        coverage::{Failure, Outcome, Reason, Step},
        facts::{Finished, Found},
        id::{AccountId, Region},
        target::Target,
    },
    store::Place,
};

/// What is known of the VPCs of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::scan) enum VpcKnowledge {
    /// There are some.
    Some,
    /// They could not be listed.
    Unknown,
    /// There is none.
    None,
}

impl Cells {
    /// Whether there is a target, or something that keeps one from being found.
    pub(in crate::scan) fn are_worth_keeping(&self) -> bool {
        !self.targets().is_empty() || self.read(|store| store.gaps(self.run)) > 0
    }

    /// What is known of the VPCs of every target, Region by Region.
    pub(in crate::scan) fn vpc_knowledge(
        &self,
    ) -> BTreeMap<Region, BTreeMap<AccountId, VpcKnowledge>> {
        let mut regions: BTreeMap<Region, BTreeMap<AccountId, VpcKnowledge>> = BTreeMap::new();
        self.each_of(&[Step::Vpcs], |Finished { cell, found }| {
            let Some((account, region)) = cell.account_id.zip(cell.region) else {
                return;
            };
            let known = match found {
                _ if cell.outcome != Outcome::Complete => VpcKnowledge::Unknown,
                Found::Vpcs(vpcs) if vpcs.is_empty() => VpcKnowledge::None,
                _ => VpcKnowledge::Some,
            };
            regions.entry(region).or_default().insert(account, known);
        });
        regions
    }

    /// The VPCs that query logs hold records of.
    pub(in crate::scan) fn vpcs_in_query_logs(&self) -> BTreeSet<String> {
        /// What is read of a `GroupRead`: names are the most there is of it.
        #[derive(Deserialize)]
        struct Read {
            usage: Usage,
        }
        #[derive(Deserialize)]
        struct Usage {
            #[expect(clippy::zero_sized_map_values, reason = "an object of JSON is no set")]
            vpcs: HashMap<String, IgnoredAny>,
        }
        let mut vpcs = BTreeSet::new();
        self.read(|store| {
            store.each_part(self.run, Step::DnsUsage, |_, _, read: Read| {
                vpcs.extend(read.usage.vpcs.into_keys());
            })
        });
        vpcs
    }

    /// Why nothing more is called in a target, if a service control policy denied its VPCs.
    pub(in crate::scan) fn denied(&self, target: &Target) -> Option<Failure> {
        let cell = self.recorded(Place::at(target, Step::Vpcs))?;
        let why = cell.message.unwrap_or_default();
        (cell.reason == Some(Reason::ScpDenied)).then(|| Failure::new(Reason::ScpDenied, why))
    }

    /// The targets whose VPCs were asked for, complete or not.
    pub(in crate::scan) fn targets(&self) -> BTreeSet<Target> {
        let mut targets = BTreeSet::new();
        let take = |target| {
            targets.insert(target);
        };
        self.read(|store| store.each_target_of(self.run, Step::Vpcs, take));
        targets
    }

    /// The same: the accounts of each Region.
    pub(in crate::scan) fn accounts_by_region(&self) -> BTreeMap<Region, Vec<AccountId>> {
        let mut regions: BTreeMap<Region, Vec<AccountId>> = BTreeMap::new();
        for Target { account_id, region } in self.targets() {
            regions.entry(region).or_default().push(account_id);
        }
        regions
    }

    /// Hands every part of a step with this name to `take`.
    pub(in crate::scan) fn each_part_named<T: DeserializeOwned>(
        &self,
        step: Step,
        name: &str,
        take: impl FnMut(Target, T),
    ) {
        self.read(|store| store.each_part_named(self.run, step, name, take));
    }

    /// Targets and names of the parts of a step, all or those with this reason.
    pub(in crate::scan) fn part_names(
        &self,
        step: Step,
        reason: Option<Reason>,
    ) -> Vec<(Target, String)> {
        self.read(|store| store.part_names(self.run, step, reason))
    }

    /// Drops parts of a step.
    pub(in crate::scan) fn drop_parts(&self, step: Step, parts: &[(Target, String)]) {
        self.read(|store| store.drop_parts(self.run, step, parts));
    }
}
