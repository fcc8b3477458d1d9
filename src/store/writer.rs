//! The one thread that writes the cells of a run. What comes within a tenth of a second becomes one
//! transaction, so that many small cells cost one write to the disk; a cell is reported as finished
//! only after that. If the program is killed meanwhile, these cells are asked again.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use rusqlite::{
    Connection, Statement, Transaction, TransactionBehavior, params_from_iter,
    types::{ToSqlOutput, ValueRef},
};
use tokio::sync::oneshot;

use super::{
    Place, Store, StoreError, checksum,
    queue::{Queue, Reader},
    rows, schema, store_error,
};
use crate::model::{
    coverage::{Cell, Reason, Step},
    facts::{Finished, Found},
    target::Target,
};

/// How often an idle writer looks whether its file is still there.
const LOOK: Duration = Duration::from_secs(1);

/// A piece of a step that is kept by itself.
#[derive(Clone, Debug)]
pub struct Part {
    /// The owner of what was read.
    pub target: Target,
    /// The step.
    pub step: Step,
    /// What was read.
    pub name: String,
    /// Why it is not all of it.
    pub reason: Option<Reason>,
    /// What it held, JSON.
    pub content: String,
}

enum Message {
    /// All or none of them.
    Cells(Vec<Finished>),
    Part(Part),
    Flush(oneshot::Sender<Result<(), Arc<StoreError>>>),
}

/// The channel to the thread.
pub struct Writer {
    queue: Arc<Queue<Message>>,
    thread: Option<thread::JoinHandle<()>>,
    file: PathBuf,
}

impl fmt::Debug for Writer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Writer").finish_non_exhaustive()
    }
}

/// What the thread works with.
struct WriterThread {
    connection: Connection,
    file: PathBuf,
    run: i64,
    /// The file as it was opened, where the system distinguishes files.
    identity: Option<(u64, u64)>,
    failure: Option<Arc<StoreError>>,
    finished: Box<dyn Fn(Cell) + Send>,
    failed: Box<dyn Fn() + Send>,
}

impl Store {
    /// Starts the writer of a run. `finished` hears of every cell that is on the disk, `failed`
    /// once if nothing can be written any more.
    pub fn writer(
        &self,
        run: i64,
        finished: impl Fn(Cell) + Send + 'static,
        failed: impl Fn() + Send + 'static,
    ) -> Result<Writer, StoreError> {
        let mut worker = WriterThread {
            connection: schema::open_again(&self.file)?,
            file: self.file.clone(),
            run,
            identity: identity(&self.file),
            failure: None,
            finished: Box::new(finished),
            failed: Box::new(failed),
        };
        let queue = Arc::new(Queue::default());
        let messages = Reader(Arc::clone(&queue));
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || worker.work(&messages))
            .map_err(|source| StoreError::Directory {
                path: self.directory.clone(),
                source,
            })?;
        Ok(Writer {
            queue,
            thread: Some(thread),
            file: self.file.clone(),
        })
    }
}

impl Writer {
    /// Hands over cells that belong together: all of them are kept or none.
    pub fn cells(&self, cells: Vec<Finished>) {
        self.queue.send(Message::Cells(cells), false);
    }

    /// Hands over a part.
    pub fn part(&self, part: Part) {
        self.queue.send(Message::Part(part), false);
    }

    /// Waits until everything handed over is on the disk.
    pub async fn flush(&self) -> Result<(), Arc<StoreError>> {
        let (done, written) = oneshot::channel();
        // If the thread is gone, the message is dropped, and so is `done`.
        self.queue.send(Message::Flush(done), true);
        let gone = || StoreError::WriterGone {
            path: self.file.clone(),
        };
        written.await.unwrap_or_else(|_| Err(Arc::new(gone())))
    }
}

