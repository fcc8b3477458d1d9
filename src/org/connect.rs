//! Opens access to the organization, or explains why there is none.

use super::{
    regions,
    session::{Access, AccessError},
};
use crate::{
    aws::{self, cancellation::CancellationToken},
    config::{Config, ConfigError},
    model::id::AccountId,
};

/// Why there is no access.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] ConfigError),
    /// The credentials do not work.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A run continues with the credentials of the account that started it: with others, other
    /// roles would be assumed.
    #[error(
        "the run was started with credentials of account {before}, and these are of account \
         {now}; use the same ones, or start a new run"
    )]
    OtherCaller {
        /// The account that started the run.
        before: AccountId,
        /// The account of the credentials at hand.
        now: AccountId,
    },
}

/// Opens access with the caller's credentials. Work under way stops when `stop` is cancelled.
///
/// # Errors
///
/// If the settings are wrong or the credentials do not work.
pub async fn connect(config: &Config, stop: CancellationToken) -> Result<Access, ConnectError> {
    let caller = aws::caller_config(config).await?;
    Ok(Access::open(config, caller, stop).await?)
}

/// Checks that the caller is the one that started the run, if that is known.
///
/// # Errors
///
/// [`ConnectError::OtherCaller`].
pub fn check_caller(before: Option<&AccountId>, access: &Access) -> Result<(), ConnectError> {
    match before {
        Some(before) if before != access.caller_account() => Err(ConnectError::OtherCaller {
            before: before.clone(),
            now: access.caller_account().clone(),
        }),
        _ => Ok(()),
    }
}

/// Checks that the Regions of the settings exist: a Region that no account can have is a typing
/// error, not a Region that is off. Nothing is checked where the caller may not list Regions.
///
/// # Errors
///
/// [`ConnectError::Settings`] with the Regions that exist.
pub async fn check_regions(config: &Config, access: &Access) -> Result<(), ConnectError> {
    let scope = &config.scope;
    let Ok(home) = access.home_region() else {
        return Ok(());
    };
    if scope.regions.is_none() && scope.exclude_regions.is_empty() {
        return Ok(());
    }
    let caller = access.account(access.caller_account()).await;
    let Ok(session) = caller.map(|account| account.session(&home)) else {
        return Ok(());
    };
    let Some(known) = regions::known(&session).await else {
        return Ok(());
    };
    for glob in &scope.exclude_regions {
        if !known.iter().any(|region| glob.matches(region.as_str())) {
            tracing::warn!(
                "`{glob}` of {} fits no Region",
                scope.places.exclude_regions
            );
        }
    }
    let mut wanted = scope.regions.iter().flatten();
    match wanted.find(|region| !known.contains(region)) {
        None => Ok(()),
        Some(name) => {
            let known: Vec<_> = known.iter().map(ToString::to_string).collect();
            let known = format!("expected one of {}", known.join(", "));
            Err(ConfigError::value(&config.scope.places.regions, name.to_string(), known).into())
        }
    }
}
