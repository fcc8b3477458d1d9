//! Opening the file: is it ours, is it sound, is it of a version that we know; making and
//! migrating it.
//!
//! Nothing is written before these questions are answered, and a file that fails one of them stays
//! as it is, byte by byte.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{
    Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, config::DbConfig, params,
};

use super::{StoreError, checksum, damaged, store_error, verify};

/// How long a process waits for another one's write.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Marks the file as ours (<https://www.sqlite.org/pragma.html#pragma_application_id>): "vpcs".
const APPLICATION_ID: i64 = 0x7670_6373;

/// One step from each version to the next: the first makes an empty file version 1.
const MIGRATIONS: [&str; 4] = [
    "
    CREATE TABLE run (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        started_at TEXT NOT NULL,
        finished_at TEXT,
        settled INTEGER NOT NULL DEFAULT 0,
        window_start TEXT NOT NULL,
        window_end TEXT NOT NULL,
        arguments TEXT NOT NULL,
        settings TEXT NOT NULL,
        caller TEXT
    ) STRICT;
    CREATE TABLE cell (
        run INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        step TEXT NOT NULL,
        outcome TEXT NOT NULL,
        reason TEXT,
        error_code TEXT,
        message TEXT,
        request_id TEXT,
        attempts INTEGER NOT NULL,
        duration_ms INTEGER NOT NULL,
        again INTEGER NOT NULL DEFAULT 0,
        found TEXT,
        PRIMARY KEY (run, account_id, region, step)
    ) STRICT;
    CREATE TABLE part (
        run INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        step TEXT NOT NULL,
        name TEXT NOT NULL,
        reason TEXT,
        again INTEGER NOT NULL DEFAULT 0,
        content TEXT NOT NULL,
        PRIMARY KEY (run, account_id, region, step, name)
    ) STRICT;
",
    "ALTER TABLE run ADD COLUMN prices TEXT",
    "
    CREATE TABLE logging_run (
        id TEXT PRIMARY KEY,
        started_at TEXT NOT NULL,
        finished_at TEXT,
        expires_at TEXT NOT NULL,
        plan TEXT NOT NULL
    ) STRICT;
    CREATE TABLE logging_item (
        run TEXT NOT NULL REFERENCES logging_run (id) ON DELETE CASCADE,
        account_id TEXT NOT NULL,
        region TEXT NOT NULL,
        action_key TEXT NOT NULL,
        state TEXT NOT NULL,
        resource_id TEXT,
        changed_at TEXT NOT NULL,
        action TEXT NOT NULL,
        PRIMARY KEY (run, account_id, region, action_key)
    ) STRICT;
",
    "
    ALTER TABLE run ADD COLUMN contents TEXT;
    ALTER TABLE run ADD COLUMN checksum INTEGER;
    ALTER TABLE cell ADD COLUMN checksum INTEGER;
    ALTER TABLE part ADD COLUMN checksum INTEGER;
    ALTER TABLE logging_run ADD COLUMN checksum INTEGER;
    ALTER TABLE logging_item ADD COLUMN checksum INTEGER;
",
];

/// The version from which every row has a checksum.
const CHECKSUMS: i64 = 4;

/// Opens the file, made and migrated if need be.
pub(super) fn open(file: &Path) -> Result<Connection, StoreError> {
    let mut connection = plain(file).map_err(|error| store_error(file, error))?;
    let version = check(&connection, file)?;
    if version < known() {
        migrate(&mut connection).map_err(|error| store_error(file, error))?;
    }
    in_use(&connection).map_err(|error| store_error(file, error))?;
    Ok(connection)
}

/// One more connection to a file that was opened before.
pub(super) fn open_again(file: &Path) -> Result<Connection, StoreError> {
    plain(file)
        .and_then(|connection| in_use(&connection).map(|()| connection))
        .map_err(|error| store_error(file, error))
}

/// Checks that a file can be used, by this version or after its migration. Nothing is changed.
pub(super) fn inspect(file: &Path) -> Result<(), StoreError> {
    let connection = connect_to_read(file).map_err(|error| store_error(file, error))?;
    check(&connection, file).map(drop)
}

/// Opens a file that is of this version, to read it alone.
pub(super) fn open_to_read(file: &Path) -> Result<Connection, StoreError> {
    let connection = connect_to_read(file).map_err(|error| store_error(file, error))?;
    let version = check(&connection, file).map_err(|error| match error {
        StoreError::Sqlite { path, .. } if !is_settled(file) => StoreError::Unsettled { path },
        error => error,
    })?;
    if version == 0 {
        return Err(StoreError::Foreign {
            path: file.to_owned(),
        });
    }
    if version < known() {
        return Err(StoreError::Older {
            path: file.to_owned(),
            found: version,
            known: known(),
        });
    }
    Ok(connection)
}

