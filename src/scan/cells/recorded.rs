//! What the cells of a run show over all targets. Every question is to be asked after a flush.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, de::IgnoredAny};

use super::Cells;
use crate::{
    model::{
        coverage::{Failure, Outcome, Reason, Step},
        facts::Found,
        id::Region,
        target::Target,
    },
    store::Place,
};

impl Cells {
    /// Whether there is a target, or something that keeps one from being found.
    pub(in crate::scan) fn are_worth_keeping(&self) -> bool {
        !self.targets().0.is_empty() || self.read(|store| store.gaps(self.run)) > 0
    }

    /// The Regions with a VPC, and those where that is not known.
    pub(in crate::scan) fn regions_with_vpcs(&self) -> BTreeSet<Region> {
        let mut regions = BTreeSet::new();
        self.each_of(&[Step::Vpcs], |finished| {
            let empty = matches!(&finished.found, Found::Vpcs(vpcs) if vpcs.is_empty());
            if !empty || finished.cell.outcome != Outcome::Complete {
                regions.extend(finished.cell.region);
            }
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

    /// The targets whose VPCs were asked for, complete or not, and those where they are complete.
    pub(in crate::scan) fn targets(&self) -> (BTreeSet<Target>, BTreeSet<Target>) {
        let cells = self.read(|store| store.cells_of(self.run, Step::Vpcs));
        let targets = |complete_only: bool| {
            cells
                .iter()
                .filter(|cell| !complete_only || cell.outcome == Outcome::Complete)
                .filter_map(|cell| {
                    let (account_id, region) = (cell.account_id.clone()?, cell.region.clone()?);
                    Some(Target { account_id, region })
                })
                .collect()
        };
        (targets(false), targets(true))
    }
}
