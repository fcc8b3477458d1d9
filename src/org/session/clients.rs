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

/// The clients of one Region.
#[derive(Debug)]
pub(super) struct RegionClients {
    region: Region,
    config: SdkConfig,
    breakers: Arc<CircuitBreakers>,
    ec2: OnceLock<ec2::Client>,
    logs: OnceLock<logs::Client>,
    athena: OnceLock<athena::Client>,
    cloudwatch: OnceLock<cloudwatch::Client>,
    resolver: OnceLock<route53resolver::Client>,
    profiles: OnceLock<route53profiles::Client>,
    iam: OnceLock<iam::Client>,
    ram: OnceLock<ram::Client>,
    account_api: OnceLock<account::Client>,
    cost_explorer: OnceLock<costexplorer::Client>,
    pricing: OnceLock<pricing::Client>,
    s3: OnceLock<s3::Client>,
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
        let made = Arc::new(RegionClients {
            region: region.clone(),
            config: config.region(SdkRegion::new(region.to_string())).build(),
            breakers: Arc::clone(&self.breakers),
            ec2: OnceLock::new(),
            logs: OnceLock::new(),
            athena: OnceLock::new(),
            cloudwatch: OnceLock::new(),
            resolver: OnceLock::new(),
            profiles: OnceLock::new(),
            iam: OnceLock::new(),
            ram: OnceLock::new(),
            account_api: OnceLock::new(),
            cost_explorer: OnceLock::new(),
            pricing: OnceLock::new(),
            s3: OnceLock::new(),
        });
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

impl Session {
    /// EC2.
    pub fn ec2(&self) -> &ec2::Client {
        let clients = &*self.clients;
        clients.ec2.get_or_init(|| client!(clients, ec2))
    }

    /// CloudWatch Logs.
    pub fn logs(&self) -> &logs::Client {
        let clients = &*self.clients;
        clients.logs.get_or_init(|| client!(clients, logs))
    }

    /// Athena.
    pub fn athena(&self) -> &athena::Client {
        let clients = &*self.clients;
        clients.athena.get_or_init(|| client!(clients, athena))
    }

    /// CloudWatch.
    pub fn cloudwatch(&self) -> &cloudwatch::Client {
        let clients = &*self.clients;
        clients
            .cloudwatch
            .get_or_init(|| client!(clients, cloudwatch))
    }

    /// Route 53 Resolver.
    pub fn resolver(&self) -> &route53resolver::Client {
        let clients = &*self.clients;
        clients
            .resolver
            .get_or_init(|| client!(clients, route53resolver))
    }

    /// Route 53 Profiles.
    pub fn profiles(&self) -> &route53profiles::Client {
        let clients = &*self.clients;
        clients
            .profiles
            .get_or_init(|| client!(clients, route53profiles))
    }

    /// IAM, which answers from one endpoint a partition.
    pub fn iam(&self) -> &iam::Client {
        let clients = &*self.clients;
        clients.iam.get_or_init(|| client!(clients, iam))
    }

    /// Resource Access Manager.
    pub fn ram(&self) -> &ram::Client {
        let clients = &*self.clients;
        clients.ram.get_or_init(|| client!(clients, ram))
    }

    /// The Account API.
    pub fn account_api(&self) -> &account::Client {
        let clients = &*self.clients;
        clients
            .account_api
            .get_or_init(|| client!(clients, account))
    }

    /// Cost Explorer.
    pub fn cost_explorer(&self) -> &costexplorer::Client {
        let clients = &*self.clients;
        clients
            .cost_explorer
            .get_or_init(|| client!(clients, costexplorer))
    }

    /// The Price List API.
    pub fn pricing(&self) -> &pricing::Client {
        let clients = &*self.clients;
        clients.pricing.get_or_init(|| client!(clients, pricing))
    }

    /// S3. An endpoint that is set by hand (`AWS_ENDPOINT_URL`) has no host name for each bucket.
    pub fn s3(&self) -> &s3::Client {
        let clients = &*self.clients;
        clients.s3.get_or_init(|| {
            let client = client!(clients, s3);
            if clients.config.endpoint_url().is_none() {
                return client;
            }
            let config = client.config().to_builder().force_path_style(true);
            s3::Client::from_conf(config.build())
        })
    }
}
