//! The service-managed StackSet that puts the roles into the accounts of an organization
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs.html>).

use std::time::Duration;

use aws_sdk_cloudformation::{
    Client,
    types::{
        AutoDeployment, CallAs, Capability, DeploymentTargets, Parameter, PermissionModels,
        StackSetOperationPreferences, StackSetOperationResultStatus, StackSetOperationStatus,
    },
};
use jiff::Timestamp;

use super::deployment::{Chosen, Deployment, Existing};
use crate::{
    aws::{cancellation::CancellationToken, error::failure},
    model::coverage::{Failure, Reason},
};

/// IAM actions of whoever deploys the roles; no scan needs them.
pub const ACTIONS: &[&str] = &[
    "cloudformation:CreateStackInstances",
    "cloudformation:CreateStackSet",
    "cloudformation:DescribeStackSet",
    "cloudformation:DescribeStackSetOperation",
    "cloudformation:ListStackSetOperationResults",
    "cloudformation:UpdateStackSet",
];

/// How long until an operation is looked at first; each time after, twice as long, up to the last.
const FIRST_POLL: Duration = Duration::from_millis(500);
const LAST_POLL: Duration = Duration::from_secs(10);

/// How the deployment ended in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountResult {
    /// The account.
    pub account: String,
    /// `SUCCEEDED`, `FAILED` and so on.
    pub status: String,
    /// Why.
    pub reason: Option<String>,
}

impl AccountResult {
    /// Whether the account has its stack.
    pub fn succeeded(&self) -> bool {
        self.status == StackSetOperationResultStatus::Succeeded.as_str()
    }
}

impl Deployment {
    fn call_as(&self) -> CallAs {
        if self.delegated {
            CallAs::DelegatedAdmin
        } else {
            CallAs::SelfValue
        }
    }

    /// Creates the StackSet or, if there is one of that name (`existing`), updates it, and puts a stack
    /// into every account; returns how that ended in each.
    ///
    /// # Errors
    ///
    /// If a call fails, or the wait is cancelled: the deployment then continues without the program.
    pub async fn apply(
        &self,
        client: &Client,
        existing: Option<&Existing>,
        stop: &CancellationToken,
    ) -> Result<Vec<AccountResult>, Failure> {
        let mut results = match existing {
            None => {
                self.create(client).await?;
                Vec::new()
            }
            Some(existing) if existing.is_current(self) => Vec::new(),
            Some(existing) => {
                let id = &operation_id("update");
                let start = async || self.update(client, existing, id).await;
                self.operation(client, id, stop, start).await?
            }
        };
        let id = &operation_id("create");
        let start = async || self.add_instances(client, id).await;
        let added = self.operation(client, id, stop, start).await?;
        // An account that could not be updated is not well because nothing had to be added.
        results.retain(|it| !it.succeeded() || added.iter().all(|one| one.account != it.account));
        let failed: Vec<String> = results.iter().map(|it| it.account.clone()).collect();
        results.extend(added.into_iter().filter(|it| !failed.contains(&it.account)));
        results.sort_by(|a, b| a.account.cmp(&b.account));
        Ok(results)
    }

    /// The StackSet of that name, if there is one.
    ///
    /// # Errors
    ///
    /// If the call fails.
    pub async fn existing(&self, client: &Client) -> Result<Option<Existing>, Failure> {
        let answer = client
            .describe_stack_set()
            .stack_set_name(&self.name)
            .call_as(self.call_as())
            .send()
            .await;
        let answer = match answer.map_err(|error| failure(&error)) {
            Err(failure) if has_code(&failure, "StackSetNotFoundException") => return Ok(None),
            answer => answer?,
        };
        let found = answer.stack_set.ok_or_else(|| incomplete("StackSet"))?;
        let is_self_managed = found.permission_model != Some(PermissionModels::ServiceManaged);
        let parameters = found.parameters.unwrap_or_default().into_iter();
        let pair = |it: Parameter| it.parameter_key.zip(it.parameter_value);
        Ok(Some(Existing {
            template: found.template_body.unwrap_or_default(),
            parameters: parameters.filter_map(pair).collect(),
            is_self_managed,
        }))
    }

    /// The parameters of the call: those of `existing` that are not named keep their values.
    fn parameters_of_call(&self, existing: Option<&Existing>) -> Vec<Parameter> {
        let parameter = |it: &Chosen| {
            let parameter = Parameter::builder().parameter_key(&it.key);
            parameter.parameter_value(&it.value).build()
        };
        let kept = existing.map(|it| it.kept(self)).unwrap_or_default();
        let keep = |(key, _value): (&str, &str)| {
            let parameter = Parameter::builder().parameter_key(key);
            parameter.use_previous_value(true).build()
        };
        let given = self.given(existing).map(parameter);
        given.chain(kept.into_iter().map(keep)).collect()
    }

    async fn create(&self, client: &Client) -> Result<(), Failure> {
        let created = client
            .create_stack_set()
            .stack_set_name(&self.name)
            .template_body(&self.template)
            .set_parameters(Some(self.parameters_of_call(None)))
            .permission_model(PermissionModels::ServiceManaged)
            .auto_deployment(automatic())
            .capabilities(Capability::CapabilityNamedIam)
            .call_as(self.call_as())
            .send()
            .await;
        created.map(drop).map_err(|error| failure(&error))
    }

