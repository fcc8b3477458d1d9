//! Whether, and under which ARN, RAM may share within the organization.

use super::session::{Access, required};
use crate::{aws::error::failure, model::coverage::Failure};

/// IAM actions of the caller (or of the role of `--org-role-arn`), for central logging alone.
pub const ACTIONS: &[&str] = &[
    "organizations:DescribeOrganization",
    "organizations:ListAWSServiceAccessForOrganization",
];

/// RAM's name among the services that may be trusted
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/services-that-can-integrate-ram.html>).
const RAM: &str = "ram.amazonaws.com";

/// The ARN of the organization, and whether RAM is trusted in it; none if that may not be asked.
pub async fn with_organization(access: &Access) -> Result<(String, Option<bool>), Failure> {
    let client = access.organizations();
    let answer = client.describe_organization().send().await;
    let answer = answer.map_err(|error| failure(&error))?;
    let arn = answer.organization().and_then(|it| it.arn());
    let arn = required(arn, "Organization.Arn")?.to_owned();
    let pages = client.list_aws_service_access_for_organization();
    let trusted = access
        .organization_pages(
            || pages.clone().into_paginator().send(),
            |page| {
                let services = page.enabled_service_principals().iter();
                Ok(services
                    .filter_map(|it| it.service_principal().map(str::to_owned))
                    .collect())
            },
        )
        .await;
    let trusted = trusted.ok().map(|all| all.iter().any(|name| name == RAM));
    Ok((arn, trusted))
}
