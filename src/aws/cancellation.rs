//! Cancellation: work that ends early when the run is stopped.
//!
//! The token is tokio-util's; every session holds a clone of the run's one.

use std::time::Duration;

use tokio::time::sleep;
pub use tokio_util::sync::CancellationToken;

use crate::model::coverage::{Failure, Reason};

/// Runs `work` unless and until the token is cancelled.
///
/// # Errors
///
/// That of `work`, or [`cancelled`].
pub async fn unless_cancelled<T>(
    token: &CancellationToken,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        () = token.cancelled() => Err(cancelled()),
        output = work => output,
    }
}

/// Runs `work`, for no longer than `grace` once the token is cancelled.
///
/// # Errors
///
/// That of `work`, or [`cancelled`].
pub async fn with_grace<T>(
    token: &CancellationToken,
    grace: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let over = async {
        token.cancelled().await;
        sleep(grace).await;
    };
    tokio::select! {
        output = work => output,
        () = over => Err(cancelled()),
    }
}

/// The failure of work that was cancelled.
pub fn cancelled() -> Failure {
    Failure::new(Reason::Cancelled, "stopped before it was done")
}
