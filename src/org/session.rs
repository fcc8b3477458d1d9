//! Sessions: a target with its clients, so that every call knows its account and region.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use aws_config::{Region as SdkRegion, SdkConfig, identity::IdentityCache};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_account as account;
use aws_sdk_cloudwatch as cloudwatch;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_ec2 as ec2;
use aws_sdk_organizations as organizations;
use aws_sdk_route53resolver as route53resolver;
use aws_sdk_sts as sts;
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::sync::{OnceCell, OwnedSemaphorePermit};

use super::role::RoleProvider;
use crate::{
    aws::{
        attempts::CountAttempts,
        error::{failure, one_line},
        pace::{Api, Pace},
        stop::Stop,
    },
    config::Config,
    model::{
        coverage::{Failure, Reason},
        id::{AccountId, Arn, Region},
        target::Target,
    },
};

/// Credentials are renewed so long before they expire.
const REFRESH_BEFORE_EXPIRY: Duration = Duration::from_mins(5);

/// The way into every account: the caller, and one assumed role an account.
#[derive(Debug)]
pub struct Access {
    config: Config,
    /// The caller's configuration, with the caller's credentials.
    caller: SdkConfig,
    caller_account: AccountId,
    partition: String,
    /// What the organization is read with and the members are reached from: the caller, or the
    /// role of `--org-role-arn`.
    base: SdkConfig,
    pace: Arc<Pace>,
    stop: Stop,
    accounts: Mutex<HashMap<AccountId, Arc<Opening>>>,
}

/// An account that is opened once, however many ask for it.
type Opening = OnceCell<Result<Account, Failure>>;

/// An account with credentials.
#[derive(Clone, Debug)]
pub struct Account {
    id: AccountId,
    config: SdkConfig,
    retry_partition: RetryPartition,
    pace: Arc<Pace>,
    stop: Stop,
}

/// One target with its clients, made on first use.
#[derive(Debug)]
pub struct Session {
    target: Target,
    account: Account,
    ec2: OnceLock<ec2::Client>,
    logs: OnceLock<logs::Client>,
}

impl Access {
    /// Finds out who the caller is and assumes the organization's role, if one is configured.
    pub async fn open(config: &Config, caller: SdkConfig, stop: Stop) -> Result<Self, Failure> {
        let client = sts::Client::new(&caller);
        let identity = client
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| failure(&error))?;
        let invalid = |what: &str| {
            Failure::new(
                Reason::InvalidResponse,
                format!("GetCallerIdentity told no usable {what}"),
            )
        };
        let caller_account: AccountId = identity
            .account()
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| invalid("account id"))?;
        let arn: Arn = identity
            .arn()
            .and_then(|arn| arn.parse().ok())
            .ok_or_else(|| invalid("ARN"))?;
        let base = match &config.org_role_arn {
            None => caller.clone(),
            Some(role) => organization_role(config, &caller, role).await?,
        };
        Ok(Self {
            config: config.clone(),
            partition: arn.partition().to_owned(),
            pace: Arc::new(Pace::new(&config.limits)),
            accounts: Mutex::default(),
            stop,
            caller,
            caller_account,
            base,
        })
    }

    /// The caller's own account.
    pub fn caller_account(&self) -> &AccountId {
        &self.caller_account
    }

    /// The AWS partition, `aws` or `aws-cn` and so on.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The caller's region, where questions are asked that concern no region.
    pub fn home_region(&self) -> Result<Region, Failure> {
        let name = self.caller.region().map(AsRef::as_ref).unwrap_or_default();
        name.parse()
            .map_err(|error| Failure::new(Reason::Other, format!("{error}")))
    }

    /// Credentials for an account: the caller's own in the caller's account, else those of the
    /// role, which is assumed once however often this is called.
    pub async fn account(&self, id: &AccountId) -> Result<Account, Failure> {
        let slot = {
            let mut all = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(id.clone()).or_default())
        };
        slot.get_or_init(|| self.open_account(id)).await.clone()
    }

    async fn open_account(&self, id: &AccountId) -> Result<Account, Failure> {
        let retry_partition = RetryPartition::custom(id.to_string()).build();
        let config = if *id == self.caller_account {
            self.caller.clone()
        } else {
            let (partition, name) = (&self.partition, &self.config.role.name);
            let provider = RoleProvider::new(
                &self.base,
                retry_partition.clone(),
                format!("arn:{partition}:iam::{id}:role/{name}"),
                self.config.role.clone(),
            );
            with_role(&self.config, &self.caller, provider).await?
        };
        let (pace, stop) = (Arc::clone(&self.pace), self.stop.clone());
        Ok(Account {
            id: id.clone(),
            config,
            retry_partition,
            pace,
            stop,
        })
    }

    /// A client for AWS Organizations, which answers from one endpoint a partition.
    pub fn organizations(&self) -> organizations::Client {
        let builder = organizations::config::Builder::from(&self.base).interceptor(CountAttempts);
        organizations::Client::from_conf(builder.build())
    }
}

