//! The gate that every HTTP attempt passes: how many are under way at once, and whether the
//! service it goes to answers at all.
//!
//! A place is held for one attempt, not for a call: a call that waits to be repeated holds nothing,
//! so that an account that is throttled slows nobody else. A service that has left the last
//! attempts in a region unanswered is tried by one call at a time until it answers; the others
//! fail at once, or each account in its turn would wait for it until its patience ends.

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

use crate::{
    config::{Limits, Timeouts},
    model::id::Region,
};

/// The gates of a run, one for each service in each region.
#[derive(Debug)]
pub struct Gates {
    calls: Arc<Semaphore>,
    tolerated: u32,
    by_service: Mutex<HashMap<(Region, &'static str), Arc<Gate>>>,
}

/// What is known of a service in a region.
#[derive(Debug)]
struct Gate {
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
pub(super) struct Silent {
    service: &'static str,
    region: Region,
    attempts: u32,
}

impl Gates {
    /// The gates as configured.
    pub fn new(limits: &Limits, timeouts: &Timeouts) -> Self {
        Self {
            calls: Arc::new(Semaphore::new(limits.calls)),
            tolerated: timeouts.unanswered_attempts,
            by_service: Mutex::default(),
        }
    }

    /// `inner` behind the gate of a service in a region.
    pub fn client(
        &self,
        inner: SharedHttpClient,
        region: &Region,
        service: &'static str,
    ) -> SharedHttpClient {
        let gate = self.gate(region, service);
        SharedHttpClient::new(GatedClient { inner, gate })
    }

    fn gate(&self, region: &Region, service: &'static str) -> Arc<Gate> {
        let mut gates = self
            .by_service
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let gate = gates.entry((region.clone(), service)).or_insert_with(|| {
            Arc::new(Gate {
                place: (region.clone(), service),
                calls: Arc::clone(&self.calls),
                tolerated: self.tolerated,
                unanswered: AtomicU32::new(0),
                probed: AtomicBool::new(false),
            })
        });
        Arc::clone(gate)
    }
}

/// The right to make one attempt.
struct Passage<'g> {
    gate: &'g Gate,
    probe: bool,
}

impl Gate {
    /// None while it answers.
    fn silent(&self) -> Option<Silent> {
        let attempts = self.unanswered.load(Ordering::Relaxed);
        let (region, service) = self.place.clone();
        (attempts >= self.tolerated).then_some(Silent {
            service,
            region,
            attempts,
        })
    }

    fn pass(&self) -> Result<Passage<'_>, Silent> {
        let silent = self.silent();
        let probe = silent.is_some();
        match silent {
            Some(silent) if self.probed.swap(true, Ordering::Relaxed) => Err(silent),
            _ => Ok(Passage { gate: self, probe }),
        }
    }

    fn learn<T>(&self, outcome: &Result<T, ConnectorError>) {
        match outcome {
            Err(error) if error.is_timeout() => {
                self.unanswered.fetch_add(1, Ordering::Relaxed);
            }
            // A refused or broken connection is told at once: nobody waits for it.
            Err(_) => {}
            Ok(_) => self.unanswered.store(0, Ordering::Relaxed),
        }
    }
}

impl Drop for Passage<'_> {
    /// Also of an attempt that is given up half-way.
    fn drop(&mut self) {
        if self.probe {
            self.gate.probed.store(false, Ordering::Relaxed);
        }
    }
}

#[derive(Debug)]
struct GatedClient {
    inner: SharedHttpClient,
    gate: Arc<Gate>,
}

impl HttpClient for GatedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(GatedConnector {
            inner: self.inner.http_connector(settings, components),
            gate: Arc::clone(&self.gate),
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

struct GatedConnector {
    inner: SharedHttpConnector,
    gate: Arc<Gate>,
}

impl fmt::Debug for GatedConnector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("GatedConnector")
            .field(&self.gate.place)
            .finish()
    }
}

impl HttpConnector for GatedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, gate) = (self.inner.clone(), Arc::clone(&self.gate));
        HttpConnectorFuture::new(attempt(inner, gate, request))
    }
}

async fn attempt(
    inner: SharedHttpConnector,
    gate: Arc<Gate>,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    // Without a kind: what the others could not reach is not worth repeats.
    let silent = |silent: Silent| ConnectorError::other(silent.into(), None);
    drop(gate.pass().map_err(silent)?);
    let closed = |closed: tokio::sync::AcquireError| ConnectorError::other(closed.into(), None);
    let _place = gate.calls.acquire().await.map_err(closed)?;
    // Asked again: many may have waited for a place while the first learnt that nothing answers.
    let _passage = gate.pass().map_err(silent)?;
    let outcome = inner.call(request).await;
    gate.learn(&outcome);
    outcome.map_err(|error| match gate.silent() {
        Some(silence) if error.is_timeout() => silent(silence),
        _ => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Arc<Gate> {
        let unanswered = ("VPCE_SCOUT_TIMEOUTS_UNANSWERED_ATTEMPTS", "2");
        let config = crate::config::Config::for_tests(&[unanswered]);
        Gates::new(&config.limits, &config.timeouts).gate(&"eu-west-1".parse().unwrap(), "ec2")
    }

    fn timeout() -> Result<(), ConnectorError> {
        Err(ConnectorError::timeout("late".into()))
    }

    #[test]
    fn a_silent_service_is_tried_by_one_at_a_time_until_it_answers() {
        let gate = gate();
        gate.learn(&timeout());
        assert!(gate.pass().is_ok() && gate.pass().is_ok());
        gate.learn(&timeout());
        let probe = gate.pass().unwrap();
        let refused = gate.pass().map(|_| ()).unwrap_err().to_string();
        assert_eq!(
            refused,
            "ec2 in eu-west-1 left the last 2 attempts of all accounts unanswered"
        );
        drop(probe);
        let probe = gate.pass().unwrap();
        gate.learn(&Ok(()));
        drop(probe);
        let (one, other) = (gate.pass(), gate.pass());
        assert!(one.is_ok() && other.is_ok());
    }

    #[test]
    fn a_connection_that_breaks_is_not_silence() {
        let gate = gate();
        for _ in 0..9 {
            gate.learn::<()>(&Err(ConnectorError::io("broken".into())));
        }
        let (one, other) = (gate.pass(), gate.pass());
        assert!(one.is_ok() && other.is_ok());
    }
}
