//! Counts for the coverage: HTTP attempts, repeats included, and items of answers that could not be
//! used.
//!
//! The SDK runs a call within the task that awaits it, so a task-local counter sees exactly the
//! attempts of the future that [`counted`] wraps.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::Future,
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef},
            dyn_dispatch_hint,
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;

use super::traffic;

tokio::task_local! {
    static COUNTS: Counts;
}

/// What was counted while a future ran.
#[derive(Debug, Default)]
pub struct Counts {
    attempts: Cell<u32>,
    unusable: RefCell<BTreeMap<&'static str, u64>>,
}

impl Counts {
    /// HTTP attempts, repeats included.
    pub fn attempts(&self) -> u32 {
        self.attempts.get()
    }

    /// Adds what another future counted.
    pub fn absorb(&self, other: &Self) {
        self.attempts
            .set(self.attempts.get() + other.attempts.get());
        let mut unusable = self.unusable.borrow_mut();
        for (field, count) in other.unusable.borrow().iter() {
            *unusable.entry(*field).or_default() += count;
        }
    }

    /// A remark on the items that were left out because they lack a field, if there are any.
    pub fn remark(&self) -> Option<String> {
        let unusable = self.unusable.borrow();
        let items = unusable
            .iter()
            .map(|(field, count)| format!("{count} without a usable `{field}`"));
        let items: Vec<_> = items.collect();
        (!items.is_empty()).then(|| format!("items left out: {}", items.join(", ")))
    }
}

/// Runs `future` and returns what was counted meanwhile.
pub async fn counted<F: Future>(future: F) -> (F::Output, Counts) {
    COUNTS
        .scope(Counts::default(), async {
            let output = future.await;
            let counts = COUNTS.with(|counts| Counts {
                attempts: counts.attempts.clone(),
                unusable: RefCell::new(counts.unusable.take()),
            });
            (output, counts)
        })
        .await
}

/// Counts an item of an answer that is left out because it lacks a field.
pub fn count_unusable(field: &'static str) {
    // Outside of `counted` nobody asks.
    let _ = COUNTS.try_with(|counts| {
        *counts.unusable.borrow_mut().entry(field).or_default() += 1;
    });
}

/// The interceptor that counts; every client carries it.
#[derive(Debug)]
pub struct CountAttempts;

#[dyn_dispatch_hint]
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
        let _ = COUNTS.try_with(|counts| counts.attempts.set(counts.attempts.get() + 1));
        traffic::count_request();
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(answer) = context.response() {
            traffic::read_answer(answer, Timestamp::now());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn items_that_lack_a_field_are_counted_by_the_field() {
        let ((), counts) = counted(async {
            count_unusable("VpcEndpoint.State");
            count_unusable("VpcEndpoint.State");
            count_unusable("Vpc.VpcId");
        })
        .await;
        assert_eq!(
            counts.remark().unwrap(),
            "items left out: 1 without a usable `Vpc.VpcId`, 2 without a usable `VpcEndpoint.State`"
        );
        let ((), counts) = counted(async {}).await;
        assert_eq!((counts.remark(), counts.attempts()), (None, 0));
    }
}
