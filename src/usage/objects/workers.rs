//! Objects from the network to the threads that count: fetchers, bounded channels, workers.

use std::{
    io::{self, Read},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use futures::{StreamExt, stream};
use tokio::sync::mpsc;

use super::{bucket::Bucket, object_list::Object};
use crate::{
    aws::cancellation::cancelled,
    model::coverage::{Failure, Reason},
};

/// Chunks of an object that wait for its worker; a chunk is what the network delivers at once.
const CHUNKS: usize = 4;

/// Bytes of a file at once.
const FILE_CHUNK: usize = 64 << 10;

/// Counts what objects hold. One is made for each worker.
pub(super) trait Count: Send + 'static {
    /// Counts one object.
    fn object(&mut self, key: &str, body: Body) -> Result<(), Failure>;

    /// Adds what another counted.
    fn absorb(&mut self, other: Self);
}

/// The bytes of an object as they arrive.
pub(super) struct Body {
    chunks: mpsc::Receiver<Result<Vec<u8>, Failure>>,
    chunk: Vec<u8>,
    at: usize,
    failure: Arc<Mutex<Option<Failure>>>,
}

impl Body {
    fn new(chunks: mpsc::Receiver<Result<Vec<u8>, Failure>>) -> Self {
        Self {
            chunks,
            chunk: Vec::new(),
            at: 0,
            failure: Arc::default(),
        }
    }

    /// Where the failure is found that ended the bytes.
    pub(super) fn failure(&self) -> Arc<Mutex<Option<Failure>>> {
        Arc::clone(&self.failure)
    }

    #[cfg(test)]
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        let (_, chunks) = mpsc::channel(1);
        Self {
            chunk: bytes,
            ..Self::new(chunks)
        }
    }
}

/// The failure that ended a body, else what is wrong with what it holds.
pub(super) fn broken(failure: &Mutex<Option<Failure>>, key: &str, why: &io::Error) -> Failure {
    let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
    failure.take().unwrap_or_else(|| {
        Failure::new(
            Reason::InvalidResponse,
            format!("object `{key}` cannot be unpacked: {why}"),
        )
    })
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.chunk.len() {
            match self.chunks.blocking_recv() {
                None => return Ok(0),
                Some(Ok(chunk)) => (self.chunk, self.at) = (chunk, 0),
                Some(Err(failure)) => {
                    let mut kept = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                    *kept = Some(failure);
                    return Err(io::Error::other("the object could not be read to its end"));
                }
            }
        }
        let rest = self.chunk.get(self.at..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        self.at += length;
        Ok(length)
    }
}

type Job = (String, Body);

/// Where the bytes of objects come from.
#[derive(Clone, Copy)]
pub(super) enum Origin<'b> {
    Bucket(&'b Bucket),
    /// Files, whose paths are the keys.
    Files,
}

/// Reads all objects of a unit. Returns what was counted, and the bytes that were read.
pub(super) async fn read<C: Count>(
    origin: Origin<'_>,
    objects: impl IntoIterator<Item = Object, IntoIter: ExactSizeIterator>,
    (threads, fetchers): (usize, usize),
    counter: impl Fn() -> C,
) -> Result<(C, u64), Failure> {
    let (jobs, queue) = mpsc::channel::<Job>(1);
    let queue = Arc::new(Mutex::new(queue));
    let failed = Arc::new(AtomicBool::new(false));
    let objects = objects.into_iter();
    let threads = threads.min(objects.len()).max(1);
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let (queue, failed, counter) = (Arc::clone(&queue), Arc::clone(&failed), counter());
            tokio::task::spawn_blocking(move || {
                let result = work(&queue, counter, &failed);
                if result.is_err() {
                    failed.store(true, Ordering::Relaxed);
                }
                result
            })
        })
        .collect();
    drop(queue);
    let bytes = AtomicU64::new(0);
    stream::iter(objects)
        .for_each_concurrent(fetchers, |object| {
            let (jobs, failed, bytes) = (jobs.clone(), &failed, &bytes);
            async move {
                if failed.load(Ordering::Relaxed) {
                    return;
                }
                let (chunks, body) = mpsc::channel(CHUNKS);
                if jobs
                    .send((object.key.clone(), Body::new(body)))
                    .await
                    .is_ok()
                {
                    match origin {
                        Origin::Bucket(bucket) => fetch(bucket, &object, &chunks, bytes).await,
                        Origin::Files => read_file(&object.key, &chunks, bytes).await,
                    }
                }
            }
        })
        .await;
    drop(jobs);
    let mut all: Option<C> = None;
    for worker in workers {
        let ended = worker.await;
        // Only what an object holds, as Parquet, can end a worker.
        let sums = ended.map_err(|error| {
            let why = format!("an object of the unit cannot be read: {error}");
            Failure::new(Reason::InvalidResponse, why)
        })??;
        match &mut all {
            Some(all) => all.absorb(sums),
            none => *none = Some(sums),
        }
    }
    Ok((all.unwrap_or_else(counter), bytes.into_inner()))
}

