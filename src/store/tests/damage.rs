//! Rows that are not as they were written: never read as if they were, and read again on demand.

use super::*;

/// What a report is made of.
#[derive(Debug, PartialEq)]
struct Contents {
    record: Record,
    prices: Option<String>,
    cells: Vec<Finished>,
    parts: Vec<(Target, String, Vec<u8>)>,
}

/// Reads the latest finished run as `report` does.
fn read(home: &Path) -> Result<Contents, StoreError> {
    let store = Store::open(home)?;
    let record = store.latest(Some(State::Finished))?;
    let record = record.ok_or_else(|| damaged(&store.file, &"no run"))?;
    store.verify(&record)?;
    let key = record.key;
    let mut parts = Vec::new();
    store.each_part(key, Step::DnsUsage, |target, name, content| {
        parts.push((target, name, content));
    })?;
    Ok(Contents {
        prices: store.prices(key)?,
        cells: all(&store, key)?,
        parts,
        record,
    })
}

/// A store with an old and a new finished run of a few cells, and its bytes.
fn two_runs() -> Vec<u8> {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    for (id, day) in [("old", 1), ("new", 2)] {
        let at = format!("2026-01-0{day}T00:00:00Z").parse().unwrap();
        let run = Run {
            started_at: at,
            ..run(id)
        };
        let active = store.begin(&run, "settings").unwrap();
        let key = active.record.key;
        store.set_prices(key, "prices").unwrap();
        store.set_caller(key, &account(7)).unwrap();
        let writer = store.writer(key, |_| {}, || {}).unwrap();
        let cells = (0..12).map(|number| finished(cell(number, Step::Vpcs)));
        writer.cells(cells.collect());
        for name in ["a", "b"] {
            writer.part(Part {
                target: Target {
                    account_id: account(1),
                    region: region(),
                },
                step: Step::DnsUsage,
                name: name.to_owned(),
                reason: None,
                content: "[1, 2, 3]".to_owned(),
            });
        }
        flush(&writer).unwrap();
        drop(writer);
        store.finish(key, at).unwrap();
        store.settle(key).unwrap();
    }
    drop(store);
    fs::read(home.path().join(FILE)).unwrap()
}

#[test]
fn a_single_changed_bit_is_an_error_or_changes_nothing() {
    let sound = two_runs();
    let expected = read(home_with(&sound).path()).unwrap();
    assert_eq!(expected.record.run.id, "new");
    let bits = sound.len() * 8;
    let (mut refused, mut same) = (0, 0);
    // A prime step: every region of the file and every bit of a byte comes up.
    for bit in (0..bits).step_by((bits / 1200) | 1) {
        let mut bytes = sound.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        match read(home_with(&bytes).path()) {
            Err(_) => refused += 1,
            Ok(read) => {
                assert_eq!(read, expected, "bit {bit}");
                same += 1;
            }
        }
    }
    assert!(refused > 100 && same > 100, "{refused} {same}");
}

/// Reads the latest finished run as its report is made: once, Region by Region.
fn read_by_region(home: &Path) -> Result<Vec<String>, StoreError> {
    let store = Store::open(home)?;
    let record = store.latest(Some(State::Finished))?;
    let record = record.ok_or_else(|| damaged(&store.file, &"no run"))?;
    let mut found = vec![format!("{:?}", record.run)];
    let facts = store.facts_by_region::<StoreError>(&record, |cell| {
        found.push(format!("{:?}", cell.ended));
        found.push(format!("{:?} {:?}", cell.message, cell.found()?));
        Ok(())
    })?;
    facts.each_cell(&region(), None, |it| found.push(format!("{it:?}")))?;
    facts.each_part(&region(), Step::DnsUsage, |target, name, part: Vec<u8>| {
        found.push(format!("{target:?} {name} {part:?}"));
    })?;
    Ok(found)
}

#[test]
fn a_single_changed_bit_is_an_error_or_changes_nothing_in_what_is_read_region_by_region() {
    let sound = two_runs();
    let expected = read_by_region(home_with(&sound).path()).unwrap();
    assert_eq!(expected.len(), 1 + 2 * 12 + 12 + 2);
    let bits = sound.len() * 8;
    let (mut refused, mut same) = (0, 0);
    for bit in (0..bits).step_by((bits / 1200) | 1) {
        let mut bytes = sound.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        match read_by_region(home_with(&bytes).path()) {
            Err(_) => refused += 1,
            Ok(read) => {
                assert_eq!(read, expected, "bit {bit}");
                same += 1;
            }
        }
    }
    assert!(refused > 100 && same > 100, "{refused} {same}");
}

