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

use crate::{
    aws::{cancellation::CancellationToken, error::failure},
    model::coverage::{Failure, Reason},
};

/// IAM actions of whoever deploys the roles; no scan needs them.
pub const ACTIONS: &[&str] = &[
    "cloudformation:CreateStackInstances",
    "cloudformation:CreateStackSet",
    "cloudformation:DescribeStackSetOperation",
    "cloudformation:ListStackSetOperationResults",
];

/// What is deployed, and where.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The name of the StackSet.
    pub name: String,
    /// The template.
    pub template: String,
    /// Parameters of the template.
    pub parameters: Vec<(String, String)>,
    /// The root or the organizational units whose accounts get a stack.
    pub units: Vec<String>,
    /// The Region of the stacks.
    pub region: String,
    /// Whether the caller is a delegated administrator, not the management account.
    pub delegated: bool,
}

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

    /// Creates the StackSet, or uses the one of that name, and a stack in every account; returns how
    /// it ended in each. Looks every `poll` whether it has.
    ///
    /// # Errors
    ///
    /// If a call fails, or the wait is cancelled: the deployment then goes on without the program.
    pub async fn apply(
        &self,
        client: &Client,
        poll: Duration,
        stop: &CancellationToken,
    ) -> Result<Vec<AccountResult>, Failure> {
        self.create(client).await?;
        let operation = self.add_instances(client).await?;
        self.wait(client, &operation, poll, stop).await?;
        self.results(client, &operation).await
    }

    async fn create(&self, client: &Client) -> Result<(), Failure> {
        let parameter = |(key, value): &(String, String)| {
            Parameter::builder()
                .parameter_key(key)
                .parameter_value(value)
                .build()
        };
        let automatic = AutoDeployment::builder()
            .enabled(true)
            .retain_stacks_on_account_removal(false)
            .build();
        let created = client
            .create_stack_set()
            .stack_set_name(&self.name)
            .template_body(&self.template)
            .set_parameters(Some(self.parameters.iter().map(parameter).collect()))
            .permission_model(PermissionModels::ServiceManaged)
            .auto_deployment(automatic)
            .capabilities(Capability::CapabilityNamedIam)
            .call_as(self.call_as())
            .send()
            .await;
        match created.map_err(|error| failure(&error)) {
            Err(failure) if failure.code.as_deref() == Some("NameAlreadyExistsException") => Ok(()),
            created => created.map(drop),
        }
    }

    async fn add_instances(&self, client: &Client) -> Result<String, Failure> {
        let targets = DeploymentTargets::builder()
            .set_organizational_unit_ids(Some(self.units.clone()))
            .build();
        let preferences = StackSetOperationPreferences::builder()
            .failure_tolerance_percentage(100)
            .max_concurrent_percentage(100)
            .build();
        let answer = client
            .create_stack_instances()
            .stack_set_name(&self.name)
            .deployment_targets(targets)
            .regions(&self.region)
            .operation_preferences(preferences)
            .call_as(self.call_as())
            .send()
            .await
            .map_err(|error| failure(&error))?;
        answer.operation_id.ok_or_else(|| incomplete("OperationId"))
    }

    async fn wait(
        &self,
        client: &Client,
        operation: &str,
        poll: Duration,
        stop: &CancellationToken,
    ) -> Result<(), Failure> {
        loop {
            let answer = client
                .describe_stack_set_operation()
                .stack_set_name(&self.name)
                .operation_id(operation)
                .call_as(self.call_as())
                .send()
                .await
                .map_err(|error| failure(&error))?;
            let status = answer.stack_set_operation.and_then(|it| it.status);
            match status.ok_or_else(|| incomplete("Status"))? {
                StackSetOperationStatus::Queued
                | StackSetOperationStatus::Running
                | StackSetOperationStatus::Stopping => {}
                _ => return Ok(()),
            }
            tokio::select! {
                () = stop.cancelled() => {
                    let why = format!("the operation {operation} goes on in AWS");
                    return Err(Failure::new(Reason::Cancelled, why));
                }
                () = tokio::time::sleep(poll) => {}
            }
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
        results.sort_by(|a, b| a.account.cmp(&b.account));
        Ok(results)
    }
}

fn incomplete(field: &str) -> Failure {
    let why = format!("the answer of CloudFormation holds no {field}");
    Failure::new(Reason::InvalidResponse, why)
}
