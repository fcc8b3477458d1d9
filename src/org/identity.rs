//! Somebody's credentials, and what is done where a service calls them expired.

use std::sync::Arc;

use aws_config::{Region as SdkRegion, SdkConfig};
use aws_sdk_sts::{self as sts, operation::get_caller_identity::GetCallerIdentityOutput};
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::time::Instant;

use super::{missing::MissingField, role::always_on};
use crate::{
    aws::{
        attempts::CountAttempts, call_account::CallAccount, credentials::Renewable, error::failure,
        page::Page,
    },
    model::coverage::{Failure, Reason},
};

/// A list of the SDK, page by page.
pub(super) type Pages<P, E> = PaginationStream<Result<P, SdkError<E, HttpResponse>>>;

/// Somebody's configuration, and the credentials in it.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) config: SdkConfig,
    /// None where there are none to be found.
    credentials: Option<Renewable>,
}

/// Why there is no access.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// It is not known whose credentials these are.
    #[error(
        "cannot find out whose credentials these are: {0}\n{hint}",
        hint = sign_in_hint(.0)
    )]
    Caller(Failure),
    /// The role through which the organization is read cannot be assumed.
    #[error(
        "{0}\n\
         check --org-role-arn, and that the role trusts the account of these credentials"
    )]
    OrganizationRole(Failure),
}

/// Words of a call that was not answered.
const UNANSWERED: [&str; 5] = [
    "no answer in time",
    "client error (connect)",
    "error trying to connect",
    "io error",
    "timed out",
];

/// What to do about credentials that cannot be used.
fn sign_in_hint(failure: &Failure) -> &'static str {
    const LOGIN_CACHE: &str = "/login/cache/";
    let message = failure.message.to_lowercase();
    let has = |word: &str| message.contains(word);
    // Looking for credentials ends with the role of an instance, which does not answer elsewhere.
    let searched = has("no credentials found");
    let unanswered = || UNANSWERED.iter().any(|words| has(words));
    if has("could not find source profile") {
        "a profile names a `source_profile` that the AWS configuration files do not have: correct \
         its name there"
    } else if has("signature expired") || has("signature not yet current") || has("too skewed") {
        "set the clock, for instance with chrony: AWS refuses signatures that are more than five \
         minutes off"
    } else if !searched
        && (unanswered() || failure.reason == Reason::Unreachable && !has("credential"))
    {
        "check HTTPS_PROXY and NO_PROXY, AWS_CA_BUNDLE, and that HTTPS to the endpoint is allowed; \
         the Region of AWS_REGION must exist"
    } else if ["sso token", "sso session", "access token", "/sso/cache/"]
        .iter()
        .any(|it| has(it))
    {
        "the IAM Identity Center session has expired or was never begun: run `aws sso login`, with \
         the --profile that is used here"
    } else if has(LOGIN_CACHE) || has("login session") || has("login token") {
        "the session of `aws login` has expired or was never begun: run `aws login`, with the \
         --profile that is used here"
    } else if has("external process") {
        "the `credential_process` of the profile failed: run that command by hand, it prints why"
    } else if has("could not parse profile file") {
        "a configuration file of AWS cannot be read: correct ~/.aws/config (AWS_CONFIG_FILE) or \
         ~/.aws/credentials (AWS_SHARED_CREDENTIALS_FILE)"
    } else if has("no such file or directory") {
        "a file that the credentials come from is not there: check AWS_WEB_IDENTITY_TOKEN_FILE and the \
         `web_identity_token_file` of the profile"
    } else if failure.reason == Reason::Throttled {
        "STS is asked too often: nobody denied it, try again later"
    } else if failure.reason == Reason::Expired {
        "the credentials have expired: sign in again where they came from, or use a source that renews \
         them"
    } else {
        "set AWS_PROFILE or another standard credential source (AWS_ACCESS_KEY_ID counts only with \
         AWS_SECRET_ACCESS_KEY); `aws sts get-caller-identity` must work with it"
    }
}

impl Identity {
    pub(super) fn of(like: &SdkConfig, credentials: &Renewable) -> Self {
        Self {
            config: credentials.config(like),
            credentials: Some(credentials.clone()),
        }
    }

    /// The credentials of a configuration, kept.
    pub(super) fn kept(config: SdkConfig) -> Self {
        match config.credentials_provider() {
            Some(source) => Self::of(&config, &Renewable::new(source, None)),
            None => Self {
                config,
                credentials: None,
            },
        }
    }

    /// What the calls of an account with these credentials have for themselves.
    pub(super) fn call_account(&self, retry_partition: RetryPartition) -> Arc<CallAccount> {
        CallAccount::new(self.credentials.clone(), retry_partition)
    }

    /// What `work` gives; tried once more with fresh credentials if the first were expired.
    pub(super) async fn repeated_if_expired<T, F>(&self, work: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let began = Instant::now();
        match (Box::pin(work()).await, &self.credentials) {
            (Err(failure), Some(credentials)) if failure.reason == Reason::Expired => {
                credentials.renew(began).await;
                Box::pin(work()).await
            }
            (outcome, _) => outcome,
        }
    }

