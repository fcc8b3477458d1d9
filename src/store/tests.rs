//! The store by itself: what it keeps, what it refuses, who waits for whom.

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
    let error = Store::open(home.path()).unwrap_err();
    let left = fs::read(home.path().join(FILE)).unwrap();
    assert!(left == bytes, "the refused file was changed: {error}");
    error
}

#[test]
fn what_is_written_is_there_when_the_store_is_opened_again() {
    let home = home_with(&bytes_of_a_store(3));
    let store = Store::open(home.path()).unwrap();
    let record = store.latest(Some(State::Finished)).unwrap().unwrap();
    assert_eq!(record.run, run("one"));
    assert!(record.finished && record.settled);
    let cells = all(&store, record.key).unwrap();
    let expected: Vec<_> = (0..3).map(|it| finished(cell(it, Step::Vpcs))).collect();
    assert_eq!(cells, expected);
    let target = Target {
        account_id: account(1),
        region: region(),
    };
    let part = store.part::<Vec<u8>>(record.key, &target, Step::DnsUsage, "group");
    assert_eq!(part.unwrap(), Some((vec![1], false)));
}

#[test]
fn a_store_of_a_later_version_is_refused_and_left_as_it_is() {
    let home = home_with(&bytes_of_a_store(1));
    let connection = Connection::open(home.path().join(FILE)).unwrap();
    connection
        .pragma_update(None, "user_version", 1_000_000)
        .unwrap();
    drop(connection);
    let error = refused(&fs::read(home.path().join(FILE)).unwrap());
    assert!(
        matches!(
            error,
            StoreError::Newer {
                found: 1_000_000,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_file_that_is_something_else_is_refused_and_left_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let other = home.path().join("other");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE letters (text TEXT)")
        .unwrap();
    let diary = b"Dear diary".repeat(1000);
    for bytes in [
        diary[..1].to_vec(),
        diary[..511].to_vec(),
        diary,
        fs::read(other).unwrap(),
    ] {
        let error = refused(&bytes);
        assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
    }
}

#[test]
fn a_truncated_store_is_refused_and_left_as_it_is() {
    let bytes = bytes_of_a_store(500);
    let error = refused(&bytes[..bytes.len() / 2]);
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn a_store_without_one_of_its_tables_is_damaged() {
    let home = home_with(&bytes_of_a_store(1));
    Connection::open(home.path().join(FILE))
        .unwrap()
        .execute_batch("DROP TABLE cell")
        .unwrap();
    let store = Store::open(home.path()).unwrap();
    let error = store.list().unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn an_empty_file_becomes_a_store() {
    let home = home_with(b"");
    assert_eq!(Store::open(home.path()).unwrap().list().unwrap(), []);
}

#[test]
fn no_store_is_made_where_one_is_only_looked_for() {
    let home = tempfile::tempdir().unwrap();
    assert!(Store::open_existing(home.path()).unwrap().is_none());
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("file"), "").unwrap();
    let error = Store::open(&home.path().join("file/state")).unwrap_err();
    assert!(error.to_string().contains("file/state"), "{error}");
}

#[test]
fn a_run_that_is_worked_on_cannot_be_taken_up_until_it_is_let_go() {
    let home = tempfile::tempdir().unwrap();
    let (ours, theirs) = (
        Store::open(home.path()).unwrap(),
        Store::open(home.path()).unwrap(),
    );
    let active = ours.begin(&run("one"), "").unwrap();
    let error = theirs.take_up("one").unwrap_err();
    assert!(matches!(error, StoreError::InProgress { .. }), "{error}");
    assert_eq!(theirs.list().unwrap()[0].state, State::InProgress);
    drop(active);
    assert_eq!(theirs.list().unwrap()[0].state, State::Interrupted);
    theirs.take_up("one").unwrap();
}

#[test]
fn runs_that_begin_in_the_same_second_have_different_ids() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let first = store.begin(&run("one"), "").unwrap();
    let second = Store::open(home.path())
        .unwrap()
        .begin(&run("one"), "")
        .unwrap();
    assert_eq!(first.record.run.id, "one");
    assert_eq!(second.record.run.id, "one-2");
}

#[test]
fn many_may_open_a_store_that_is_not_there_yet_at_the_same_time() {
    let home = tempfile::tempdir().unwrap();
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let home = home.path().to_owned();
            std::thread::spawn(move || Store::open(&home).map(drop))
        })
        .collect();
    for it in opening {
        it.join().unwrap().unwrap();
    }
}

#[cfg(unix)]
#[test]
fn the_store_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("state")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(store.file()), 0o600);
    assert_eq!(mode(&home.path().join("state")), 0o700);
}