/// One more connection to a file that was opened to be read before.
pub(super) fn open_to_read_again(file: &Path) -> Result<Connection, StoreError> {
    connect_to_read(file).map_err(|error| store_error(file, error))
}

/// Opens a file so that nothing is written, not even beside it.
fn connect_to_read(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    let readable = |connection: &Connection| {
        let look = "SELECT count(*) FROM sqlite_schema";
        connection.query_row(look, [], |row| row.get::<_, i64>(0))
    };
    if readable(&connection).is_ok() {
        return Ok(connection);
    }
    // In a directory that cannot be written, SQLite cannot make the file that it shares with writers.
    if !is_settled(file) {
        return Ok(connection);
    }
    let path = file.display().to_string();
    let escaped = path
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    let flags = flags | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
}

/// Whether nothing is left in the log beside a file, so that no process writes it, and none was killed.
fn is_settled(file: &Path) -> bool {
    let log = std::path::PathBuf::from(format!("{}-wal", file.display()));
    std::fs::metadata(log).map_or(true, |it| it.len() == 0)
}

fn plain(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(PATIENCE)?;
    // What is refused is not touched by closing it either.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

fn in_use(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    write_ahead(connection)?;
    // A commit is on the disk before it is reported, even if the power fails.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// Turns the write-ahead log on, once in the life of a file. SQLite does not wait by itself if
/// another process has just opened the same new file.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let start = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "wal") {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && start.elapsed() < PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            done => return done,
        }
    }
}

fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Fails if a name in the schema is no text, which the names of columns come from.
fn names_are_text(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT name, tbl_name, sql FROM sqlite_schema")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for index in 0..3 {
            row.get_ref(index)?.as_str_or_null()?;
        }
    }
    Ok(())
}

/// The version of a file that is ours and sound; 0 for an empty one.
fn check(connection: &Connection, file: &Path) -> Result<i64, StoreError> {
    let number = |name: &str| -> Result<i64, StoreError> {
        connection
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(|error| store_error(file, error))
    };
    // One look: no other process makes the file meanwhile.
    let transaction = connection
        .unchecked_transaction()
        .map_err(|error| store_error(file, error))?;
    let (mark, version) = (number("application_id")?, number("user_version")?);
    // SQLite takes a file of a few bytes for an empty one, and would write over it.
    let empty = number("page_count")? == 0
        && std::fs::metadata(file).is_ok_and(|metadata| metadata.len() == 0);
    transaction
        .commit()
        .map_err(|error| store_error(file, error))?;
    let foreign = || StoreError::Foreign {
        path: file.to_owned(),
    };
    if empty {
        return Ok(0);
    }
    if mark != APPLICATION_ID || version < 1 {
        return Err(foreign());
    }
    if version > known() {
        return Err(StoreError::Newer {
            path: file.to_owned(),
            found: version,
            known: known(),
        });
    }
    let verdict: String = connection
        .pragma_query_value(None, "quick_check", |row| row.get(0))
        .map_err(|error| store_error(file, error))?;
    if verdict != "ok" {
        return Err(damaged(file, &verdict));
    }
    names_are_text(connection)
        .and_then(|()| give_back_pages(connection))
        .map_err(|error| store_error(file, error))?;
    Ok(version)
}

/// Gives back the pages that SQLite keeps of what was read, up to 2 MB a connection, once the whole file or
/// a whole run was read (<https://www.sqlite.org/pragma.html#pragma_shrink_memory>).
pub(super) fn give_back_pages(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA shrink_memory")
}

/// All steps that are missing, as one transaction. Another process may have been faster.
fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let change = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let version: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in MIGRATIONS
        .iter()
        .skip(usize::try_from(version).unwrap_or(0))
    {
        change.execute_batch(step)?;
    }
    if (1..CHECKSUMS).contains(&version) {
        seal_all(&change)?;
    }
    change.pragma_update(None, "application_id", APPLICATION_ID)?;
    change.pragma_update(None, "user_version", known())?;
    change.commit()
}

/// Gives the rows of an earlier version their checksums, and its finished runs their digests.
fn seal_all(change: &Connection) -> rusqlite::Result<()> {
    for table in checksum::TABLES.into_iter().filter(|table| *table != "run") {
        checksum::seal(change, table, "1", [])?;
    }
    let runs: Vec<i64> = change
        .prepare("SELECT key FROM run WHERE finished_at IS NOT NULL")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for run in runs {
        let contents = verify::digest(change, run)?;
        change.execute(
            "UPDATE run SET contents = ?2 WHERE key = ?1",
            params![run, contents],
        )?;
    }
    checksum::seal(change, "run", "1", [])
}