    async fn update(
        &self,
        client: &Client,
        existing: &Existing,
        operation: &str,
    ) -> Result<(), Failure> {
        let updated = client
            .update_stack_set()
            .stack_set_name(&self.name)
            .template_body(&self.template)
            .set_parameters(Some(self.parameters_of_call(Some(existing))))
            .permission_model(PermissionModels::ServiceManaged)
            .auto_deployment(automatic())
            .capabilities(Capability::CapabilityNamedIam)
            .operation_preferences(preferences())
            .operation_id(operation)
            .call_as(self.call_as())
            .send()
            .await;
        updated.map(drop).map_err(|error| failure(&error))
    }

    async fn add_instances(&self, client: &Client, operation: &str) -> Result<(), Failure> {
        let targets = DeploymentTargets::builder()
            .set_organizational_unit_ids(Some(self.units.clone()))
            .build();
        let added = client
            .create_stack_instances()
            .stack_set_name(&self.name)
            .deployment_targets(targets)
            .regions(&self.region)
            .operation_preferences(preferences())
            .operation_id(operation)
            .call_as(self.call_as())
            .send()
            .await;
        added.map(drop).map_err(|error| failure(&error))
    }

    /// Starts an operation, once those under way have ended, waits for it, and returns its results.
    async fn operation(
        &self,
        client: &Client,
        id: &str,
        stop: &CancellationToken,
        start: impl AsyncFn() -> Result<(), Failure>,
    ) -> Result<Vec<AccountResult>, Failure> {
        let mut poll = FIRST_POLL;
        loop {
            match start().await {
                // A StackSet has one operation at a time, also those that AWS starts for new accounts.
                Err(failure) if has_code(&failure, "OperationInProgressException") => {
                    tracing::warn!(
                        "another operation of the StackSet is under way; waiting for its end"
                    );
                    pause(&mut poll, stop, &failure.message).await?;
                }
                // The answer to an attempt before was lost.
                Err(failure) if has_code(&failure, "OperationIdAlreadyExistsException") => break,
                started => {
                    started?;
                    break;
                }
            }
        }
        let (status, reason) = self.wait(client, id, stop).await?;
        let results = self.results(client, id).await?;
        if status != StackSetOperationStatus::Succeeded
            && results.iter().all(AccountResult::succeeded)
        {
            let reason = reason.unwrap_or_else(|| "no reason is given".to_owned());
            let why = format!("the operation {id} ended as {status}: {reason}");
            return Err(Failure::new(Reason::Other, why));
        }
        Ok(results)
    }

    async fn wait(
        &self,
        client: &Client,
        operation: &str,
        stop: &CancellationToken,
    ) -> Result<(StackSetOperationStatus, Option<String>), Failure> {
        let mut poll = FIRST_POLL;
        loop {
            let answer = client
                .describe_stack_set_operation()
                .stack_set_name(&self.name)
                .operation_id(operation)
                .call_as(self.call_as())
                .send()
                .await
                .map_err(|error| failure(&error))?;
            let found = answer.stack_set_operation;
            let found = found.ok_or_else(|| incomplete("StackSetOperation"))?;
            match found.status.ok_or_else(|| incomplete("Status"))? {
                StackSetOperationStatus::Queued
                | StackSetOperationStatus::Running
                | StackSetOperationStatus::Stopping => {}
                ended => return Ok((ended, found.status_reason)),
            }
            let why = format!("the operation {operation} continues in AWS");
            pause(&mut poll, stop, &why).await?;
        }
    }

    async fn results(
        &self,
        client: &Client,
        operation: &str,
    ) -> Result<Vec<AccountResult>, Failure> {
        let mut pages = client
            .list_stack_set_operation_results()
            .stack_set_name(&self.name)
            .operation_id(operation)
            .call_as(self.call_as())
            .into_paginator()
            .send();
        let mut results = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure(&error))?;
            for it in page.summaries.unwrap_or_default() {
                results.push(AccountResult {
                    account: it.account.ok_or_else(|| incomplete("Account"))?,
                    status: it
                        .status
                        .map_or("UNKNOWN".to_owned(), |it| it.as_str().to_owned()),
                    reason: it.status_reason,
                });
            }
        }
        Ok(results)
    }
}

/// Accounts that join later get their stack by themselves.
fn automatic() -> AutoDeployment {
    AutoDeployment::builder()
        .enabled(true)
        .retain_stacks_on_account_removal(false)
        .build()
}

/// An account that fails keeps no other from its stack.
fn preferences() -> StackSetOperationPreferences {
    StackSetOperationPreferences::builder()
        .failure_tolerance_percentage(100)
        .max_concurrent_percentage(100)
        .build()
}

/// The id of an operation: known before the call, so that a call whose answer was lost is not made twice.
fn operation_id(what: &str) -> String {
    let now = Timestamp::now().as_nanosecond();
    format!("vpce-scout-{what}-{now}-{}", std::process::id())
}

async fn pause(poll: &mut Duration, stop: &CancellationToken, why: &str) -> Result<(), Failure> {
    tokio::select! {
        () = stop.cancelled() => return Err(Failure::new(Reason::Cancelled, why)),
        () = tokio::time::sleep(*poll) => {}
    }
    *poll = (*poll * 2).min(LAST_POLL);
    Ok(())
}

fn has_code(failure: &Failure, code: &str) -> bool {
    failure.code.as_deref() == Some(code)
}

fn incomplete(field: &str) -> Failure {
    let why = format!("the answer of CloudFormation holds no {field}");
    Failure::new(Reason::InvalidResponse, why)
}
