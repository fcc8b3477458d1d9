//! Sessions: a target with its clients, so that every call knows its account and region.

mod clients;
mod deployment;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use aws_config::SdkConfig;
use aws_sdk_organizations as organizations;
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::sync::OnceCell;

use self::clients::{Clients, RegionClients};
use super::{
    assumed_role::{organization_role, with_role},
    identity::{Identity, Pages, caller_identity},
    role::{RoleProvider, RoleSts},
};
pub use super::{
    identity::AccessError,
    missing::{Items, MissingField, required},
};
use crate::{
    aws::{
        attempts::CountAttempts,
        budget::Budget,
        call_account::CallAccount,
        cancellation::CancellationToken,
        circuit_breaker::CircuitBreakers,
        error::failure,
        pace::{Api, Pace, TargetPace},
        page::Page,
        preparation::Preparation,
    },
    config::Config,
    model::{
        coverage::{Failure, Reason},
        id::{AccountId, Arn, Region},
        target::Target,
    },
};

/// The access to every account: the caller, and one assumed role an account.
#[derive(Debug)]
pub struct Access {
    config: Config,
    /// The caller's configuration, with the caller's credentials.
    caller: Identity,
    caller_account: AccountId,
    caller_arn: Arn,
    partition: String,
    /// What the organization is read with and the members are reached from: the caller, or the
    /// role of `--org-role-arn`.
    base: Identity,
    role_sts: OnceLock<Result<Arc<RoleSts>, Failure>>,
    pace: Arc<Pace>,
    preparation: Preparation,
    breakers: Arc<CircuitBreakers>,
    clients: Arc<Clients>,
    stop: CancellationToken,
    budget: Arc<Budget>,
    accounts: Mutex<HashMap<AccountId, Arc<Opening>>>,
}

/// An account that is opened once, however many ask for it.
type Opening = OnceCell<Result<AccountAccess, Failure>>;

/// The access to one account: its credentials.
#[derive(Clone, Debug)]
pub struct AccountAccess {
    id: AccountId,
    identity: Identity,
    call_account: Arc<CallAccount>,
    pace: Arc<Pace>,
    preparation: Preparation,
    clients: Arc<Clients>,
    stop: CancellationToken,
    budget: Arc<Budget>,
}

/// One target with the clients of its Region.
#[derive(Debug)]
pub struct Session {
    target: Target,
    account: AccountAccess,
    pace: Arc<TargetPace>,
    clients: Arc<RegionClients>,
}

impl Access {
    /// Finds out who the caller is and assumes the organization's role, if one is configured.
    pub async fn open(
        config: &Config,
        caller: SdkConfig,
        stop: CancellationToken,
    ) -> Result<Self, AccessError> {
        let pace = Arc::new(Pace::new(&config.limits));
        let breakers = Arc::new(CircuitBreakers::new(&config.limits, &config.timeouts));
        let caller = Identity::kept(caller);
        let identity = caller_identity(&caller.config).await;
        let identity = identity.map_err(AccessError::Caller)?;
        let invalid = |what: &str| {
            AccessError::Caller(Failure::new(
                Reason::InvalidResponse,
                format!("GetCallerIdentity returned no usable {what}"),
            ))
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
            Some(role) => organization_role(config, &caller, role, &pace)
                .await
                .map_err(AccessError::OrganizationRole)?,
        };
        Ok(Self {
            config: config.clone(),
            partition: arn.partition().to_owned(),
            caller_arn: arn,
            accounts: Mutex::default(),
            role_sts: OnceLock::new(),
            pace,
            preparation: Preparation::default(),
            clients: Arc::new(Clients::new(&caller.config, Arc::clone(&breakers))),
            breakers,
            stop,
            budget: Arc::new(Budget::new(config.usage.max_scan_gb.bytes())),
            caller,
            caller_account,
            base,
        })
    }

    /// The caller's own account.
    pub fn caller_account(&self) -> &AccountId {
        &self.caller_account
    }

    /// What Logs Insights may scan, over all accounts.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The AWS partition, `aws` or `aws-cn` and so on.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The caller's region, where questions are asked that concern no region.
    pub fn home_region(&self) -> Result<Region, Failure> {
        let region = self.caller.config.region();
        let name = region.map(AsRef::as_ref).unwrap_or_default();
        name.parse()
            .map_err(|error| Failure::new(Reason::Other, format!("{error}")))
    }

