//! How AWS is spoken to: one HTTP client, one base configuration, retries, timeouts, pacing and
//! the reading of errors. Which account is called is `org`'s business.

pub mod attempts;
pub mod budget;
pub mod call_account;
pub mod cancellation;
pub mod circuit_breaker;
pub mod credentials;
mod endpoint_name;
pub mod error;
mod http;
pub mod pace;
pub mod page;
pub mod preparation;
pub mod quota;
mod secret;
pub mod traffic;

use std::{env, time::Duration};

use aws_config::{
    AppName, BehaviorVersion, Region as SdkRegion, SdkConfig, profile, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};

use aws_types::os_shim_internal::{Env, Fs};

use crate::{
    config::{Config, ConfigError},
    model::id::{InvalidId, Region},
};

/// The region of the first calls (STS, Organizations) where the caller has set none.
const DEFAULT_REGION: &str = "us-east-1";

/// The caller's configuration: standard credential chain, region, one HTTP client for all.
///
/// `AWS_PROFILE`, SSO, web identity, container and instance roles, `AWS_ENDPOINT_URL`,
/// `AWS_USE_FIPS_ENDPOINT` and `HTTPS_PROXY` work as in every AWS tool.
pub async fn caller_config(config: &Config) -> Result<SdkConfig, ConfigError> {
    check_profile(config.profile.as_deref()).await?;
    let http_client = http::client()?;
    let retry = RetryConfig::standard()
        .with_max_attempts(config.retry.max_attempts)
        .with_initial_backoff(Duration::from_millis(config.retry.initial_backoff_ms))
        .with_max_backoff(Duration::from_millis(config.retry.max_backoff_ms));
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(config.timeouts.connect_seconds))
        .read_timeout(Duration::from_secs(config.timeouts.read_seconds))
        .operation_timeout(Duration::from_secs(config.timeouts.call_seconds))
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client)
        .retry_config(retry)
        .timeout_config(timeouts);
    if let Some(profile) = &config.profile {
        loader = loader.profile_name(profile);
    }
    if let Ok(name) = AppName::new("vpce-scout") {
        loader = loader.app_name(name);
    }
    let caller = loader.load().await;
    check_endpoint(caller.endpoint_url())?;
    // Batch systems pass variables that are set, but empty.
    if let Some(region) = caller
        .region()
        .map(AsRef::as_ref)
        .filter(|it| !it.is_empty())
    {
        check_region(region)?;
        return Ok(caller);
    }
    let region = SdkRegion::from_static(DEFAULT_REGION);
    Ok(caller.into_builder().region(region).build())
}

/// Whether the answers of a service are watched for stalling. The timeouts of a call bound its answer;
/// objects of S3 are streamed after the call, where no timeout applies.
pub fn stalled_streams(service: &str) -> StalledStreamProtectionConfig {
    if service == "s3" {
        StalledStreamProtectionConfig::enabled().build()
    } else {
        StalledStreamProtectionConfig::disabled()
    }
}

/// Refuses what can be no Region: the first calls go there.
fn check_region(name: &str) -> Result<(), ConfigError> {
    let region: Result<Region, InvalidId> = name.parse();
    region.map(drop).map_err(|error| {
        ConfigError::value(
            "AWS_REGION, or region of the profile",
            name,
            format!("expected {}", error.expected()),
        )
    })
}

/// Refuses what is no URL of an endpoint. The SDK would show the request that cannot be sent.
fn check_endpoint(url: Option<&str>) -> Result<(), ConfigError> {
    let host = |url: &str| {
        let rest = url
            .strip_prefix("http://")
            .or_else(|| url.strip_prefix("https://"))?;
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        (!host.is_empty() && !host.starts_with(':')).then_some(())
    };
    match url {
        Some(url) if host(url).is_none() => Err(ConfigError::value(
            "AWS_ENDPOINT_URL, or endpoint_url of the profile",
            url,
            "expected a URL as in https://localhost:4566",
        )),
        _ => Ok(()),
    }
}

/// Refuses a profile that is not there: the SDK would continue without its credentials, or with those
/// of the environment.
#[expect(
    clippy::default_trait_access,
    reason = "the type is of a crate that is no dependency of its own"
)]
async fn check_profile(typed: Option<&str>) -> Result<(), ConfigError> {
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let keys = variable("AWS_ACCESS_KEY_ID").is_some();
    let (place, name) = match (typed, variable("AWS_PROFILE")) {
        (Some(name), _) if keys => {
            let expected = "expected no AWS_ACCESS_KEY_ID beside it, which would be used instead";
            return Err(ConfigError::value("--profile", name, expected));
        }
        (Some(name), _) => ("--profile", name.to_owned()),
        (None, Some(name)) if !keys => ("AWS_PROFILE", name),
        (None, _) => return Ok(()),
    };
    let (files, system) = (Fs::real(), Env::real());
    let Ok(profiles) = profile::load(&files, &system, &Default::default(), None).await else {
        // What is wrong with the files is in the error of the first call.
        return Ok(());
    };
    if name == "default" || profiles.get_profile(&name).is_some() {
        return Ok(());
    }
    let mut known: Vec<_> = profiles.profiles().collect();
    known.sort_unstable();
    let expected = format!(
        "expected a profile of the AWS configuration files: {}",
        if known.is_empty() {
            "there is none".to_owned()
        } else {
            known.join(", ")
        }
    );
    Err(ConfigError::value(place, name, expected))
}

#[cfg(test)]
mod tests {
    use super::{circuit_breaker::CircuitBreakers, pace::Pace, *};
    use crate::config::{
        Config,
        tests::{any_file, any_variable},
    };

    /// Limits and timeouts that the settings take have to be so to the end.
    fn use_limits(config: Option<&Config>) {
        let Some(config) = config else { return };
        drop(Pace::new(&config.limits));
        drop(CircuitBreakers::new(&config.limits, &config.timeouts));
    }

    proptest::proptest! {
        #[test]
        fn limits_that_settings_take_can_be_kept(file in any_file(), variable in any_variable()) {
            use_limits(file.as_ref());
            use_limits(variable.as_ref());
        }
    }

    #[test]
    fn an_endpoint_that_is_no_url_is_refused_by_name_before_a_request_is_made() {
        for url in [
            "http://127.0.0.1:4566",
            "https://x",
            "http://[::1]:1/path",
            "https://x?a=b",
        ] {
            assert!(check_endpoint(Some(url)).is_ok(), "{url}");
        }
        assert!(check_endpoint(None).is_ok());
        for odd in [
            "",
            "nope",
            "ftp://x",
            "http://",
            "https://:80",
            "127.0.0.1:4566",
        ] {
            let error = check_endpoint(Some(odd)).unwrap_err().to_string();
            assert!(
                error.contains("AWS_ENDPOINT_URL") && error.contains("https://"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_region_that_can_be_none_is_refused_before_a_request_is_made() {
        assert!(check_region("mars-north-1").is_ok());
        for odd in ["nope", "EU-WEST-1", "eu west 1"] {
            let error = check_region(odd).unwrap_err().to_string();
            assert!(
                error.contains("AWS_REGION") && error.contains("eu-west-1"),
                "{error}"
            );
        }
    }
}
