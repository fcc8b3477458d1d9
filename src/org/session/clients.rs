//! The clients of a Region, made on first use and shared by all accounts: the account of a call is that of
//! `aws::call_account`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use aws_config::{Region as SdkRegion, SdkConfig};
use aws_sdk_account as account;
use aws_sdk_athena as athena;
use aws_sdk_cloudwatch as cloudwatch;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_costexplorer as costexplorer;
use aws_sdk_ec2 as ec2;
use aws_sdk_iam as iam;
use aws_sdk_pricing as pricing;
use aws_sdk_ram as ram;
use aws_sdk_route53profiles as route53profiles;
use aws_sdk_route53resolver as route53resolver;
use aws_sdk_s3 as s3;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;

use super::Session;
use crate::{
    aws::{
        attempts::CountAttempts,
        call_account::{RetriesOfAccount, shared},
        circuit_breaker::CircuitBreakers,
        quota::QuotaIsNoThrottling,
        stalled_streams,
    },
    model::id::Region,
};

/// The clients of all Regions.
#[derive(Debug)]
pub(super) struct Clients {
    config: SdkConfig,
    breakers: Arc<CircuitBreakers>,
    by_region: Mutex<HashMap<Region, Arc<RegionClients>>>,
}

impl Clients {
    /// Clients that speak as `like` does.
    pub(super) fn new(like: &SdkConfig, breakers: Arc<CircuitBreakers>) -> Self {
        Self {
            config: shared(like),
            breakers,
            by_region: Mutex::default(),
        }
    }

    /// The clients of a Region.
    pub(super) fn of(&self, region: &Region) -> Arc<RegionClients> {
        let mut all = self
            .by_region
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(region) {
            return Arc::clone(known);
        }
        let config = self.config.to_builder();
        let config = config.region(SdkRegion::new(region.to_string())).build();
        let breakers = Arc::clone(&self.breakers);
        let made = Arc::new(RegionClients::new(region.clone(), config, breakers));
        all.insert(region.clone(), Arc::clone(&made));
        made
    }
}

/// A client of a Region, behind its service's circuit breaker there.
macro_rules! client {
    ($clients:expr, $service:ident) => {{
        let clients = $clients;
        let mut builder = $service::config::Builder::from(&clients.config)
            .retry_classifier(QuotaIsNoThrottling)
            .stalled_stream_protection(stalled_streams(stringify!($service)));
        // Permanent: else the SDK looks up at each stage of each call whether they are disabled.
        builder
            .push_interceptor(SharedInterceptor::permanent(RetriesOfAccount))
            .push_interceptor(SharedInterceptor::permanent(CountAttempts));
        if let Some(client) = clients.config.http_client() {
            builder = builder.http_client(clients.breakers.client(
                client,
                &clients.region,
                stringify!($service),
            ));
        }
        $service::Client::from_conf(builder.build())
    }};
}

/// Declares the clients of a Region, and a method of [`Session`] for each.
macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident: $service:ident $(, with $settings:ident)?;)+) => {
        /// The clients of one Region.
        #[derive(Debug)]
        pub(super) struct RegionClients {
            region: Region,
            config: SdkConfig,
            breakers: Arc<CircuitBreakers>,
            $($name: OnceLock<$service::Client>,)+
        }

        impl RegionClients {
            fn new(region: Region, config: SdkConfig, breakers: Arc<CircuitBreakers>) -> Self {
                Self {
                    region,
                    config,
                    breakers,
                    $($name: OnceLock::new(),)+
                }
            }
        }

        impl Session {
            $(
                $(#[$doc])*
                pub fn $name(&self) -> &$service::Client {
                    let clients = &*self.clients;
                    clients.$name.get_or_init(|| {
                        let client = client!(clients, $service);
                        $(let client = $settings(client, &clients.config);)?
                        client
                    })
                }
            )+
        }
    };
}

clients! {
    /// EC2.
    ec2: ec2;
    /// CloudWatch Logs.
    logs: logs;
    /// Athena.
    athena: athena;
    /// CloudWatch.
    cloudwatch: cloudwatch;
    /// Route 53 Resolver.
    resolver: route53resolver;
    /// Route 53 Profiles.
    profiles: route53profiles;
    /// IAM, which answers from one endpoint a partition.
    iam: iam;
    /// Resource Access Manager.
    ram: ram;
    /// The Account API.
    account_api: account;
    /// Cost Explorer.
    cost_explorer: costexplorer;
    /// The Price List API.
    pricing: pricing;
    /// S3.
    s3: s3, with path_style;
}

/// An endpoint that is set by hand (`AWS_ENDPOINT_URL`) has no host name for each bucket.
fn path_style(client: s3::Client, config: &SdkConfig) -> s3::Client {
    if config.endpoint_url().is_none() {
        return client;
    }
    let config = client.config().to_builder().force_path_style(true);
    s3::Client::from_conf(config.build())
}