    /// Credentials for an account: the caller's own in the caller's account, else those of the
    /// role, which is assumed once however often this is called.
    pub async fn account(&self, id: &AccountId) -> Result<AccountAccess, Failure> {
        let slot = {
            let mut all = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(id.clone()).or_default())
        };
        slot.get_or_init(|| self.open_account(id)).await.clone()
    }

    async fn open_account(&self, id: &AccountId) -> Result<AccountAccess, Failure> {
        let retry_partition = RetryPartition::custom(id.to_string()).build();
        let identity = if *id == self.caller_account {
            self.caller.clone()
        } else {
            let (partition, name) = (&self.partition, &self.config.role.name);
            let arn = format!("arn:{partition}:iam::{id}:role/{name}");
            let provider = RoleProvider::new(self.role_sts()?, retry_partition.clone(), arn);
            with_role(&self.caller.config, &self.base, provider).await?
        };
        Ok(AccountAccess {
            id: id.clone(),
            call_account: identity.call_account(retry_partition),
            identity,
            pace: Arc::clone(&self.pace),
            preparation: self.preparation.clone(),
            clients: Arc::clone(&self.clients),
            stop: self.stop.clone(),
            budget: Arc::clone(&self.budget),
        })
    }

    /// The STS that the roles of all accounts are assumed at.
    fn role_sts(&self) -> Result<Arc<RoleSts>, Failure> {
        let made = || {
            let base = self.guarded(&self.base.config, "sts")?;
            let (settings, pace) = (self.config.role.clone(), Arc::clone(&self.pace));
            Ok(RoleSts::new(&base, settings, pace))
        };
        self.role_sts.get_or_init(made).clone()
    }

    /// `config` behind the circuit breaker of a service in the caller's region.
    fn guarded(&self, config: &SdkConfig, service: &'static str) -> Result<SdkConfig, Failure> {
        let region = self.home_region()?;
        let client = config.http_client();
        let guarded = client.map(|client| self.breakers.client(client, &region, service));
        let mut builder = config.to_builder();
        builder.set_http_client(guarded);
        Ok(builder.build())
    }

    /// The account that the organization is read with: the caller's, or that of the role of
    /// `--org-role-arn`.
    pub fn organization_account(&self) -> AccountAccess {
        let role = self.config.org_role_arn.as_ref();
        let of_role = role.and_then(|it| it.account().parse().ok());
        let id: AccountId = of_role.unwrap_or_else(|| self.caller_account.clone());
        let retry_partition = RetryPartition::custom(id.to_string()).build();
        AccountAccess {
            id,
            call_account: self.base.call_account(retry_partition),
            identity: self.base.clone(),
            pace: Arc::clone(&self.pace),
            preparation: self.preparation.clone(),
            clients: Arc::clone(&self.clients),
            stop: self.stop.clone(),
            budget: Arc::clone(&self.budget),
        }
    }

    /// A client for AWS Organizations, which answers from one endpoint a partition.
    pub fn organizations(&self) -> organizations::Client {
        let builder =
            organizations::config::Builder::from(&self.base.config).interceptor(CountAttempts);
        organizations::Client::from_conf(builder.build())
    }

    /// All pages of a list of AWS Organizations.
    pub async fn organization_pages<P, E, T>(
        &self,
        pages: impl Fn() -> Pages<P, E>,
        keep: impl FnMut(P) -> Result<Vec<T>, MissingField>,
    ) -> Result<Vec<T>, Failure>
    where
        P: Page,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let admit = || self.pace.organizations();
        self.base.pages(admit, pages, keep).await
    }
}

impl AccountAccess {
    /// Its id.
    pub fn id(&self) -> &AccountId {
        &self.id
    }

    /// The account in one region.
    pub fn session(&self, region: &Region) -> Session {
        let target = Target {
            account_id: self.id.clone(),
            region: region.clone(),
        };
        Session {
            pace: self.pace.target(&target),
            clients: self.clients.of(region),
            target,
            account: self.clone(),
        }
    }
}

impl Session {
    /// The account and region.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Cancelled when the run is stopped.
    pub fn cancellation(&self) -> &CancellationToken {
        &self.account.stop
    }

    /// What Logs Insights may scan, over all accounts.
    pub fn budget(&self) -> &Budget {
        &self.account.budget
    }

    /// The rates of calls and queries in this account and region.
    pub fn pace(&self) -> &TargetPace {
        &self.pace
    }

    /// Waits until the rates allow a call, and until it may be prepared.
    async fn admit(&self, api: Api) {
        self.pace.admit(api).await;
        self.account.preparation.begin().await;
    }

    /// One call, made when the rates allow it, and once more if its credentials were expired.
    pub async fn call<T, E, F>(&self, api: Api, call: impl Fn() -> F) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let work = || async {
            self.admit(api).await;
            call().await.map_err(|error| failure(&error))
        };
        let account = &self.account;
        let work = account.identity.repeated_if_expired(work);
        account.call_account.scope(work).await
    }

    /// All pages of a list, each reduced to what is kept before the next is asked for.
    pub async fn pages<P, E, T>(
        &self,
        api: Api,
        pages: impl Fn() -> Pages<P, E>,
        keep: impl FnMut(P) -> Result<Vec<T>, MissingField>,
    ) -> Result<Vec<T>, Failure>
    where
        P: Page,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let admit = || self.admit(api);
        let account = &self.account;
        let work = account.identity.pages(admit, pages, keep);
        account.call_account.scope(work).await
    }

    /// The items of all pages of a list. One that lacks a required field is left out, and counted
    /// for a remark on the step.
    pub async fn items<P, E, T>(
        &self,
        api: Api,
        pages: impl Fn() -> Pages<P, E>,
        mut keep: impl FnMut(P) -> Items<T>,
    ) -> Result<Vec<T>, Failure>
    where
        P: Page,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.pages(api, pages, |page| Ok(keep(page).into_vec()))
            .await
    }
}
