//! Counting HTTP attempts, repeats included, for the coverage.
//!
//! The SDK runs a call within the task that awaits it, so a task-local counter sees exactly the
//! attempts of the future that [`counted`] wraps.

use std::{cell::Cell, future::Future};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextRef},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

tokio::task_local! {
    static ATTEMPTS: Cell<u32>;
}

/// Runs `future` and tells how many attempts its calls made.
pub async fn counted<F: Future>(future: F) -> (F::Output, u32) {
    ATTEMPTS
        .scope(Cell::new(0), async {
            let output = future.await;
            (output, ATTEMPTS.with(Cell::get))
        })
        .await
}

/// The interceptor that counts; every client carries it.
#[derive(Debug)]
pub struct CountAttempts;

impl Intercept for CountAttempts {
    fn name(&self) -> &'static str {
        "CountAttempts"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Outside of `counted` nobody asks.
        let _ = ATTEMPTS.try_with(|attempts| attempts.set(attempts.get() + 1));
        Ok(())
    }
}
