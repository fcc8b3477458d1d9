//! The clients of a session, made on first use.

use aws_sdk_account as account;
use aws_sdk_costexplorer as costexplorer;
use aws_sdk_iam as iam;
use aws_sdk_pricing as pricing;
use aws_sdk_ram as ram;

use super::{
    CountAttempts, QuotaIsNoThrottling, Session, athena, cloudwatch, ec2, logs, route53profiles,
    route53resolver, s3, stalled_streams,
};

/// A client of the session's account and region, behind its service's circuit breaker there, with the
/// account's own retry partition.
macro_rules! client {
    ($session:expr, $service:ident) => {{
        let account = &$session.account;
        let mut builder = $service::config::Builder::from(&account.identity.config)
            .retry_partition(account.retry_partition.clone())
            .retry_classifier(QuotaIsNoThrottling)
            .stalled_stream_protection(stalled_streams(stringify!($service)))
            .interceptor(CountAttempts);
        if let Some(client) = account.identity.config.http_client() {
            let region = &$session.target.region;
            builder = builder.http_client(account.breakers.client(
                client,
                region,
                stringify!($service),
            ));
        }
        $service::Client::from_conf(builder.build())
    }};
}

impl Session {
    /// EC2.
    pub fn ec2(&self) -> &ec2::Client {
        self.ec2.get_or_init(|| client!(self, ec2))
    }

    /// CloudWatch Logs.
    pub fn logs(&self) -> &logs::Client {
        self.logs.get_or_init(|| client!(self, logs))
    }

    /// S3. An endpoint that is set by hand (`AWS_ENDPOINT_URL`) has no host name for each bucket.
    pub fn s3(&self) -> &s3::Client {
        self.s3.get_or_init(|| {
            let client = client!(self, s3);
            if self.account.identity.config.endpoint_url().is_none() {
                return client;
            }
            let config = client.config().to_builder().force_path_style(true);
            s3::Client::from_conf(config.build())
        })
    }

    /// Athena.
    pub fn athena(&self) -> &athena::Client {
        self.athena.get_or_init(|| client!(self, athena))
    }

    /// CloudWatch.
    pub fn cloudwatch(&self) -> &cloudwatch::Client {
        self.cloudwatch.get_or_init(|| client!(self, cloudwatch))
    }

    /// Route 53 Resolver.
    pub fn resolver(&self) -> &route53resolver::Client {
        self.resolver.get_or_init(|| client!(self, route53resolver))
    }

    /// Route 53 Profiles.
    pub fn profiles(&self) -> &route53profiles::Client {
        self.profiles.get_or_init(|| client!(self, route53profiles))
    }

    /// IAM, which answers from one endpoint a partition.
    pub fn iam(&self) -> iam::Client {
        client!(self, iam)
    }

    /// Resource Access Manager.
    pub fn ram(&self) -> ram::Client {
        client!(self, ram)
    }

    /// The Account API.
    pub fn account_api(&self) -> account::Client {
        client!(self, account)
    }

    /// Cost Explorer.
    pub fn cost_explorer(&self) -> costexplorer::Client {
        client!(self, costexplorer)
    }

    /// The Price List API.
    pub fn pricing(&self) -> pricing::Client {
        client!(self, pricing)
    }
}
