//! The facts of a run, gathered from its cells: of all targets, or of a Region. To be asked after a flush.

use super::Cells;
use crate::{
    model::{
        coverage::{Cell, Outcome, Step},
        facts::{Facts, Finished},
        id::{AccountId, Region},
        target::Target,
    },
    store::StoreError,
};

/// The targets of the cells that are gathered.
#[derive(Clone, Copy, Debug)]
pub(in crate::scan) enum Scope<'s> {
    /// Those of all targets.
    All,
    /// Those of these accounts in a Region.
    Region(&'s Region, &'s [AccountId]),
}

impl Cells {
    /// The facts of some steps everywhere.
    pub(in crate::scan) fn facts_of(&self, steps: &[Step]) -> Facts {
        self.facts_within(Scope::All, steps)
    }

    /// The facts of some steps.
    pub(in crate::scan) fn facts_within(&self, scope: Scope<'_>, steps: &[Step]) -> Facts {
        let mut facts = Facts::default();
        self.each_within(scope, steps, |finished| facts.absorb(finished))
            .map_or_else(Facts::default, |()| facts)
    }

    /// The cells of some steps with their facts, one at a time, by account and Region.
    pub(in crate::scan) fn each_of(&self, steps: &[Step], take: impl FnMut(Finished)) {
        let _ = self.each_within(Scope::All, steps, take);
    }

    /// The same, gathered target by target, with the cells that are not complete. What one target
    /// has is in memory at a time.
    pub(in crate::scan) fn each_target(
        &self,
        scope: Scope<'_>,
        steps: &[Step],
        mut take: impl FnMut(Target, &Facts, Vec<Cell>),
    ) {
        let mut here: Option<(Target, Facts, Vec<Cell>)> = None;
        let _ = self.each_within(scope, steps, |finished| {
            let cell = &finished.cell;
            let Some((account_id, region)) = cell.account_id.clone().zip(cell.region.clone())
            else {
                return;
            };
            let target = Target { account_id, region };
            if here.as_ref().is_some_and(|(before, ..)| *before != target)
                && let Some((before, facts, cells)) = here.take()
            {
                take(before, &facts, cells);
            }
            let (_, facts, incomplete) =
                here.get_or_insert_with(|| (target, Facts::default(), Vec::new()));
            if cell.outcome != Outcome::Complete {
                incomplete.push(cell.clone());
            }
            facts.absorb(finished);
        });
        if let Some((target, facts, cells)) = here {
            take(target, &facts, cells);
        }
    }

    /// None if the store could not be read.
    fn each_within(
        &self,
        scope: Scope<'_>,
        steps: &[Step],
        take: impl FnMut(Finished),
    ) -> Option<()> {
        self.read(|store| {
            let read: Result<(), StoreError> = match scope {
                Scope::All => store.each_of(self.run, steps, take),
                Scope::Region(region, accounts) => {
                    store.each_cell_in(self.run, region, accounts, Some(steps), take)
                }
            };
            read.map(Some)
        })
    }
}