fn work<C: Count>(
    queue: &Mutex<mpsc::Receiver<Job>>,
    mut counter: C,
    failed: &AtomicBool,
) -> Result<C, Failure> {
    loop {
        let job = {
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.blocking_recv()
        };
        let Some((key, body)) = job else {
            return Ok(counter);
        };
        if !failed.load(Ordering::Relaxed) {
            counter.object(&key, body)?;
        }
    }
}

/// Hands over the bytes of an object. A body that breaks off is continued once where it ended, and a key that
/// is gone is asked for once more.
async fn fetch(
    bucket: &Bucket,
    object: &Object,
    chunks: &mpsc::Sender<Result<Vec<u8>, Failure>>,
    bytes: &AtomicU64,
) {
    let (stop, budget) = (bucket.session().cancellation(), bucket.session().budget());
    let mut at: u64 = 0;
    for last in [false, true] {
        let (failure, again) = match bucket.get(&object.key, at).await {
            Err(failure) => {
                let gone = failure.code.as_deref() == Some("NoSuchKey");
                let reason = if gone {
                    Reason::InvalidResponse
                } else {
                    failure.reason
                };
                (Failure { reason, ..failure }, gone)
            }
            Ok(mut body) => loop {
                let chunk = tokio::select! {
                    biased;
                    () = stop.cancelled() => break (cancelled(), false),
                    () = budget.reached() => break (budget.refusal(), false),
                    chunk = body.next() => chunk,
                };
                match chunk {
                    Some(Ok(chunk)) => {
                        let length = chunk.len() as u64;
                        at += length;
                        budget.charge(length);
                        bytes.fetch_add(length, Ordering::Relaxed);
                        if chunks.send(Ok(chunk.to_vec())).await.is_err() {
                            return;
                        }
                    }
                    None if at >= object.size => return,
                    ended => break (ended_early(object, at, ended.and_then(Result::err)), true),
                }
            },
        };
        if last || !again {
            let _ = chunks.send(Err(failure)).await;
            return;
        }
    }
}

/// Hands over the bytes of a file.
async fn read_file(path: &str, chunks: &mpsc::Sender<Result<Vec<u8>, Failure>>, bytes: &AtomicU64) {
    let failed = |why: io::Error| Failure::new(Reason::Other, format!("`{path}`: {why}"));
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(why) => return drop(chunks.send(Err(failed(why))).await),
    };
    loop {
        let mut chunk = vec![0; FILE_CHUNK];
        let read = file.read(&mut chunk).map_err(failed);
        let length = *read.as_ref().unwrap_or(&0);
        chunk.truncate(length);
        bytes.fetch_add(length as u64, Ordering::Relaxed);
        let is_last = length == 0;
        if is_last && read.is_ok() {
            return;
        }
        let sent = chunks.send(read.map(|_| chunk)).await;
        if is_last || sent.is_err() {
            return;
        }
    }
}

fn ended_early(object: &Object, at: u64, why: Option<impl std::fmt::Display>) -> Failure {
    let why = why.map(|it| format!(": {it}")).unwrap_or_default();
    let (key, size) = (&object.key, object.size);
    let why = format!("object `{key}` ended after {at} of {size} bytes{why}");
    Failure::new(Reason::InvalidResponse, why)
}
