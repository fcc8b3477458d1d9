//! Runs: taken up, gone on with, pruned.

use super::*;

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
