//! What is no whole is refused, with the name of the shard.

use super::*;

/// The refusal to merge two sound shards of three and this one.
#[track_caller]
fn refused(third: &TempDir) -> String {
    let [first, second] = ["1/3", "2/3"].map(|it| store(Some(shard(it)), &SOUND, nothing));
    let into = tempfile::tempdir().unwrap();
    let error = try_merge(&[&first, &second, third], &into, false).unwrap_err();
    let store = Store::open(into.path()).unwrap();
    assert!(store.list().unwrap().is_empty(), "a run is left: {error}");
    error.to_string()
}

#[test]
fn a_shard_that_is_missing_or_there_twice_is_named() {
    let second = store(Some(shard("2/3")), &SOUND, nothing);
    let error = refused(&second);
    let name = second.path().display().to_string();
    assert!(
        error.contains("the shard 2/3 (run 20260108T010000Z in"),
        "{error}"
    );
    assert!(
        error.contains("is there twice") && error.contains(&name),
        "{error}"
    );
    assert!(error.contains("the shard 3/3 is missing"), "{error}");
    let whole = store(None, &SOUND, nothing);
    let error = refused(&whole);
    assert!(error.contains("holds no shard"), "{error}");
    let other = store(Some(shard("3/4")), &SOUND, nothing);
    let error = refused(&other);
    assert!(error.contains("is one of 3, and the shard 3/4"), "{error}");
}

#[test]
fn a_shard_of_another_scan_is_named_with_what_differs() {
    let third = Some(shard("3/3"));
    for (shape, expected) in [
        (
            Shape {
                end: "2026-01-07T00:00:00Z",
                ..SOUND
            },
            "is older: it has the window 2026-01-06",
        ),
        (
            Shape {
                end: "2026-01-09T00:00:00Z",
                ..SOUND
            },
            "the shard 1/3 (run 20260108T010000Z in",
        ),
        (
            Shape {
                started: "2026-01-06T23:00:00Z",
                ..SOUND
            },
            "is older: it was started at 2026-01-06",
        ),
        (
            Shape {
                scope: "regions = [\"eu-west-1\"]",
                ..SOUND
            },
            "scope.regions = [\"eu-west-1\"], not [\"enabled\"]",
        ),
        (
            Shape {
                prices: "others",
                ..SOUND
            },
            "was scanned with other prices",
        ),
        (
            Shape {
                finished: false,
                ..SOUND
            },
            "is not finished",
        ),
    ] {
        let error = refused(&store(third, &shape, nothing));
        assert!(error.contains(expected), "{error}");
        assert!(error.contains("the shard 3/3 (run 2026"), "{error}");
    }
    let stopped = store(third, &SOUND, |store, key| {
        let mine = accounts()
            .into_iter()
            .find(|it| shard("3/3").owns(&it.id))
            .unwrap();
        let failure = Failure::new(Reason::Cancelled, "stopped");
        let cell = cell(&mine.id, Step::Subnets).failed(failure);
        store.put_cells(key, &[bare(cell)]).unwrap();
    });
    let error = refused(&stopped);
    assert!(error.contains("was stopped before its end"), "{error}");
}

#[test]
fn a_file_that_is_no_sound_store_is_named_as_it_was_typed_with_what_to_do() {
    let refused = |third: &TempDir, words: &str| {
        let error = refused(third);
        let name = format!("`{}` cannot be merged: ", third.path().display());
        assert!(error.starts_with(&name) && error.contains(words), "{error}");
        // That of the merged run is not in the way.
        let remedy = error.replace("with its --state-dir", "");
        assert!(!remedy.contains("--state-dir"), "{error}");
    };
    let sound = || store(Some(shard("3/3")), &SOUND, nothing);
    let file = |home: &TempDir| Store::file_in(home.path());
    let change = |home: &TempDir, sql: &str| {
        let connection = rusqlite::Connection::open(file(home)).unwrap();
        connection.execute_batch(sql).unwrap();
    };
    let truncated = sound();
    change(&truncated, "PRAGMA wal_checkpoint(TRUNCATE)");
    let length = std::fs::metadata(file(&truncated)).unwrap().len();
    let opened = std::fs::File::options().write(true).open(file(&truncated));
    opened.unwrap().set_len(length / 2).unwrap();
    refused(&truncated, "it is damaged");
    let foreign = sound();
    std::fs::write(file(&foreign), "notes").unwrap();
    refused(&foreign, "no run store of vpce-scout");
    let newer = sound();
    change(&newer, "PRAGMA user_version = 999");
    refused(&newer, "merge with the vpce-scout that scanned");
    let changed = sound();
    change(&changed, "UPDATE cell SET message = 'x'");
    refused(&changed, "is damaged: ");
}