impl Drop for Writer {
    /// What was handed over is written first.
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl WriterThread {
    fn work(&mut self, messages: &Reader<Message>) {
        while let Some(batch) = messages.batch(LOOK) {
            if self.failure.is_none()
                && let Err(error) = self.check_file().and_then(|()| {
                    self.write(&batch)
                        .map_err(|error| store_error(&self.file, error))
                })
            {
                self.failure = Some(Arc::new(error));
                (self.failed)();
            }
            for message in batch {
                match message {
                    Message::Cells(cells) if self.failure.is_none() => {
                        for it in cells {
                            (self.finished)(it.cell);
                        }
                    }
                    Message::Flush(done) => {
                        // Nobody waits any more: fine.
                        let _ = done.send(self.failure.clone().map_or(Ok(()), Err));
                    }
                    Message::Cells(_) | Message::Part(_) => {}
                }
            }
        }
    }

    /// What is written to a file that was removed is lost, though the system lets it be written.
    fn check_file(&self) -> Result<(), StoreError> {
        if identity(&self.file) == self.identity {
            return Ok(());
        }
        Err(StoreError::Removed {
            path: self.file.clone(),
        })
    }

    fn write(&mut self, batch: &[Message]) -> rusqlite::Result<()> {
        if batch.iter().all(|it| matches!(it, Message::Flush(_))) {
            return Ok(());
        }
        let change = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        {
            // Prepared once, for many cells.
            let mut put_cells = put(&change, "cell", CELL_COLUMNS)?;
            let mut put_parts = put(&change, "part", PART_COLUMNS)?;
            for message in batch {
                match message {
                    Message::Cells(cells) => {
                        for it in cells {
                            put_cell(&mut put_cells, self.run, it)?;
                        }
                    }
                    Message::Part(part) => put_part(&mut put_parts, self.run, part)?,
                    Message::Flush(_) => {}
                }
            }
        }
        change.commit()
    }
}

/// Device and number of a file; none if it is not there, or the system has no such numbers.
fn identity(file: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::metadata(file).ok()?;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        std::fs::metadata(file).ok().map(|_| (0, 0))
    }
}

pub(super) const CELL_COLUMNS: [&str; 13] = [
    "run",
    "account_id",
    "region",
    "step",
    "outcome",
    "reason",
    "error_code",
    "message",
    "request_id",
    "attempts",
    "duration_ms",
    "again",
    "found",
];
pub(super) const PART_COLUMNS: [&str; 8] = [
    "run",
    "account_id",
    "region",
    "step",
    "name",
    "reason",
    "again",
    "content",
];

/// The columns that a row is found by.
const KEYS: [&str; 5] = ["run", "account_id", "region", "step", "name"];

/// The statement that writes a row with its checksum, in the place of the one that was there. `OR REPLACE`
/// would do the same, but SQLite then keeps a journal of 64 KiB for each row that is written.
pub(super) fn put<'c, const N: usize>(
    connection: &'c Connection,
    table: &str,
    columns: [&str; N],
) -> rusqlite::Result<Statement<'c>> {
    let places: Vec<String> = (1..=N).map(|number| format!("?{number}, ")).collect();
    let places = places.concat();
    let contents = columns.iter().filter(|it| !KEYS.contains(it));
    let contents = contents.chain([&checksum::COLUMN]);
    let contents: Vec<String> = contents.map(|it| format!("{it} = excluded.{it}")).collect();
    connection.prepare(&format!(
        "INSERT INTO {table} ({}, {}) VALUES ({places}?{}) ON CONFLICT DO UPDATE SET {}",
        columns.join(", "),
        checksum::COLUMN,
        N + 1,
        contents.join(", ")
    ))
}

/// Writes a row with its checksum.
pub(super) fn put_row<const N: usize>(
    put: &mut Statement<'_>,
    columns: [&str; N],
    values: [ValueRef<'_>; N],
) -> rusqlite::Result<()> {
    let checksum = checksum::of(columns.into_iter().zip(values));
    let values = values.map(ToSqlOutput::Borrowed);
    let all = values.into_iter().chain([ToSqlOutput::from(checksum)]);
    put.execute(params_from_iter(all)).map(drop)
}

pub(super) fn put_cell(put: &mut Statement<'_>, run: i64, it: &Finished) -> rusqlite::Result<()> {
    let (cell, place) = (&it.cell, Place::of(&it.cell));
    let found = match &it.found {
        Found::Nothing => None,
        found => Some(rows::to_json(found)?),
    };
    let values = [
        ValueRef::Integer(run),
        text(place.account()),
        text(place.region()),
        text(cell.step.name()),
        text(cell.outcome.name()),
        optional(cell.reason.map(Reason::name)),
        optional(cell.error_code.as_deref()),
        optional(cell.message.as_deref()),
        optional(cell.request_id.as_deref()),
        ValueRef::Integer(cell.attempts.into()),
        ValueRef::Integer(i64::try_from(cell.duration_ms).unwrap_or(i64::MAX)),
        ValueRef::Integer(0),
        optional(found.as_deref()),
    ];
    put_row(put, CELL_COLUMNS, values)
}

pub(super) fn put_part(put: &mut Statement<'_>, run: i64, part: &Part) -> rusqlite::Result<()> {
    let values = [
        ValueRef::Integer(run),
        text(part.target.account_id.as_str()),
        text(part.target.region.as_str()),
        text(part.step.name()),
        text(&part.name),
        optional(part.reason.map(Reason::name)),
        ValueRef::Integer(0),
        text(&part.content),
    ];
    put_row(put, PART_COLUMNS, values)
}

fn text(text: &str) -> ValueRef<'_> {
    ValueRef::Text(text.as_bytes())
}

fn optional(value: Option<&str>) -> ValueRef<'_> {
    value.map_or(ValueRef::Null, text)
}
