//! The one HTTP client: pooled connections, rustls, and the proxy of the environment.
//!
//! Only HTTPS goes through a proxy. Plain HTTP is spoken to nothing but local endpoints and the
//! metadata services of instances and containers, which no proxy can reach.

use std::ffi::OsString;

use aws_smithy_http_client::{
    Builder, Connector,
    proxy::ProxyConfig,
    tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::endpoint_name::NamingClient;
use crate::config::ConfigError;

/// The variable that names a file of certificates.
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";

/// The variables that name the proxy for HTTPS, in the order of precedence.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Makes the client; an unusable proxy URL is an error, since calls past it may be forbidden.
pub(super) fn client() -> Result<SharedHttpClient, ConfigError> {
    let proxy = proxy(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))?;
    let tls = tls_context(std::env::var_os(CA_BUNDLE).filter(|path| !path.is_empty()))?;
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .tls_context(tls.clone())
            .build()
    });
    Ok(SharedHttpClient::new(NamingClient(client)))
}

/// The certificates that servers are checked against: those of `AWS_CA_BUNDLE` alone, as in every
/// AWS tool (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html>), else the
/// system's.
fn tls_context(bundle: Option<OsString>) -> Result<TlsContext, ConfigError> {
    let Some(path) = bundle else {
        return Ok(TlsContext::default());
    };
    let shown = path.to_string_lossy().into_owned();
    let unusable = |why: String| ConfigError::value(CA_BUNDLE, &shown, why);
    let pem = std::fs::read(&path)
        .map_err(|error| unusable(format!("expected a file of PEM certificates: {error}")))?;
    check(&pem).map_err(|why| unusable(format!("expected a file of PEM certificates{why}")))?;
    let store = TrustStore::empty().with_pem_certificate(pem);
    TlsContext::builder()
        .with_trust_store(store)
        .build()
        .map_err(|error| unusable(error.to_string()))
}

/// Checks that a text holds certificates, and nothing that is to be one and is none: the client takes that
/// for granted.
fn check(pem: &[u8]) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    for (number, certificate) in (1_usize..).zip(CertificateDer::pem_slice_iter(pem)) {
        let wrong = |why: String| format!(", and certificate {number} of it cannot be used: {why}");
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        let added = roots.add(certificate);
        added.map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(", and it holds none".to_owned());
    }
    Ok(())
}

fn proxy(variable: impl Fn(&str) -> Option<String>) -> Result<ProxyConfig, ConfigError> {
    let Some((name, url)) = PROXY_VARIABLES
        .into_iter()
        .find_map(|name| Some((name, variable(name)?)))
    else {
        return Ok(ProxyConfig::disabled());
    };
    let proxy = ProxyConfig::https(url.as_str()).map_err(|_| {
        // The URL may hold a password.
        ConfigError::value(
            name,
            "(not shown)",
            "expected a URL as in http://proxy.example.com:3128",
        )
    })?;
    Ok(
        match variable("NO_PROXY").or_else(|| variable("no_proxy")) {
            Some(rules) => proxy.no_proxy(rules),
            None => proxy,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_url_that_is_none_is_refused_without_being_shown() {
        let variable = |name: &str| (name == "HTTPS_PROXY").then(|| "::s3cret::".to_owned());
        let error = proxy(variable).unwrap_err().to_string();
        assert!(
            error.contains("HTTPS_PROXY") && !error.contains("s3cret"),
            "{error}"
        );
    }

    #[test]
    fn a_bundle_of_certificates_that_is_none_is_refused_by_name() {
        assert!(tls_context(None).is_ok());
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = || file.path().as_os_str().to_owned();
        let refused = |path: OsString| {
            let error = tls_context(Some(path)).unwrap_err().to_string();
            let named = error.contains("AWS_CA_BUNDLE") && error.contains("PEM");
            assert!(named, "{error}");
            error
        };
        refused("/nowhere/ca.pem".into());
        let block =
            |text| format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        for content in [
            String::new(),
            "no certificate".to_owned(),
            block("AAAA"),
            block("%%%%"),
            block(""),
            "-----BEGIN CERTIFICATE-----\nAAAA\n".to_owned(),
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned(),
        ] {
            std::fs::write(file.path(), &content).unwrap();
            refused(path());
        }
        std::fs::write(file.path(), block("AAAA")).unwrap();
        let error = refused(path());
        assert!(error.contains("certificate 1 of it"), "{error}");
    }

    #[test]
    fn only_the_https_variables_are_read() {
        let variable = |name: &str| (name == "HTTP_PROXY").then(|| "http://127.0.0.1:9".to_owned());
        assert!(proxy(variable).unwrap().is_disabled());
        let variable =
            |name: &str| (name == "https_proxy").then(|| "http://127.0.0.1:9".to_owned());
        assert!(!proxy(variable).unwrap().is_disabled());
    }
}