async fn organization_role(
    config: &Config,
    caller: &SdkConfig,
    role: &Arn,
) -> Result<SdkConfig, Failure> {
    let partition = RetryPartition::custom(role.to_string()).build();
    // The external id belongs to the members' role; the organization's role has none of its own.
    let settings = crate::config::Role {
        external_id: String::new(),
        ..config.role.clone()
    };
    let provider = RoleProvider::new(caller, partition, role.to_string(), settings);
    with_role(config, caller, provider).await
}

/// `like` with the credentials of a role, assumed here and now.
async fn with_role(
    config: &Config,
    like: &SdkConfig,
    provider: RoleProvider,
) -> Result<SdkConfig, Failure> {
    provider.prepare().await?;
    let cache = IdentityCache::lazy()
        .buffer_time(REFRESH_BEFORE_EXPIRY)
        .load_timeout(Duration::from_secs(config.timeouts.call_seconds))
        .build();
    Ok(like
        .to_builder()
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .identity_cache(cache)
        .build())
}

impl Account {
    /// Its id.
    pub fn id(&self) -> &AccountId {
        &self.id
    }

    /// The account in one region.
    pub fn session(&self, region: &Region) -> Session {
        let config = self
            .config
            .to_builder()
            .region(SdkRegion::new(region.to_string()))
            .build();
        Session {
            target: Target {
                account_id: self.id.clone(),
                region: region.clone(),
            },
            account: Self {
                config,
                ..self.clone()
            },
            ec2: OnceLock::new(),
            logs: OnceLock::new(),
        }
    }
}

/// A client of the session's account and region, with the account's own retry partition.
macro_rules! client {
    ($session:expr, $service:ident) => {
        $service::Client::from_conf(
            $service::config::Builder::from(&$session.account.config)
                .retry_partition($session.account.retry_partition.clone())
                .interceptor(CountAttempts)
                .build(),
        )
    };
}

impl Session {
    /// The account and region.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// EC2.
    pub fn ec2(&self) -> &ec2::Client {
        self.ec2.get_or_init(|| client!(self, ec2))
    }

    /// CloudWatch Logs.
    pub fn logs(&self) -> &logs::Client {
        self.logs.get_or_init(|| client!(self, logs))
    }

    /// CloudWatch.
    pub fn cloudwatch(&self) -> cloudwatch::Client {
        client!(self, cloudwatch)
    }

    /// Route 53 Resolver.
    pub fn resolver(&self) -> route53resolver::Client {
        client!(self, route53resolver)
    }

    /// The Account API.
    pub fn account_api(&self) -> account::Client {
        client!(self, account)
    }

    /// The wish to stop.
    pub fn stop(&self) -> &Stop {
        &self.account.stop
    }

    /// Logs Insights queries that may run at once in this account and region.
    pub fn insights_slots(&self) -> usize {
        self.account.pace.insights_slots()
    }

    /// Waits for one of them.
    pub async fn insights_slot(&self) -> Result<OwnedSemaphorePermit, Failure> {
        self.account.pace.insights_slot(&self.target).await
    }

    /// One call, made when the limits allow it.
    pub async fn call<T, E>(
        &self,
        api: Api,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let _permit = self.account.pace.admit(&self.target, api).await?;
        Box::pin(call).await.map_err(|error| failure(&error))
    }

    /// All pages of a list, each reduced to what is kept before the next is asked for.
    pub async fn pages<P, E, T>(
        &self,
        api: Api,
        mut pages: PaginationStream<Result<P, SdkError<E, HttpResponse>>>,
        mut keep: impl FnMut(P) -> Result<Vec<T>, MissingField>,
    ) -> Result<Vec<T>, Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let mut kept = Vec::new();
        loop {
            let permit = self.account.pace.admit(&self.target, api).await?;
            let Some(page) = pages.next().await else {
                return Ok(kept);
            };
            drop(permit);
            let page = page.map_err(|error| failure(&error))?;
            kept.extend(keep(page)?);
        }
    }
}

/// An answer without a field that the resource cannot do without, or with an unusable one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer holds a resource with no usable `{0}`")]
pub struct MissingField(pub &'static str);

impl From<MissingField> for Failure {
    fn from(missing: MissingField) -> Self {
        Self::new(Reason::InvalidResponse, one_line(&missing.to_string()))
    }
}

/// A required field of an answer.
pub fn required<T>(field: Option<T>, name: &'static str) -> Result<T, MissingField> {
    field.ok_or(MissingField(name))
}
