//! Identities of assumed roles: the organization's, and those of the members.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime::client::retries::RetryPartition;

use super::{
    identity::Identity,
    role::{RoleProvider, RoleSts},
};
use crate::{
    aws::{credentials::Renewable, pace::Pace},
    config::{Config, Role},
    model::{coverage::Failure, id::Arn},
};

/// The identity of the organization's role (`--org-role-arn`).
pub(super) async fn organization_role(
    config: &Config,
    caller: &Identity,
    role: &Arn,
    pace: &Arc<Pace>,
) -> Result<Identity, Failure> {
    let partition = RetryPartition::custom(role.to_string()).build();
    // The external id belongs to the members' role; the organization's role has none of its own.
    let settings = Role {
        external_id: crate::config::ExternalId::default(),
        ..config.role.clone()
    };
    let arn = role.to_string();
    let sts = RoleSts::new(&caller.config, settings, Arc::clone(pace));
    let provider = RoleProvider::new(sts, partition, arn);
    with_role(&caller.config, caller, provider).await
}

/// `like` with the credentials of a role, which `base` assumes here and now.
pub(super) async fn with_role(
    like: &SdkConfig,
    base: &Identity,
    provider: RoleProvider,
) -> Result<Identity, Failure> {
    // Here and now, so that a refusal is reported as what it is.
    let first = base.repeated_if_expired(|| provider.assume()).await?;
    let source = SharedCredentialsProvider::new(provider);
    Ok(Identity::of(like, &Renewable::new(source, Some(first))))
}
