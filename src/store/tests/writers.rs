//! What is written is there when it is heard.

use super::*;

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
fn a_cell_is_reported_as_finished_only_when_another_connection_can_read_it() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let active = store.begin(&run("one"), "").unwrap();
    let key = active.record.key;
    let reader = Mutex::new(Store::open(home.path()).unwrap());
    let heard = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&heard);
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
    assert_eq!(*heard.lock().unwrap(), 100);
}

#[test]
fn a_store_that_cannot_be_written_any_more_is_reported_at_once_and_at_the_next_flush() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let active = store.begin(&run("one"), "").unwrap();
    let failed = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&failed);
    let heard = |cell: Cell| assert_eq!(cell.attempts, u32::MAX, "heard without being kept");
    let writer = store
        .writer(active.record.key, heard, move || {
            flag.store(true, Ordering::SeqCst);
        })
        .unwrap();
    store.connection.execute_batch("DROP TABLE cell").unwrap();
    writer.cells(vec![finished(cell(1, Step::Vpcs))]);
    let error = flush(&writer).unwrap_err();
    assert!(failed.load(Ordering::SeqCst));
    assert!(matches!(*error, StoreError::Damaged { .. }), "{error}");
}
