//! The facts of a stored run, as the stages after the store take them.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use crate::{
    cost::price_book::PriceBook,
    model::{
        coverage::{Cell, Step},
        facts::Facts,
        flow::FlowPart,
        report::Report,
        usage::{GroupRead, LogGroup},
    },
    report::coverage,
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
    store.each_part(run, Step::FlowUsage, |target, _, part: FlowPart| {
        facts.absorb_flows(&target.region, part);
    })?;
    facts.pack();
    Ok(facts)
}

/// The report of a finished run: with the same prices the same bytes whenever it is asked for.
pub(super) fn report(store: &Store, record: &Record, prices: &PriceBook) -> anyhow::Result<Report> {
    let (store, run) = (store.snapshot()?, record.key);
    let facts = load(&store, run)?;
    let store = Mutex::new(store);
    let cells = move |take: &mut dyn FnMut(Cell) -> io::Result<()>| {
        let store = store.lock().unwrap_or_else(PoisonError::into_inner);
        let mut refused = None;
        let read = store.each_cell_alone(run, |cell| {
            take(cell).map_err(|error| refused = Some(error)).is_ok()
        });
        refused.map_or_else(|| read.map_err(io::Error::other), Err)
    };
    let coverage = coverage::rows(&facts, Box::new(cells));
    super::scan::judge::report(facts, coverage, record.run.clone(), prices)
}