    /// All pages of a list, each admitted before it is asked for and reduced to what is kept
    /// before the next is. With expired credentials the list begins anew, once.
    pub(super) async fn pages<P, E, T, A>(
        &self,
        admit: impl Fn() -> A,
        pages: impl Fn() -> Pages<P, E>,
        mut keep: impl FnMut(P) -> Result<Vec<T>, MissingField>,
    ) -> Result<Vec<T>, Failure>
    where
        P: Page,
        E: ProvideErrorMetadata + std::error::Error + 'static,
        A: Future<Output = ()>,
    {
        let keep = tokio::sync::Mutex::new(&mut keep);
        self.repeated_if_expired(|| async {
            let (mut pages, mut kept) = (pages(), Vec::new());
            loop {
                admit().await;
                let Some(page) = pages.next().await else {
                    return Ok(kept);
                };
                let page = page.map_err(|error| failure(&error))?;
                let is_last = !page.names_another();
                kept.extend((keep.lock().await)(page)?);
                if is_last {
                    return Ok(kept);
                }
            }
        })
        .await
    }
}

/// The account and ARN of these credentials, by the STS of their region, else of the one that is always on.
pub(super) async fn caller_identity(
    caller: &SdkConfig,
) -> Result<GetCallerIdentityOutput, Failure> {
    let ask = async |config: &SdkConfig| {
        let builder = sts::config::Builder::from(config).interceptor(CountAttempts);
        let client = sts::Client::from_conf(builder.build());
        let identity = client.get_caller_identity().send().await;
        identity.map_err(|error| failure(&error))
    };
    let elsewhere = caller.region().and_then(|it| always_on(it.as_ref()));
    match (ask(caller).await, elsewhere) {
        (Err(failure), Some(region)) if failure.reason == Reason::RegionDisabled => {
            let region = SdkRegion::new(region);
            ask(&caller.to_builder().region(region).build()).await
        }
        (identity, _) => identity,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aws_sdk_organizations::operation::list_accounts::{ListAccountsError, ListAccountsOutput};
    use aws_smithy_async::future::pagination_stream::fn_stream::FnStream;

    use super::*;

    #[tokio::test]
    async fn a_list_waits_for_as_many_calls_as_it_has_pages() {
        let identity = Identity::kept(SdkConfig::builder().build());
        // An empty token names no page.
        for (count, last_token) in [(1, None), (3, None), (3, Some(""))] {
            let pages = || -> Pages<ListAccountsOutput, ListAccountsError> {
                PaginationStream::new(FnStream::new(move |sender| {
                    Box::pin(async move {
                        for number in 1..=count {
                            let token = if number < count {
                                Some("more")
                            } else {
                                last_token
                            };
                            let page = ListAccountsOutput::builder();
                            let page = page.set_next_token(token.map(str::to_owned)).build();
                            if sender.send(Ok(page)).await.is_err() {
                                return;
                            }
                        }
                    })
                }))
            };
            let admitted = AtomicUsize::new(0);
            let admit = async || {
                admitted.fetch_add(1, Ordering::Relaxed);
            };
            let kept = identity.pages(admit, pages, |_| Ok(vec![()])).await;
            assert_eq!(kept.unwrap().len(), count);
            assert_eq!(admitted.into_inner(), count, "of {count} pages");
        }
    }

    #[test]
    fn each_way_in_which_credentials_fail_has_its_remedy() {
        for (reason, message, expected) in [
            (
                Reason::Other,
                "an error occurred while loading an access token: failed to load the cached SSO token",
                "`aws sso login`",
            ),
            (
                Reason::Other,
                "failed to read `/home/me/.aws/login/cache/c7.json`: No such file or directory",
                "`aws login`",
            ),
            (
                Reason::Other,
                "profile `nowhere` was not defined: could not find source profile nowhere",
                "`source_profile`",
            ),
            (
                Reason::Unreachable,
                "http://127.0.0.1:9: client error (Connect): Connection refused",
                "HTTPS_PROXY",
            ),
            (
                Reason::Other,
                "the credential provider was not enabled: no credentials found in chain",
                "AWS_PROFILE",
            ),
            (
                Reason::Unreachable,
                "no credentials found in chain. Ec2InstanceMetadata: failed to load: timed out",
                "AWS_PROFILE",
            ),
            (
                Reason::Unreachable,
                "dispatch failure: other: an error occurred while loading credentials: failed to read \
                 `/home/me/.aws/sso/cache/39.json`: No such file or directory (os error 2)",
                "`aws sso login`",
            ),
            (
                Reason::Unreachable,
                "an error occurred while loading credentials: dispatch failure: io error: portal.sso",
                "HTTPS_PROXY",
            ),
            (
                Reason::Unreachable,
                "while loading credentials: Error retrieving credentials: external process exited with 1",
                "`credential_process`",
            ),
            (
                Reason::Expired,
                "The security token included in the request is expired (ExpiredToken)",
                "sign in again",
            ),
            (
                Reason::Unreachable,
                "dispatch failure: other: an error occurred while loading credentials: No such file or \
                 directory (os error 2)",
                "AWS_WEB_IDENTITY_TOKEN_FILE",
            ),
            (
                Reason::Unreachable,
                "the credentials provider was not properly configured: ProfileFile provider could not be built: \
                 invalid profile: could not parse profile file",
                "AWS_CONFIG_FILE",
            ),
            (
                Reason::Throttled,
                "Rate exceeded (Throttling)",
                "try again later",
            ),
            (
                Reason::Unreachable,
                "no credentials found in chain. Attempted: Environment: environment variable not set",
                "only with AWS_SECRET_ACCESS_KEY",
            ),
            (
                Reason::AccessDenied,
                "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z",
                "chrony",
            ),
        ] {
            let hint = sign_in_hint(&Failure::new(reason, message));
            assert!(hint.contains(expected), "{message}: {hint}");
        }
    }
}
