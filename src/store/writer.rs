//! The one thread that writes the cells of a run. What is there when it has time becomes one
//! transaction, so that many small cells cost one write to the disk; a cell is told as finished
//! only after that.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
};

use rusqlite::{Connection, Statement, Transaction, TransactionBehavior, params};
use tokio::sync::oneshot;

use super::{Place, Store, StoreError, rows, schema, told};
use crate::model::{
    coverage::{Cell, Reason, Step},
    facts::{Finished, Found},
    target::Target,
};

/// Messages of one transaction at most.
const BATCH: usize = 1000;

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

/// The way to the thread.
pub struct Writer {
    sender: Option<mpsc::Sender<Message>>,
    thread: Option<thread::JoinHandle<()>>,
    file: PathBuf,
}

impl fmt::Debug for Writer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Writer").finish_non_exhaustive()
    }
}

/// What the thread works with.
struct Desk {
    connection: Connection,
    file: PathBuf,
    run: i64,
    failure: Option<Arc<StoreError>>,
    finished: Box<dyn Fn(Cell) + Send>,
    failed: Box<dyn Fn() + Send>,
}

impl Store {
    /// Starts the writer of a run. `finished` is told of every cell that is on the disk, `failed`
    /// once if nothing can be written any more.
    pub fn writer(
        &self,
        run: i64,
        finished: impl Fn(Cell) + Send + 'static,
        failed: impl Fn() + Send + 'static,
    ) -> Result<Writer, StoreError> {
        let mut desk = Desk {
            connection: schema::open_again(&self.file)?,
            file: self.file.clone(),
            run,
            failure: None,
            finished: Box::new(finished),
            failed: Box::new(failed),
        };
        let (sender, receiver) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || desk.work(&receiver))
            .map_err(|source| StoreError::Directory {
                path: self.directory.clone(),
                source,
            })?;
        Ok(Writer {
            sender: Some(sender),
            thread: Some(thread),
            file: self.file.clone(),
        })
    }
}

impl Writer {
    /// Hands over cells that belong together: all of them are kept or none.
    pub fn cells(&self, cells: Vec<Finished>) {
        self.send(Message::Cells(cells));
    }

    /// Hands over a part.
    pub fn part(&self, part: Part) {
        self.send(Message::Part(part));
    }

    /// Waits until everything handed over is on the disk.
    pub async fn flush(&self) -> Result<(), Arc<StoreError>> {
        let (done, written) = oneshot::channel();
        self.send(Message::Flush(done));
        let gone = || StoreError::WriterGone {
            path: self.file.clone(),
        };
        written.await.unwrap_or_else(|_| Err(Arc::new(gone())))
    }

    fn send(&self, message: Message) {
        // If the thread is gone, the next flush says so.
        if let Some(sender) = &self.sender {
            let _ = sender.send(message);
        }
    }
}

impl Drop for Writer {
    /// What was handed over is written first.
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Desk {
    fn work(&mut self, receiver: &mpsc::Receiver<Message>) {
        while let Ok(first) = receiver.recv() {
            let mut batch = vec![first];
            batch.extend(receiver.try_iter().take(BATCH - 1));
            if self.failure.is_none()
                && let Err(error) = self.write(&batch)
            {
                self.failure = Some(Arc::new(told(&self.file, error)));
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

    fn write(&mut self, batch: &[Message]) -> rusqlite::Result<()> {
        if batch.iter().all(|it| matches!(it, Message::Flush(_))) {
            return Ok(());
        }
        let change = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        {
            // Prepared once, for many cells.
            let mut put = change.prepare(PUT_CELL)?;
            for message in batch {
                match message {
                    Message::Cells(cells) => {
                        for it in cells {
                            put_cell(&mut put, self.run, it)?;
                        }
                    }
                    Message::Part(part) => put_part(&change, self.run, part)?,
                    Message::Flush(_) => {}
                }
            }
        }
        change.commit()
    }
}

const PUT_CELL: &str = "INSERT OR REPLACE INTO cell (run, account_id, region, step, outcome,
    reason, error_code, message, request_id, attempts, duration_ms, found)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

fn put_cell(put: &mut Statement<'_>, run: i64, it: &Finished) -> rusqlite::Result<()> {
    let (cell, place) = (&it.cell, Place::of(&it.cell));
    let found = match &it.found {
        Found::Nothing => None,
        found => Some(rows::to_json(found)?),
    };
    put.execute(params![
        run,
        place.account(),
        place.region(),
        cell.step.name(),
        cell.outcome.name(),
        cell.reason.map(Reason::name),
        cell.error_code,
        cell.message,
        cell.request_id,
        cell.attempts,
        i64::try_from(cell.duration_ms).unwrap_or(i64::MAX),
        found,
    ])?;
    Ok(())
}

fn put_part(change: &Transaction<'_>, run: i64, part: &Part) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO part (run, account_id, region, step, name, reason, content)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    change.prepare(sql)?.execute(params![
        run,
        part.target.account_id.as_str(),
        part.target.region.as_str(),
        part.step.name(),
        part.name,
        part.reason.map(Reason::name),
        part.content,
    ])?;
    Ok(())
}
