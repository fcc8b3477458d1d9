//! The circuit breaker that every HTTP attempt passes: how many are under way at once, and whether the
//! service it goes to answers at all.
//!
//! A place is held for one attempt, not for a call: a call that waits to be repeated holds nothing,
//! so that an account that is throttled slows nobody else. A service that has left the last
//! attempts in a region unanswered is tried by one call at a time until it answers; the others
//! fail at once, or each account in its turn would wait for it until it times out.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use tokio::sync::Semaphore;

use super::preparation;
use crate::{
    config::{Limits, Timeouts},
    model::id::Region,
};

/// The breakers of a run, one for each service in each region.
#[derive(Debug)]
pub struct CircuitBreakers {
    calls: Arc<Semaphore>,
    tolerated: u32,
    by_service: Mutex<HashMap<(Region, &'static str), Arc<CircuitBreaker>>>,
}

/// What is known of a service in a region.
#[derive(Debug)]
struct CircuitBreaker {
    place: (Region, &'static str),
    calls: Arc<Semaphore>,
    tolerated: u32,
    /// Attempts in a row that timed out.
    unanswered: AtomicU32,
    /// Whether somebody tries if it answers again.
    probed: AtomicBool,
}

/// A service that does not answer.
#[derive(Debug, thiserror::Error)]
#[error("{service} in {region} left the last {attempts} attempts of all accounts unanswered")]
pub(super) struct Unresponsive {
    service: &'static str,
    region: Region,
    attempts: u32,
}

impl CircuitBreakers {
    /// The breakers as configured.
    pub fn new(limits: &Limits, timeouts: &Timeouts) -> Self {
        Self {
            calls: Arc::new(Semaphore::new(limits.calls)),
            tolerated: timeouts.unanswered_attempts,
            by_service: Mutex::default(),
        }
    }

    /// `inner` behind the breaker of a service in a region.
    pub fn client(
        &self,
        inner: SharedHttpClient,
        region: &Region,
        service: &'static str,
    ) -> SharedHttpClient {
        let breaker = self.breaker(region, service);
        SharedHttpClient::new(GuardedClient { inner, breaker })
    }

    fn breaker(&self, region: &Region, service: &'static str) -> Arc<CircuitBreaker> {
        let mut breakers = self
            .by_service
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let breaker = breakers
            .entry((region.clone(), service))
            .or_insert_with(|| {
                Arc::new(CircuitBreaker {
                    place: (region.clone(), service),
                    calls: Arc::clone(&self.calls),
                    tolerated: self.tolerated,
                    unanswered: AtomicU32::new(0),
                    probed: AtomicBool::new(false),
                })
            });
        Arc::clone(breaker)
    }
}

/// The right to make one attempt.
struct Permit<'g> {
    breaker: &'g CircuitBreaker,
    probe: bool,
}

impl CircuitBreaker {
    /// None while it answers.
    fn unresponsive(&self) -> Option<Unresponsive> {
        let attempts = self.unanswered.load(Ordering::Relaxed);
        let (region, service) = self.place.clone();
        (attempts >= self.tolerated).then_some(Unresponsive {
            service,
            region,
            attempts,
        })
    }

    fn permit(&self) -> Result<Permit<'_>, Unresponsive> {
        let silent = self.unresponsive();
        let probe = silent.is_some();
        match silent {
            Some(silent) if self.probed.swap(true, Ordering::Relaxed) => Err(silent),
            _ => Ok(Permit {
                breaker: self,
                probe,
            }),
        }
    }

    fn record<T>(&self, outcome: &Result<T, ConnectorError>) {
        match outcome {
            Err(error) if error.is_timeout() => {
                self.unanswered.fetch_add(1, Ordering::Relaxed);
            }
            // A refused or broken connection fails at once: nobody waits for it.
            Err(_) => {}
            Ok(_) => self.unanswered.store(0, Ordering::Relaxed),
        }
    }
}

impl Drop for Permit<'_> {
    /// Also of an attempt that is given up before its end.
    fn drop(&mut self) {
        if self.probe {
            self.breaker.probed.store(false, Ordering::Relaxed);
        }
    }
}

#[derive(Debug)]
struct GuardedClient {
    inner: SharedHttpClient,
    breaker: Arc<CircuitBreaker>,
}

impl HttpClient for GuardedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(GuardedConnector {
            inner: self.inner.http_connector(settings, components),
            breaker: Arc::clone(&self.breaker),
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

struct GuardedConnector {
    inner: SharedHttpConnector,
    breaker: Arc<CircuitBreaker>,
}

impl fmt::Debug for GuardedConnector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("GuardedConnector")
            .field(&self.breaker.place)
            .finish()
    }
}

impl HttpConnector for GuardedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, breaker) = (self.inner.clone(), Arc::clone(&self.breaker));
        HttpConnectorFuture::new(attempt(inner, breaker, request))
    }
}

async fn attempt(
    inner: SharedHttpConnector,
    breaker: Arc<CircuitBreaker>,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    // Without a kind: what the others could not reach is not worth repeats.
    let refused = |it: Unresponsive| ConnectorError::other(it.into(), None);
    drop(breaker.permit().map_err(refused)?);
    let closed = |closed: tokio::sync::AcquireError| ConnectorError::other(closed.into(), None);
    let _slot = breaker.calls.acquire().await.map_err(closed)?;
    preparation::end();
    // Asked again: many may have waited for a place while the first learnt that nothing answers.
    let _permit = breaker.permit().map_err(refused)?;
    let outcome = inner.call(request).await;
    breaker.record(&outcome);
    outcome.map_err(|error| match breaker.unresponsive() {
        Some(unresponsive) if error.is_timeout() => refused(unresponsive),
        _ => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Arc<CircuitBreaker> {
        let unanswered = ("VPCE_SCOUT_TIMEOUTS_UNANSWERED_ATTEMPTS", "2");
        let config = crate::config::Config::for_tests(&[unanswered]);
        CircuitBreakers::new(&config.limits, &config.timeouts)
            .breaker(&"eu-west-1".parse().unwrap(), "ec2")
    }

    fn timeout() -> Result<(), ConnectorError> {
        Err(ConnectorError::timeout("late".into()))
    }

    #[test]
    fn a_silent_service_is_tried_by_one_at_a_time_until_it_answers() {
        let breaker = breaker();
        breaker.record(&timeout());
        assert!(breaker.permit().is_ok() && breaker.permit().is_ok());
        breaker.record(&timeout());
        let probe = breaker.permit().unwrap();
        let refused = breaker.permit().map(|_| ()).unwrap_err().to_string();
        assert_eq!(
            refused,
            "ec2 in eu-west-1 left the last 2 attempts of all accounts unanswered"
        );
        drop(probe);
        let probe = breaker.permit().unwrap();
        breaker.record(&Ok(()));
        drop(probe);
        let (one, other) = (breaker.permit(), breaker.permit());
        assert!(one.is_ok() && other.is_ok());
    }

    #[test]
    fn a_connection_that_breaks_is_not_silence() {
        let breaker = breaker();
        for _ in 0..9 {
            breaker.record::<()>(&Err(ConnectorError::io("broken".into())));
        }
        let (one, other) = (breaker.permit(), breaker.permit());
        assert!(one.is_ok() && other.is_ok());
    }
}
