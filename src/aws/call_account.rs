//! The account that a call is made for. Building a client costs as much as a call of it, so a service has
//! one client in each Region, which all accounts share: what differs from account to account, the
//! credentials and the retries that may still be spent, goes with the task that calls.
//!
//! The SDK runs a call within the task that awaits it, so a task-local account is that of every call of
//! the future that [`CallAccount::scope`] wraps. Outside of it there are no credentials.

use std::{future::Future, sync::Arc, task::Poll};

use aws_config::{SdkConfig, identity::IdentityCache};
use aws_credential_types::provider::{
    ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
};
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept, context::BeforeSerializationInterceptorContextMut, dyn_dispatch_hint,
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use futures::poll;

use super::{credentials::Renewable, preparation};

tokio::task_local! {
    static ACCOUNT: Arc<CallAccount>;
}

/// What the calls of an account have for themselves.
#[derive(Debug)]
pub struct CallAccount {
    /// None where there are none to be found.
    credentials: Option<Renewable>,
    /// An account that is throttled spends the retries of no other.
    retry_partition: RetryPartition,
}

impl CallAccount {
    /// The account with these credentials.
    pub fn new(credentials: Option<Renewable>, retry_partition: RetryPartition) -> Arc<Self> {
        Arc::new(Self {
            credentials,
            retry_partition,
        })
    }

    /// Runs `work`, whose calls are calls of the account, and wait for their turns to be prepared.
    pub fn scope<F: Future>(self: &Arc<Self>, work: F) -> impl Future<Output = F::Output> {
        ACCOUNT.scope(Arc::clone(self), preparation::scope(work))
    }
}

/// `like`, for clients that accounts share.
pub fn shared(like: &SdkConfig) -> SdkConfig {
    like.to_builder()
        .credentials_provider(SharedCredentialsProvider::new(CallCredentials))
        // Every attempt asks the account, which keeps them.
        .identity_cache(IdentityCache::no_cache())
        .build()
}

/// The credentials of the account that calls.
#[derive(Debug)]
struct CallCredentials;

impl ProvideCredentials for CallCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let account = ACCOUNT.try_with(Arc::clone).ok();
        future::ProvideCredentials::new(async move {
            match account.as_ref().and_then(|it| it.credentials.as_ref()) {
                Some(credentials) => {
                    let mut found = credentials.provide_credentials();
                    match poll!(&mut found) {
                        Poll::Ready(found) => found,
                        Poll::Pending => {
                            // They are fetched: nobody else has to wait for that.
                            preparation::end();
                            found.await
                        }
                    }
                }
                None => Err(CredentialsError::not_loaded("no credentials found")),
            }
        })
    }
}

/// The interceptor that lets a call spend the retries of its account; every shared client carries it.
#[derive(Debug)]
pub struct RetriesOfAccount;

#[dyn_dispatch_hint]
impl Intercept for RetriesOfAccount {
    fn name(&self) -> &'static str {
        "RetriesOfAccount"
    }

    fn modify_before_serialization(
        &self,
        _context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let partition = ACCOUNT.try_with(|it| it.retry_partition.clone());
        if let Ok(partition) = partition {
            bag.interceptor_state().store_put(partition);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::*;

    fn account(key: &str) -> Arc<CallAccount> {
        let credentials = Credentials::new(key, "secret", None, None, "test");
        let source = SharedCredentialsProvider::new(credentials);
        let partition = RetryPartition::custom(key.to_owned()).build();
        CallAccount::new(Some(Renewable::new(source, None)), partition)
    }

    async fn key() -> Option<String> {
        tokio::task::yield_now().await;
        let credentials = CallCredentials.provide_credentials().await.ok()?;
        Some(credentials.access_key_id().to_owned())
    }

    #[tokio::test]
    async fn calls_that_run_side_by_side_use_the_credentials_of_their_own_account() {
        let (one, two) = (account("one"), account("two"));
        let within = one.scope(async { (key().await, two.scope(key()).await, key().await) });
        let ((first, inner, last), beside) = tokio::join!(within, two.scope(key()));
        assert_eq!(
            [first, inner, last, beside].map(Option::unwrap),
            ["one", "two", "one", "two"]
        );
        assert_eq!(key().await, None, "outside");
    }

    #[tokio::test]
    async fn a_call_spends_the_retries_of_its_own_account() {
        let partition_of = |bag: &mut ConfigBag| {
            let mut context =
                aws_smithy_runtime_api::client::interceptors::context::InterceptorContext::new(
                    aws_smithy_runtime_api::client::interceptors::context::Input::erase(()),
                );
            let components =
                aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder::for_tests();
            let components = components.build().unwrap();
            let mut context = BeforeSerializationInterceptorContextMut::from(&mut context);
            RetriesOfAccount
                .modify_before_serialization(&mut context, &components, bag)
                .unwrap();
            bag.load::<RetryPartition>().cloned()
        };
        let one = account("one");
        let found = one
            .scope(async { partition_of(&mut ConfigBag::base()) })
            .await;
        assert!(found.is_some_and(|it| it == one.retry_partition));
        assert!(partition_of(&mut ConfigBag::base()).is_none());
    }
}