#[test]
fn damaged_missing_and_new_rows_are_errors_where_a_run_is_read_region_by_region() {
    for (sql, expected) in [
        (
            "UPDATE cell SET found = replace(found, 'west', 'east')
             WHERE run = 2 AND account_id = '000000000003'",
            "vpcs of account 000000000003 in eu-west-1",
        ),
        (
            "UPDATE part SET content = '[1, 2]' WHERE run = 2 AND name = 'b'",
            "dns_usage of b",
        ),
        (
            "DELETE FROM cell WHERE run = 2 AND account_id = '000000000003'",
            "rows are missing or new",
        ),
        (
            "DELETE FROM part WHERE run = 2 AND name = 'a'",
            "rows are missing or new",
        ),
    ] {
        let home = home_with(&two_runs());
        change(home.path(), sql);
        let error = read_by_region(home.path()).unwrap_err();
        assert!(matches!(error, StoreError::DamagedRun { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn a_run_that_went_on_is_checked_against_what_it_was_finished_with_last() {
    let home = home_with(&two_runs());
    let store = Store::open(home.path()).unwrap();
    let before = store.run("new").unwrap();
    write(&store, before.key, vec![finished(cell(99, Step::Vpcs))]);
    let store = store.with_flags(" --state-dir there".to_owned());
    let read = store.facts_by_region::<StoreError>(&before, |_| Ok(()));
    let error = read.unwrap_err();
    assert!(matches!(error, StoreError::DamagedRun { .. }), "{error}");
    let hint = "scan --only-failed --resume new --state-dir there`";
    assert!(error.to_string().contains(hint), "{error}");
    store.finish(before.key, before.run.finished_at).unwrap();
    let read = store.facts_by_region::<StoreError>(&before, |_| Ok(()));
    read.unwrap();
}

/// Changes a stored value behind the program's back.
fn change(home: &Path, sql: &str) {
    let connection = Connection::open(home.join(FILE)).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[test]
fn a_damaged_cell_is_named_and_dropped_so_that_it_is_read_again() {
    let home = home_with(&two_runs());
    change(
        home.path(),
        "UPDATE cell SET found = replace(found, 'west', 'east')
         WHERE run = 2 AND account_id = '000000000003'",
    );
    let error = read(home.path()).unwrap_err().to_string();
    assert!(
        error.contains("vpcs of account 000000000003 in eu-west-1")
            && error.contains("--only-failed --resume new"),
        "{error}"
    );
    let store = Store::open(home.path()).unwrap();
    let record = store.run("new").unwrap();
    assert!(store.drop_damaged(&record).unwrap().is_some());
    let record = store.run("new").unwrap();
    store.verify(&record).unwrap();
    assert_eq!(all(&store, record.key).unwrap().len(), 11);
    store.finish(record.key, record.run.finished_at).unwrap();
    drop(store);
    assert_eq!(read(home.path()).unwrap().cells.len(), 11);
}

#[test]
fn a_row_that_is_missing_or_new_is_an_error() {
    for sql in [
        "DELETE FROM cell WHERE run = 2 AND account_id = '000000000003'",
        "DELETE FROM part WHERE run = 2 AND name = 'a'",
        "INSERT INTO cell SELECT run, account_id, 'eu-west-9', step, outcome, reason, error_code,
         message, request_id, attempts, duration_ms, again, found, checksum FROM cell
         WHERE run = 2 AND account_id = '000000000003'",
    ] {
        let home = home_with(&two_runs());
        change(home.path(), sql);
        let error = read(home.path()).unwrap_err();
        assert!(matches!(error, StoreError::DamagedRun { .. }), "{error}");
    }
}

#[test]
fn a_damaged_record_of_a_run_is_named_and_keeps_others_from_being_taken_for_the_latest() {
    let home = home_with(&two_runs());
    change(
        home.path(),
        "UPDATE run SET started_at = '2025' WHERE id = 'new'",
    );
    let error = read(home.path()).unwrap_err();
    assert!(matches!(error, StoreError::DamagedRecord { .. }), "{error}");
    let store = Store::open(home.path())
        .unwrap()
        .with_flags(" --state-dir there".to_owned());
    assert_eq!(store.damaged_records().unwrap(), ["new"]);
    store.verify(&store.run("old").unwrap()).unwrap();
    let error = store.run("new").unwrap_err().to_string();
    assert!(error.contains("runs prune --state-dir there`"), "{error}");
    assert_eq!(store.prune(5).unwrap(), ["new"]);
    drop(store);
    assert_eq!(read(home.path()).unwrap().record.run.id, "old");
}

#[test]
fn a_damaged_manifest_of_logging_is_an_error() {
    let home = home_with(&two_runs());
    change(
        home.path(),
        "INSERT INTO logging_run VALUES ('a', '2026-01-01T00:00:00Z', NULL,
         '2026-01-15T00:00:00Z', '{}', 5)",
    );
    let store = Store::open(home.path()).unwrap();
    for error in [
        store.logging_items().unwrap_err(),
        store.unfinished_logging().unwrap_err(),
    ] {
        assert!(
            error.to_string().contains("row 1 of logging_run"),
            "{error}"
        );
    }
}

#[test]
fn the_rows_of_an_earlier_version_get_their_checksums_when_the_store_is_opened() {
    let home = home_with(&two_runs());
    let expected = read(home.path()).unwrap();
    change(
        home.path(),
        "ALTER TABLE run DROP COLUMN contents;
         ALTER TABLE run DROP COLUMN checksum; ALTER TABLE cell DROP COLUMN checksum;
         ALTER TABLE part DROP COLUMN checksum; ALTER TABLE logging_run DROP COLUMN checksum;
         ALTER TABLE logging_item DROP COLUMN checksum; PRAGMA user_version = 3;",
    );
    assert_eq!(read(home.path()).unwrap(), expected);
}

#[test]
fn a_store_that_is_removed_or_replaced_while_it_is_written_ends_the_writing_at_once() {
    for replaced in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let active = store.begin(&run("one"), "").unwrap();
        let failed = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&failed);
        let writer = store
            .writer(
                active.record.key,
                |_| {},
                move || {
                    flag.store(true, Ordering::SeqCst);
                },
            )
            .unwrap();
        fs::remove_file(home.path().join(FILE)).unwrap();
        if replaced {
            fs::write(home.path().join(FILE), "").unwrap();
        }
        // Without anything to write.
        let begin = std::time::Instant::now();
        while !failed.load(Ordering::SeqCst) {
            assert!(begin.elapsed().as_secs() < 20, "never noticed");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let error = flush(&writer).unwrap_err();
        assert!(matches!(*error, StoreError::Removed { .. }), "{error}");
    }
}
