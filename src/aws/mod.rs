//! How AWS is spoken to: one HTTP client, one base configuration, retries, timeouts, pacing and
//! the reading of errors. Which account is called is `org`'s business.

pub mod attempts;
pub mod error;
pub mod pace;
pub mod stop;

use std::time::Duration;

use aws_config::{
    AppName, BehaviorVersion, Region as SdkRegion, SdkConfig, retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};

use crate::config::Config;

/// The region of the first calls (STS, Organizations) where the caller has set none.
const DEFAULT_REGION: &str = "us-east-1";

/// The caller's configuration: standard credential chain, region, one HTTP client for all.
///
/// `AWS_PROFILE`, SSO, web identity, container and instance roles, `AWS_ENDPOINT_URL`,
/// `AWS_USE_FIPS_ENDPOINT` and the proxy variables work as in every AWS tool.
pub async fn caller_config(config: &Config) -> SdkConfig {
    let http_client = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .build_https();
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
    if let Ok(name) = AppName::new("vpce-scout") {
        loader = loader.app_name(name);
    }
    let caller = loader.load().await;
    if caller.region().is_some() {
        return caller;
    }
    caller
        .into_builder()
        .region(SdkRegion::from_static(DEFAULT_REGION))
        .build()
}