#[test]
fn two_writers_wait_for_each_other_and_nothing_is_lost() {
    let home = tempfile::tempdir().unwrap();
    drop(Store::open(home.path()).unwrap());
    let work = |id: &'static str| {
        let home = home.path().to_owned();
        std::thread::spawn(move || {
            let store = Store::open(&home).unwrap();
            let active = store.begin(&run(id), "").unwrap();
            for number in 0..50 {
                write(
                    &store,
                    active.record.key,
                    vec![finished(cell(number, Step::Vpcs))],
                );
            }
            active.record.key
        })
    };
    let keys = [work("one"), work("two")].map(|it| it.join().unwrap());
    let store = Store::open(home.path()).unwrap();
    for key in keys {
        assert_eq!(all(&store, key).unwrap().len(), 50);
    }
}

#[test]
fn a_cell_is_told_as_finished_only_when_another_connection_can_read_it() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let active = store.begin(&run("one"), "").unwrap();
    let key = active.record.key;
    let reader = Mutex::new(Store::open(home.path()).unwrap());
    let told = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&told);
    let writer = store
        .writer(
            key,
            move |cell| {
                let reader = reader.lock().unwrap();
                let kept = reader.settled(key, Place::of(&cell)).unwrap();
                assert_eq!(kept, Some(cell));
                *counter.lock().unwrap() += 1;
            },
            || {},
        )
        .unwrap();
    for number in 0..100 {
        writer.cells(vec![finished(cell(number, Step::Vpcs))]);
    }
    flush(&writer).unwrap();
    assert_eq!(*told.lock().unwrap(), 100);
}

#[test]
fn a_store_that_cannot_be_written_any_more_is_told_at_once_and_at_the_next_flush() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let active = store.begin(&run("one"), "").unwrap();
    let failed = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&failed);
    let told = |cell: Cell| assert_eq!(cell.attempts, u32::MAX, "told without being kept");
    let writer = store
        .writer(active.record.key, told, move || {
            flag.store(true, Ordering::SeqCst);
        })
        .unwrap();
    store.connection.execute_batch("DROP TABLE cell").unwrap();
    writer.cells(vec![finished(cell(1, Step::Vpcs))]);
    let error = flush(&writer).unwrap_err();
    assert!(failed.load(Ordering::SeqCst));
    assert!(matches!(*error, StoreError::Damaged { .. }), "{error}");
}

/// A run with a complete cell, a denied one, one that was broken off, and a region that is off.
fn mixed(home: &Path) -> (Store, Active) {
    let store = Store::open(home).unwrap();
    let active = store.begin(&run("one"), "").unwrap();
    let failed = |step, reason| {
        let cell = cell(1, step).failed(Failure::new(reason, "why"));
        Finished {
            cell,
            found: Found::Nothing,
        }
    };
    let off = cell(1, Step::Regions).skipped(Reason::RegionDisabled, "off");
    let cells = vec![
        finished(cell(1, Step::Vpcs)),
        failed(Step::Subnets, Reason::AccessDenied),
        failed(Step::Endpoints, Reason::Expired),
        finished(off),
    ];
    write(&store, active.record.key, cells);
    (store, active)
}

fn settled(store: &Store, run: i64) -> Vec<Step> {
    let steps = [Step::Regions, Step::Vpcs, Step::Subnets, Step::Endpoints];
    let there = |step: &Step| {
        let cell = cell(1, *step);
        store.settled(run, Place::of(&cell)).unwrap().is_some()
    };
    steps.into_iter().filter(there).collect()
}

