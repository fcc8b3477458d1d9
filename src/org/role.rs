//! Credentials of a role, straight from STS; [`crate::aws::credentials`] keeps them.
//!
//! aws-config has a provider of its own; it gives the STS client no retry partition, so one
//! account that throttles would use up the retries of all, and it hides the error code.

use std::{sync::Arc, time::SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError, future},
};
use aws_sdk_sts as sts;
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;

use crate::{
    aws::{
        attempts::CountAttempts,
        call_account::{CallAccount, RetriesOfAccount},
        error::{RoleRefused, failure, one_line},
        pace::Pace,
    },
    config::Role,
    model::coverage::{Failure, Reason},
};

/// The STS that roles are assumed at: one for all accounts, as a client costs as much as a call, and the
/// memory of many accounts.
pub(super) struct RoleSts {
    sts: sts::Client,
    /// For where STS is turned off in the region of the first one, unless that was set.
    elsewhere: Option<sts::Client>,
    settings: Role,
    pace: Arc<Pace>,
}

/// Provides the credentials of one role.
pub(super) struct RoleProvider {
    sts: Arc<RoleSts>,
    /// The account of the retries that are spent; the credentials are those of the client.
    call_account: Arc<CallAccount>,
    role_arn: String,
}

impl std::fmt::Debug for RoleProvider {
    /// Without external id and credentials.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("RoleProvider")
            .field("role_arn", &self.role_arn)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for RoleSts {
    /// Without external id and credentials.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("RoleSts").finish_non_exhaustive()
    }
}

impl RoleSts {
    /// Clients that call STS with the credentials of `base`.
    pub(super) fn new(base: &SdkConfig, settings: Role, pace: Arc<Pace>) -> Arc<Self> {
        let mut builder = sts::config::Builder::from(base);
        builder
            .push_interceptor(SharedInterceptor::permanent(RetriesOfAccount))
            .push_interceptor(SharedInterceptor::permanent(CountAttempts));
        let always = base.region().and_then(|it| always_on(it.as_ref()));
        let elsewhere = always.filter(|_| settings.sts_region.is_empty());
        let elsewhere = elsewhere.map(|region| {
            let region = sts::config::Region::new(region);
            sts::Client::from_conf(builder.clone().region(region).build())
        });
        if !settings.sts_region.is_empty() {
            builder = builder.region(sts::config::Region::new(settings.sts_region.clone()));
        }
        Arc::new(Self {
            sts: sts::Client::from_conf(builder.build()),
            elsewhere,
            settings,
            pace,
        })
    }
}

impl RoleProvider {
    /// A provider that assumes a role, and spends the retries of its account.
    pub(super) fn new(sts: Arc<RoleSts>, partition: RetryPartition, role_arn: String) -> Self {
        Self {
            sts,
            call_account: CallAccount::new(None, partition),
            role_arn,
        }
    }

    /// Assumes the role now.
    pub(super) async fn assume(&self) -> Result<Credentials, Failure> {
        let mut answer = self.ask(&self.sts.sts).await;
        if let (Err(failure), Some(elsewhere)) = (&answer, &self.sts.elsewhere)
            && failure.reason == Reason::RegionDisabled
        {
            answer = self.ask(elsewhere).await;
        }
        answer.map_err(|failure| self.explain(failure))
    }

    async fn ask(&self, sts: &sts::Client) -> Result<Credentials, Failure> {
        self.sts.pace.assume_role().await;
        let settings = &self.sts.settings;
        let external_id =
            Some(settings.external_id.as_str().to_owned()).filter(|id| !id.is_empty());
        let duration = i32::try_from(settings.duration_seconds).unwrap_or(3600);
        let answer = sts
            .assume_role()
            .role_arn(&self.role_arn)
            .role_session_name(&settings.session_name)
            .set_external_id(external_id)
            .duration_seconds(duration)
            .send();
        let answer = self.call_account.scope(answer).await;
        let given = answer
            .map_err(|error| failure(&error))?
            .credentials
            .ok_or_else(|| invalid("it holds no credentials"))?;
        let expiry =
            SystemTime::try_from(given.expiration).map_err(|error| invalid(&error.to_string()))?;
        Ok(Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            Some(expiry),
            "AssumeRole",
        ))
    }

    fn explain(&self, failure: Failure) -> Failure {
        let reason = match failure.reason {
            // No account is without the role's region as it is without a region of its own.
            Reason::AccessDenied | Reason::RegionDisabled => Reason::RoleDenied,
            other => other,
        };
        // STS repeats an external id that is no valid one.
        let words = without_id(&failure.message, self.sts.settings.external_id.as_str());
        let message = one_line(&format!("cannot assume `{}`: {words}", self.role_arn));
        Failure {
            reason,
            message,
            ..failure
        }
    }
}

fn invalid(why: &str) -> Failure {
    let message = format!("the answer of AssumeRole is not usable: {why}");
    Failure::new(Reason::InvalidResponse, one_line(&message))
}

/// The region of the same partition whose STS cannot be turned off, where one is known
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html>).
pub(super) fn always_on(region: &str) -> Option<&'static str> {
    const OTHERS: [(&str, Option<&str>); 5] = [
        ("cn-", Some("cn-north-1")),
        ("us-gov-", Some("us-gov-west-1")),
        ("us-iso", None),
        ("eu-isoe", None),
        ("eusc-", None),
    ];
    let other = OTHERS.iter().find(|(start, _)| region.starts_with(start));
    other.map_or(Some("us-east-1"), |(_, region)| *region)
}

/// A message without the external id.
fn without_id(message: &str, external_id: &str) -> String {
    match external_id {
        "" => message.to_owned(),
        id => message.replace(id, "(not shown)"),
    }
}

impl ProvideCredentials for RoleProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            self.assume()
                .await
                .map_err(|refusal| CredentialsError::provider_error(RoleRefused(refusal)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_external_id_that_sts_repeats_is_not_reported() {
        let message = "Value 's3cret id' at 'externalId' failed to satisfy constraint";
        assert_eq!(
            without_id(message, "s3cret id"),
            "Value '(not shown)' at 'externalId' failed to satisfy constraint"
        );
        assert_eq!(without_id(message, ""), message);
    }

    #[test]
    fn sts_is_asked_elsewhere_in_the_same_partition_only() {
        for (region, elsewhere) in [
            ("eu-west-1", Some("us-east-1")),
            ("cn-northwest-1", Some("cn-north-1")),
            ("us-gov-east-1", Some("us-gov-west-1")),
            ("us-iso-west-1", None),
        ] {
            assert_eq!(always_on(region), elsewhere, "{region}");
        }
    }
}
