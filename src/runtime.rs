//! Runs work that calls AWS: the one asynchronous runtime, and what cancels the work (a signal, or
//! the time limit of the settings).

use std::{future::Future, io, pin::Pin, time::Duration};

use crate::{aws::stop::Stop, exit::Exit};

/// Runs `work` to its end. The first signal, or the end of `run_seconds` (0 = no limit), cancels
/// what `work` was given and calls `on_cancel`; the second signal ends the program.
///
/// # Errors
///
/// If the runtime cannot be started.
pub fn block_on<T>(
    run_seconds: u64,
    on_cancel: impl Fn() + Clone + Send + 'static,
    work: impl AsyncFnOnce(Stop) -> T,
) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(async {
        let stop = Stop::default();
        let signals = tokio::spawn(cancel_on_signal(stop.clone(), on_cancel.clone()));
        let limit = tokio::spawn(cancel_after(run_seconds, stop.clone(), on_cancel));
        // Boxed: the futures of the SDK are large.
        let work: Pin<Box<dyn Future<Output = T>>> = Box::pin(work(stop));
        let done = work.await;
        signals.abort();
        limit.abort();
        done
    }))
}

async fn cancel_after(run_seconds: u64, stop: Stop, on_cancel: impl Fn()) {
    if run_seconds > 0 {
        tokio::time::sleep(Duration::from_secs(run_seconds)).await;
        stop.stop();
        on_cancel();
    }
}

async fn cancel_on_signal(stop: Stop, on_cancel: impl Fn()) {
    signal().await;
    stop.stop();
    on_cancel();
    signal().await;
    std::process::exit(i32::from(Exit::Failed.code()));
}

/// Waits for Ctrl-C (SIGINT) or SIGTERM.
#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn signal() {
    drop(tokio::signal::ctrl_c().await);
}
