//! The store by itself: what it keeps, what it refuses, who waits for whom.

mod damage;
mod files;
mod runs;
mod writers;

use std::{
    fs,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::model::{
    coverage::{Cell, Failure, Reason, Step},
    facts::{Finished, Found},
    id::{AccountId, Region},
    run::Run,
    target::Target,
};

fn account(number: u64) -> AccountId {
    format!("{number:012}").parse().unwrap()
}

fn region() -> Region {
    "eu-west-1".parse().unwrap()
}

fn run(id: &str) -> Run {
    let at = "2026-01-08T00:00:00Z".parse().unwrap();
    Run {
        id: id.to_owned(),
        started_at: at,
        finished_at: at,
        window_start: "2026-01-01T00:00:00Z".parse().unwrap(),
        window_end: at,
        arguments: vec!["scan".to_owned()],
        shard: None,
    }
}

fn cell(number: u64, step: Step) -> Cell {
    Cell::complete(Some(account(number)), Some(region()), step)
}

fn finished(cell: Cell) -> Finished {
    let found = Found::Regions(vec![region()]);
    Finished { cell, found }
}

/// Writes cells and waits for them.
fn write(store: &Store, run: i64, cells: Vec<Finished>) {
    let writer = store.writer(run, |_| {}, || {}).unwrap();
    writer.cells(cells);
    flush(&writer).unwrap();
}

fn flush(writer: &Writer) -> Result<(), Arc<StoreError>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(writer.flush())
}

fn all(store: &Store, run: i64) -> Result<Vec<Finished>, StoreError> {
    let mut found = Vec::new();
    store.each_cell(run, |it| found.push(it))?;
    Ok(found)
}

/// The bytes of a store with a finished run of some cells, nothing left in a log beside it.
fn bytes_of_a_store(cells: u64) -> Vec<u8> {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let active = store.begin(&run("one"), "").unwrap();
    let key = active.record.key;
    let cells = (0..cells)
        .map(|number| finished(cell(number, Step::Vpcs)))
        .collect();
    write(&store, key, cells);
    let part = Part {
        target: Target {
            account_id: account(1),
            region: region(),
        },
        step: Step::DnsUsage,
        name: "group".to_owned(),
        reason: None,
        content: "[1]".to_owned(),
    };
    store.writer(key, |_| {}, || {}).unwrap().part(part);
    store.finish(key, active.record.run.started_at).unwrap();
    store.settle(key).unwrap();
    drop((store, active));
    let left: Vec<_> = fs::read_dir(home.path())
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .collect();
    assert!(!left.contains(&"runs.sqlite3-wal".into()), "{left:?}");
    fs::read(home.path().join(FILE)).unwrap()
}

fn home_with(bytes: &[u8]) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(FILE), bytes).unwrap();
    home
}

#[track_caller]
fn refused(bytes: &[u8]) -> StoreError {
    let home = home_with(bytes);
    // Looking at it finds the same as using it.
    let seen = Store::inspect(home.path()).unwrap_err();
    let error = Store::open(home.path()).unwrap_err();
    assert_eq!(
        std::mem::discriminant(&seen),
        std::mem::discriminant(&error),
        "{seen}"
    );
    let left = fs::read(home.path().join(FILE)).unwrap();
    assert!(left == bytes, "the refused file was changed: {error}");
    error
}
