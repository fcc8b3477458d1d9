//! The file of the store: new, foreign, later, damaged.

use super::*;

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
fn looking_at_a_store_neither_makes_nor_changes_it() {
    let home = tempfile::tempdir().unwrap();
    Store::inspect(home.path()).unwrap();
    assert!(!home.path().join(FILE).exists());
    let bytes = bytes_of_a_store(2);
    let home = home_with(&bytes);
    Store::inspect(home.path()).unwrap();
    assert!(fs::read(home.path().join(FILE)).unwrap() == bytes);
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
