//! What waits to be written. The writer is woken for the first message of a transaction, and before its
//! time is over only if somebody waits for what was handed over: waking a thread for each cell takes as
//! much as writing it.

use std::{
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long a transaction waits for more, unless somebody waits for it.
const GATHER: Duration = Duration::from_millis(100);

/// So many messages are written without waiting for more.
const BATCH: usize = 1000;

/// The messages, in the order in which they were handed over.
pub(super) struct Queue<M> {
    waiting: Mutex<Waiting<M>>,
    woken: Condvar,
}

struct Waiting<M> {
    messages: Vec<M>,
    /// Whether somebody waits for one of them.
    urgent: bool,
    /// Whether nobody hands over any more.
    closed: bool,
    /// Whether nobody reads any more.
    abandoned: bool,
}

/// The reading end. Once it is dropped, messages are dropped too.
pub(super) struct Reader<M>(pub(super) Arc<Queue<M>>);

impl<M> Default for Queue<M> {
    fn default() -> Self {
        let waiting = Waiting {
            messages: Vec::new(),
            urgent: false,
            closed: false,
            abandoned: false,
        };
        Self {
            waiting: Mutex::new(waiting),
            woken: Condvar::new(),
        }
    }
}

impl<M> Queue<M> {
    /// Hands a message over; `urgent` if somebody waits for it.
    pub(super) fn send(&self, message: M, urgent: bool) {
        let mut waiting = self.lock();
        if waiting.abandoned {
            return;
        }
        waiting.urgent |= urgent;
        waiting.messages.push(message);
        if waiting.urgent || [1, BATCH].contains(&waiting.messages.len()) {
            self.woken.notify_one();
        }
    }

    /// Ends the reading, once everything is read.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.woken.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<M>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> Reader<M> {
    /// The messages of one transaction: those that come until the time is over, somebody waits for what
    /// was handed over, or nobody hands over any more. Nothing if none comes for so long; none at the end.
    pub(super) fn batch(&self, idle: Duration) -> Option<Vec<M>> {
        let queue = &self.0;
        let is_empty = |it: &mut Waiting<M>| it.messages.is_empty() && !it.closed;
        let waiting = queue.woken.wait_timeout_while(queue.lock(), idle, is_empty);
        let (waiting, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        if waiting.messages.is_empty() {
            return (!waiting.closed).then(Vec::new);
        }
        let gathers = |it: &mut Waiting<M>| !it.urgent && !it.closed && it.messages.len() < BATCH;
        let waiting = queue.woken.wait_timeout_while(waiting, GATHER, gathers);
        let (mut waiting, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        waiting.urgent = false;
        Some(mem::take(&mut waiting.messages))
    }
}

impl<M> Drop for Reader<M> {
    /// Also if the thread panicked: whoever waits for a message must not wait for ever.
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.abandoned = true;
        waiting.messages.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Instant};

    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn what_somebody_waits_for_is_read_at_once_with_all_before_it() {
        let queue = Arc::new(Queue::default());
        let reader = Reader(Arc::clone(&queue));
        queue.send(1, false);
        queue.send(2, true);
        let begin = Instant::now();
        assert_eq!(reader.batch(Duration::from_mins(1)).unwrap().len(), 2);
        assert!(begin.elapsed() < GATHER);
        assert!(reader.batch(Duration::ZERO).unwrap().is_empty(), "idle");
        queue.send(1, false);
        queue.close();
        assert_eq!(reader.batch(Duration::from_mins(1)).unwrap().len(), 1);
        assert!(reader.batch(Duration::from_mins(1)).is_none(), "the end");
    }

    #[test]
    fn messages_that_come_one_by_one_are_read_together() {
        let queue = Arc::new(Queue::default());
        let reader = Reader(Arc::clone(&queue));
        let sender = thread::spawn(move || {
            for _ in 0..5 {
                queue.send(1, false);
                thread::sleep(Duration::from_millis(1));
            }
            queue
        });
        let mut read = Vec::new();
        while read.iter().sum::<usize>() < 5 {
            read.push(reader.batch(Duration::from_mins(1)).unwrap().len());
        }
        drop(sender.join().unwrap());
        assert!(read.len() < 5, "{read:?}");
    }

    #[test]
    fn who_waits_for_a_reader_that_is_gone_waits_no_longer() {
        let queue = Arc::new(Queue::default());
        let reader = Reader(Arc::clone(&queue));
        let (before, mut written_before) = oneshot::channel::<()>();
        queue.send(before, true);
        drop(reader);
        let (after, mut written_after) = oneshot::channel();
        queue.send(after, true);
        assert!(written_before.try_recv().is_err() && written_after.try_recv().is_err());
        assert!(queue.lock().messages.is_empty());
    }
}
