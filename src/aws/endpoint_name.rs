//! Names the endpoint in the errors of connections: the SDK's own only report that there was none.

use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};

/// A failed connection, with the address that was called.
#[derive(Debug, thiserror::Error)]
#[error("{endpoint}: {source}")]
struct EndpointError {
    endpoint: String,
    source: ConnectorError,
}

/// A client whose connection errors name the endpoint.
#[derive(Debug)]
pub(super) struct NamingClient(pub(super) SharedHttpClient);

#[derive(Debug)]
struct NamingConnector(SharedHttpConnector);

impl HttpClient for NamingClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.0.http_connector(settings, components);
        SharedHttpConnector::new(NamingConnector(inner))
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

impl HttpConnector for NamingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let endpoint = endpoint(request.uri());
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let outcome = answer.await;
            outcome.map_err(|error| named(endpoint, error))
        })
    }
}

/// The scheme and authority of an address; nothing that could hold a secret.
fn endpoint(uri: &str) -> String {
    let (scheme, rest) = uri.split_once("://").unwrap_or(("https", uri));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}

/// Kinds stay as they are: retries and the circuit breaker depend on them.
fn named(endpoint: String, source: ConnectorError) -> ConnectorError {
    let (io, timeout) = (source.is_io(), source.is_timeout());
    if !io && !timeout {
        return source;
    }
    let error = Box::new(EndpointError { endpoint, source });
    if io {
        ConnectorError::io(error)
    } else {
        ConnectorError::timeout(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_connection_names_the_endpoint_and_keeps_its_kind() {
        let uri = "https://ec2.eu-west-1.amazonaws.com/?Action=DescribeVpcs";
        assert_eq!(endpoint(uri), "https://ec2.eu-west-1.amazonaws.com");
        assert_eq!(
            endpoint("http://user:pw@127.0.0.1:9/x"),
            "http://127.0.0.1:9"
        );
        let error = named(
            "https://x".to_owned(),
            ConnectorError::timeout("late".into()),
        );
        assert!(error.is_timeout());
        let cause = std::error::Error::source(&error).unwrap();
        assert!(cause.to_string().starts_with("https://x: "), "{cause}");
        assert!(named(String::new(), ConnectorError::io("x".into())).is_io());
    }
}
