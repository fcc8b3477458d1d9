//! Credentials that are kept until shortly before they expire, and thrown away sooner where a
//! service calls them expired.
//!
//! The SDK's identity cache does the first and not the second: it would hand out what was refused
//! until its clock states otherwise.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_config::{SdkConfig, identity::IdentityCache};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, future},
};
use tokio::{sync::Mutex, time::Instant};

/// Credentials are renewed so long before they expire.
const BEFORE_EXPIRY: Duration = Duration::from_mins(5);

/// Credentials that were renewed so short a time ago are not the reason of a refusal: without
/// this, a service that refuses everything would be answered with one AssumeRole a call.
const RENEWAL_INTERVAL: Duration = Duration::from_mins(1);

/// Credentials of one source; clones share them.
#[derive(Clone)]
pub struct Renewable {
    source: SharedCredentialsProvider,
    kept: Arc<Mutex<CachedCredentials>>,
}

#[derive(Default)]
struct CachedCredentials {
    credentials: Option<Credentials>,
    /// When they were last thrown away.
    renewed_at: Option<Instant>,
}

impl fmt::Debug for Renewable {
    /// Without the credentials.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Renewable").finish_non_exhaustive()
    }
}

impl Renewable {
    /// Keeps what `source` provides, `first` until it has to be asked.
    pub fn new(source: SharedCredentialsProvider, first: Option<Credentials>) -> Self {
        let kept = CachedCredentials {
            credentials: first,
            renewed_at: None,
        };
        Self {
            source,
            kept: Arc::new(Mutex::new(kept)),
        }
    }

    /// `like` with these credentials.
    pub fn config(&self, like: &SdkConfig) -> SdkConfig {
        like.to_builder()
            .credentials_provider(SharedCredentialsProvider::new(self.clone()))
            // Every attempt asks here, where the credentials are kept.
            .identity_cache(IdentityCache::no_cache())
            .build()
    }

    /// Throws the credentials away with which a call that began at `since` was refused, unless
    /// somebody did so meanwhile or a moment ago.
    pub async fn renew(&self, since: Instant) {
        let mut kept = self.kept.lock().await;
        let recent = |at: Instant| at >= since || at.elapsed() < RENEWAL_INTERVAL;
        if !kept.renewed_at.is_some_and(recent) {
            *kept = CachedCredentials {
                credentials: None,
                renewed_at: Some(Instant::now()),
            };
        }
    }
}

impl ProvideCredentials for Renewable {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            // Whoever comes while they are fetched waits for the same ones.
            let mut kept = self.kept.lock().await;
            let lasts = |credentials: &&Credentials, time: Duration| {
                let expiry = credentials.expiry();
                expiry.is_none_or(|expiry| expiry > SystemTime::now() + time)
            };
            let current = kept.credentials.as_ref();
            if let Some(credentials) = current.filter(|it| lasts(it, BEFORE_EXPIRY)) {
                return Ok(credentials.clone());
            }
            match self.source.provide_credentials().await {
                Ok(credentials) => {
                    kept.credentials = Some(credentials.clone());
                    Ok(credentials)
                }
                // The old ones are good for some minutes yet.
                Err(error) => current
                    .filter(|it| lasts(it, Duration::ZERO))
                    .cloned()
                    .ok_or(error),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// Gives credentials of a certain life, each with a number of its own.
    #[derive(Debug)]
    struct Counter {
        given: AtomicU64,
        life: Duration,
    }

    impl ProvideCredentials for Counter {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.given.fetch_add(1, Ordering::Relaxed);
            let expiry = Some(SystemTime::now() + self.life);
            let given = Credentials::new(format!("key-{number}"), "", None, expiry, "test");
            future::ProvideCredentials::ready(Ok(given))
        }
    }

    fn renewable(life: Duration) -> Renewable {
        let given = AtomicU64::new(0);
        Renewable::new(
            SharedCredentialsProvider::new(Counter { given, life }),
            None,
        )
    }

    async fn key(from: &Renewable) -> String {
        let credentials = from.provide_credentials().await.unwrap();
        credentials.access_key_id().to_owned()
    }

    #[tokio::test]
    async fn credentials_are_fetched_once_and_again_before_they_expire() {
        let lasting = renewable(Duration::from_hours(1));
        assert_eq!(key(&lasting).await, key(&lasting.clone()).await);
        let fading = renewable(Duration::from_mins(1));
        assert_ne!(key(&fading).await, key(&fading).await);
    }

    #[tokio::test]
    async fn refused_credentials_are_fetched_anew_once_for_all_that_were_refused_with_them() {
        let credentials = renewable(Duration::from_hours(1));
        let began = Instant::now();
        assert_eq!(key(&credentials).await, "key-0");
        for _ in 0..3 {
            credentials.renew(began).await;
            assert_eq!(key(&credentials).await, "key-1");
        }
        // A service that refuses the new ones too gets no others for a while.
        credentials.renew(Instant::now()).await;
        assert_eq!(key(&credentials).await, "key-1");
    }
}
