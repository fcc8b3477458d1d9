//! The facts of a stored run, as the stages after the store take them.

use crate::{
    model::{
        coverage::Step,
        facts::Facts,
        report::Report,
        usage::{GroupRead, LogGroup},
    },
    store::{Record, Store, StoreError},
    usage::destination::destinations,
};

/// Reads the facts of a run: its cells, then its log groups.
pub(super) fn load(store: &Store, run: i64) -> Result<Facts, StoreError> {
    let mut facts = Facts::default();
    store.each_cell(run, |finished| facts.absorb(finished))?;
    let plan = destinations(&facts);
    store.each_part(run, Step::DnsUsage, |target, name, read: GroupRead| {
        plan.attribute(&LogGroup { target, name }, read.usage, &mut facts);
    })?;
    Ok(facts)
}

/// The report of a finished run: the same bytes whenever it is asked for.
pub(super) fn report(store: &Store, record: &Record) -> anyhow::Result<Report> {
    let facts = load(store, record.key)?;
    super::scan::judge::report(&facts, record.run.clone())
}