#[test]
fn a_run_with_a_cell_that_was_broken_off_is_not_done() {
    let home = tempfile::tempdir().unwrap();
    let (store, active) = mixed(home.path());
    let key = active.record.key;
    store.finish(key, active.record.run.started_at).unwrap();
    store.settle(key).unwrap();
    let record = store.latest(Some(State::Interrupted)).unwrap().unwrap();
    assert!(record.finished && !record.settled);
    drop(active);
    let listed = &store.list().unwrap()[0];
    assert_eq!((listed.state, listed.gaps), (State::Interrupted, 2));
    assert_eq!((listed.accounts, listed.regions), (1, 1));
}

#[test]
fn going_on_asks_again_what_was_broken_off_and_on_demand_what_failed() {
    let home = tempfile::tempdir().unwrap();
    let (store, active) = mixed(home.path());
    let key = active.record.key;
    store.ask_again(key, false).unwrap();
    let kept = [Step::Regions, Step::Vpcs, Step::Subnets];
    assert_eq!(settled(&store, key), kept);
    store.ask_again(key, true).unwrap();
    assert_eq!(settled(&store, key), [Step::Regions, Step::Vpcs]);
    assert_eq!(
        all(&store, key).unwrap().len(),
        4,
        "until they have successors"
    );
    write(&store, key, vec![finished(cell(1, Step::Subnets))]);
    store.finish(key, active.record.run.started_at).unwrap();
    assert_eq!(settled(&store, key), kept);
    assert_eq!(
        all(&store, key).unwrap().len(),
        3,
        "the rest has no successor"
    );
}

#[test]
fn pruning_keeps_the_latest_runs_and_those_in_progress() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let running = store.begin(&run("running"), "").unwrap();
    for id in ["a", "b", "c"] {
        let active = store.begin(&run(id), "").unwrap();
        write(
            &store,
            active.record.key,
            vec![finished(cell(1, Step::Vpcs))],
        );
    }
    assert_eq!(store.prune(1).unwrap(), ["b", "a"]);
    let left: Vec<_> = store
        .list()
        .unwrap()
        .into_iter()
        .map(|it| it.record.run.id)
        .collect();
    assert_eq!(left, ["c", "running"]);
    let orphans: i64 = store
        .connection
        .query_row("SELECT count(*) FROM cell", [], |row| row.get(0))
        .unwrap();
    assert_eq!(orphans, 1, "their cells go with them");
    drop(running);
}

#[test]
fn a_run_without_a_cell_is_empty_and_can_be_forgotten() {
    let home = tempfile::tempdir().unwrap();
    let (store, active) = mixed(home.path());
    let empty = store.begin(&run("two"), "").unwrap();
    assert!(!store.is_empty(active.record.key).unwrap());
    assert!(store.is_empty(empty.record.key).unwrap());
    store.forget(empty.record.key).unwrap();
    assert_eq!(store.list().unwrap().len(), 1);
}

/// Everything that is done with a store of unknown content. Errors are fine, panics are not.
fn use_all(home: &Path) -> Result<(), StoreError> {
    let store = Store::open(home)?;
    for listed in store.list()? {
        let key = listed.record.key;
        all(&store, key)?;
        store.each_part(key, Step::DnsUsage, |_, _, _: Vec<u8>| {})?;
        store.ask_again(key, true)?;
        store.finish(key, listed.record.run.started_at)?;
        store.settle(key)?;
    }
    store.prune(0)?;
    Ok(())
}

// `PROPTEST_CASES=100000 cargo test --lib store` looks for longer.
proptest! {
    #[test]
    fn a_store_with_damaged_bytes_is_read_or_refused_and_not_changed_if_refused(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        end in prop::option::of(any::<prop::sample::Index>()),
    ) {
        static SOUND: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let mut bytes = SOUND.get_or_init(|| bytes_of_a_store(120)).clone();
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(end) = end {
            let end = end.index(bytes.len());
            bytes.truncate(end);
        }
        let home = home_with(&bytes);
        if Store::open(home.path()).is_err() {
            let left = fs::read(home.path().join(FILE)).unwrap();
            prop_assert!(left == bytes, "the refused file was changed");
        }
        let _ = use_all(home.path());
    }

    #[test]
    fn a_file_of_any_bytes_is_refused_and_not_changed(
        bytes in prop::collection::vec(any::<u8>(), 1..5000),
    ) {
        refused(&bytes);
    }
}
