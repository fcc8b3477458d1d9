//! That all query slots of an account are taken is no fault to be repeated by the SDK, which would
//! spend the retries of all the account's calls on it: it is waited out here.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::operation::start_query::StartQueryError;
use aws_smithy_runtime_api::client::{
    interceptors::context::InterceptorContext,
    orchestrator::OrchestratorError,
    retries::classifiers::{ClassifyRetry, RetryAction},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::time::Instant;

/// What StartQuery answers where as many queries run as the account may have.
pub(super) const NO_SLOT: &str = "LimitExceededException";

/// Leaves the answer "no slot" to the caller.
#[derive(Debug)]
pub(super) struct WaitedOutElsewhere;

impl ClassifyRetry for WaitedOutElsewhere {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let code = context
            .output_or_error()
            .and_then(Result::err)
            .and_then(OrchestratorError::as_operation_error)
            .and_then(|error| error.downcast_ref::<StartQueryError>())
            .and_then(ProvideErrorMetadata::code);
        if code == Some(NO_SLOT) {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "slots of Logs Insights"
    }
}

/// How long a slot is waited for.
#[derive(Debug)]
pub(super) struct Patience {
    length: Duration,
    deadline: Instant,
}

impl Patience {
    pub(super) fn new(length: Duration) -> Self {
        Self {
            length,
            deadline: Instant::now() + length,
        }
    }

    /// Whether to go on waiting. As long as queries of this scan run there, one of them will end
    /// and free a slot: the time begins when none does.
    pub(super) fn lasts(&mut self, own_queries: usize, now: Instant) -> bool {
        if own_queries > 0 {
            self.deadline = now + self.length;
        }
        now < self.deadline
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::interceptors::context::{Error, Input};
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    #[test]
    fn a_slot_is_waited_for_as_long_as_own_queries_run_and_then_for_the_time_that_is_set() {
        let minute = Duration::from_mins(1);
        let mut patience = Patience::new(minute);
        let mut now = Instant::now();
        for _ in 0..9 {
            now += minute * 2;
            assert!(patience.lasts(1, now));
        }
        assert!(patience.lasts(0, now + minute - Duration::from_secs(1)));
        assert!(!patience.lasts(0, now + minute));
    }

    fn verdict(code: &'static str) -> RetryAction {
        let told = ErrorMetadata::builder().code(code).build();
        let error = Error::erase(StartQueryError::generic(told));
        let mut context = InterceptorContext::new(Input::doesnt_matter());
        context.set_output_or_error(Err(OrchestratorError::operation(error)));
        WaitedOutElsewhere.classify_retry(&context)
    }

    #[test]
    fn only_the_lack_of_a_slot_is_left_to_the_caller() {
        assert_eq!(verdict(NO_SLOT), RetryAction::RetryForbidden);
        assert_eq!(
            verdict("ThrottlingException"),
            RetryAction::NoActionIndicated
        );
    }
}
