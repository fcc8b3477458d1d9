//! Runs work that calls AWS: the one asynchronous runtime, and what cancels the work (a signal, or
//! the time limit of the settings).

use std::{future::Future, io, pin::Pin, thread, time::Duration};

use futures::future::join;
use tokio::runtime::Builder;

use crate::{aws::cancellation::CancellationToken, exit::Exit};

/// Runs `work` to its end. The first signal, or the end of `run_seconds` (0 = no limit), cancels
/// what `work` was given and calls `on_cancel`; the second signal ends the program.
///
/// One thread does all of the work: the program waits for the network, and threads that hand every answer
/// to one another take more time than they save. Signals and the limit have a thread of their own, since
/// `work` may be busy with what it read.
///
/// # Errors
///
/// If the runtime or the thread cannot be started.
pub fn block_on<T>(
    run_seconds: u64,
    on_cancel: impl Fn() + Clone + Send + 'static,
    work: impl AsyncFnOnce(CancellationToken) -> T,
) -> io::Result<T> {
    let one_thread = || Builder::new_current_thread().enable_all().build();
    let (runtime, watching) = (one_thread()?, one_thread()?);
    let (stop, done) = (CancellationToken::default(), CancellationToken::default());
    let (stops, over) = (stop.clone(), done.clone());
    let watch = async move {
        let signals = cancel_on_signal(stops.clone(), on_cancel.clone());
        let limit = cancel_after(run_seconds, stops, on_cancel);
        tokio::select! {
            () = over.cancelled() => {}
            _ = join(signals, limit) => {}
        }
    };
    let watcher = thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || watching.block_on(watch))?;
    // Boxed: the futures of the SDK are large.
    let work: Pin<Box<dyn Future<Output = T>>> = Box::pin(work(stop));
    let output = runtime.block_on(work);
    done.cancel();
    // If it panicked, its message was printed.
    let _ = watcher.join();
    Ok(output)
}

/// Keeps a limit on the size of files (`ulimit -f`) from ending the program without a word: with a handler for
/// SIGXFSZ the write fails instead, and its error states what could not be written
/// (<https://man7.org/linux/man-pages/man2/setrlimit.2.html>).
#[cfg(unix)]
pub fn outlive_file_size_limit() {
    use tokio::signal::unix::{SignalKind, signal};
    /// On Linux and macOS, on every processor that the program is built for.
    const SIGXFSZ: i32 = 25;
    // The handler stays when the runtime is gone. Without it the program does what it always did.
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        let _entered = runtime.enter();
        drop(signal(SignalKind::from_raw(SIGXFSZ)));
    }
}

/// Keeps a limit on the size of files from ending the program: no such limits are known here.
#[cfg(not(unix))]
pub fn outlive_file_size_limit() {}

async fn cancel_after(run_seconds: u64, stop: CancellationToken, on_cancel: impl Fn()) {
    if run_seconds > 0 {
        tokio::time::sleep(Duration::from_secs(run_seconds)).await;
        stop.cancel();
        on_cancel();
    }
}

async fn cancel_on_signal(stop: CancellationToken, on_cancel: impl Fn()) {
    signal().await;
    stop.cancel();
    on_cancel();
    signal().await;
    std::process::exit(i32::from(Exit::Failed.code()));
}

/// Waits for Ctrl-C (SIGINT), SIGTERM or SIGHUP (the terminal is closed).
#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    async fn received(signal: Option<Signal>) {
        match signal {
            Some(mut signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }
    let hangup = (!ignores_hangup()).then(|| signal(SignalKind::hangup()).ok());
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = received(signal(SignalKind::terminate()).ok()) => {}
        () = received(hangup.flatten()) => {}
    }
}

/// Whether SIGHUP was ignored when the program began, as under `nohup`: it stays ignored. Linux
/// shows; elsewhere a program without a terminal counts as one under `nohup`.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    use std::io::IsTerminal;
    match std::fs::read_to_string("/proc/self/status") {
        Ok(status) => hangup_in(&status),
        Err(_) => !(io::stdout().is_terminal() || io::stderr().is_terminal()),
    }
}

/// Reads the mask of ignored signals, whose first bit is SIGHUP
/// (<https://man7.org/linux/man-pages/man5/proc_pid_status.5.html>).
#[cfg(unix)]
fn hangup_in(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

#[cfg(not(unix))]
async fn signal() {
    drop(tokio::signal::ctrl_c().await);
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_hangup_that_nohup_ignores_is_known_by_the_first_bit_of_the_mask() {
        assert!(hangup_in("Name:\tx\nSigIgn:\t0000000000001001\n"));
        assert!(!hangup_in("SigIgn:\t0000000000001000\n"));
        assert!(!hangup_in(""));
    }
}
