//! Route 53 Profiles as far as they carry query log configurations: a VPC that is associated with a
//! Profile logs its queries by every configuration of the Profile
//! (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/profile-associate-query-logging.html>).
//!
//! `ListResolverQueryLogConfigAssociations` is documented for VPCs that are associated with a
//! configuration themselves only.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53profiles::types::{self, ProfileStatus};
use jiff::Timestamp;

use super::{query_log, timestamp};
use crate::{
    aws::pace::Api,
    model::{
        coverage::Failure,
        facts::{Found, UnreadProfiles},
        id::{Arn, ProfileId, QueryLogConfigId},
        inventory::{QueryLogAssociation, QueryLogConfig},
        target::Target,
    },
    org::session::{MissingField, Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &[
    "route53profiles:ListProfileAssociations",
    "route53profiles:ListProfileResourceAssociations",
    "route53resolver:GetResolverQueryLogConfig",
];

/// How the resource of a query log configuration's ARN begins.
const QUERY_LOG_CONFIG: &str = "resolver-query-log-config/";

/// The most items a page holds
/// (<https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53profiles_ListProfileAssociations.html>).
const PAGE: i32 = 100;

/// What a Profile is associated with, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    profile_id: ProfileId,
    /// The id of a VPC or of a query log configuration.
    id: String,
    /// As [`QueryLogAssociation::status`].
    status: String,
    message: Option<String>,
    created_at: Option<Timestamp>,
}

/// What Profiles carry to VPCs of an account.
#[derive(Debug)]
pub struct ProfileLogging {
    /// The configurations.
    configs: Vec<QueryLogConfig>,
    /// That they reach a VPC, as associations of the VPC.
    associations: Vec<QueryLogAssociation>,
    /// The VPCs of the Profiles that could not be read; none if all were.
    unread: Option<UnreadProfiles>,
}

impl ProfileLogging {
    /// Configurations and associations of the Profiles that were read, and the VPCs of the others.
    pub fn into_parts(
        self,
    ) -> (
        Vec<QueryLogConfig>,
        Vec<QueryLogAssociation>,
        Option<UnreadProfiles>,
    ) {
        (self.configs, self.associations, self.unread)
    }

    /// As it is stored.
    pub fn into_found(self) -> Found {
        let (configs, associations) = (self.configs, self.associations);
        match self.unread {
            Some(unread) => Found::PartialProfileQueryLogging(configs, associations, unread),
            None => Found::ProfileQueryLogging(configs, associations),
        }
    }
}

/// The configurations that Profiles carry to VPCs of the account, as associations of these VPCs. A
/// configuration that the account does not see is left out: its owner lists it. A Profile that cannot be
/// read costs the VPCs that are associated with it, and no other.
///
/// # Errors
///
/// If the VPCs or the configurations cannot be listed, or an item lacks a field that it is identified by.
pub async fn query_logging(session: &Session) -> Result<ProfileLogging, Failure> {
    let vpcs = vpcs(session).await?;
    let profiles: BTreeSet<&str> = vpcs.iter().map(|it| it.profile_id.as_str()).collect();
    let mut configs: BTreeMap<&str, Vec<Link>> = BTreeMap::new();
    let mut failed: BTreeMap<&str, Failure> = BTreeMap::new();
    for profile_id in profiles {
        match query_log_configs(session, profile_id).await {
            Ok(found) => drop(configs.insert(profile_id, found)),
            // The scan ends, or nothing more is allowed: what follows would be no answer either.
            Err(failure) if failure.reason.is_interruption() => return Err(failure),
            Err(failure) => drop(failed.insert(profile_id, failure)),
        }
    }
    let unread = unread(session.target(), &vpcs, &failed);
    let associations: Vec<_> = vpcs
        .iter()
        .flat_map(|vpc| {
            let carried = configs.get(vpc.profile_id.as_str()).into_iter().flatten();
            carried.map(|config| association(session.target(), vpc, config))
        })
        .collect();
    let ids: BTreeSet<QueryLogConfigId> =
        associations.iter().map(|it| it.config_id.clone()).collect();
    Ok(ProfileLogging {
        configs: query_log::by_ids(session, &ids).await?,
        associations,
        unread,
    })
}

/// The VPCs that are associated with a Profile that failed.
fn unread(
    target: &Target,
    vpcs: &[Link],
    failed: &BTreeMap<&str, Failure>,
) -> Option<UnreadProfiles> {
    let of_failed = vpcs
        .iter()
        .filter(|it| failed.contains_key(it.profile_id.as_str()));
    Some(UnreadProfiles {
        target: target.clone(),
        vpc_ids: of_failed.map(|it| it.id.as_str().into()).collect(),
        failure: failed.values().next()?.clone(),
    })
}

/// The VPCs that are associated with a Profile, own or shared.
async fn vpcs(session: &Session) -> Result<Vec<Link>, Failure> {
    let client = session.profiles();
    let pages = client.list_profile_associations().max_results(PAGE);
    let all: Vec<Option<Link>> = session
        .items(
            Api::Profiles,
            || pages.clone().into_paginator().send(),
            |page| page.profile_associations().iter().map(vpc).collect(),
        )
        .await?;
    Ok(all.into_iter().flatten().collect())
}

/// The query log configurations of a Profile.
async fn query_log_configs(session: &Session, profile_id: &str) -> Result<Vec<Link>, Failure> {
    let client = session.profiles();
    let pages = client
        .list_profile_resource_associations()
        .profile_id(profile_id)
        .max_results(PAGE);
    let all: Vec<Option<Link>> = session
        .items(
            Api::Profiles,
            || pages.clone().into_paginator().send(),
            |page| {
                let items = page.profile_resource_associations().iter();
                items.map(query_log_config).collect()
            },
        )
        .await?;
    Ok(all.into_iter().flatten().collect())
}

/// An item that shows no more than that it is gone is none.
fn vpc(it: &types::ProfileAssociation) -> Result<Option<Link>, MissingField> {
    let profile_id = required(it.profile_id(), "ProfileAssociation.ProfileId")?;
    let id = required(it.resource_id(), "ProfileAssociation.ResourceId")?;
    let status = required(it.status(), "ProfileAssociation.Status")?;
    Ok(status_word(status).map(|status| Link {
        profile_id: profile_id.into(),
        id: id.to_owned(),
        status,
        message: message(it.status_message()),
        created_at: timestamp(it.creation_time()),
    }))
}

/// Private hosted zones, rules and endpoints are none.
fn query_log_config(it: &types::ProfileResourceAssociation) -> Result<Option<Link>, MissingField> {
    let profile_id = required(it.profile_id(), "ProfileResourceAssociation.ProfileId")?;
    let arn = it.resource_arn().and_then(|arn| arn.parse::<Arn>().ok());
    let arn = required(arn, "ProfileResourceAssociation.ResourceArn")?;
    let status = required(it.status(), "ProfileResourceAssociation.Status")?;
    let id = arn.resource().strip_prefix(QUERY_LOG_CONFIG);
    Ok(id.zip(status_word(status)).map(|(id, status)| Link {
        profile_id: profile_id.into(),
        id: id.to_owned(),
        status,
        message: message(it.status_message()),
        created_at: timestamp(it.creation_time()),
    }))
}

fn message(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The status of an association with a configuration that means the same; none if it is gone.
fn status_word(status: &ProfileStatus) -> Option<String> {
    let word = match status {
        ProfileStatus::Complete | ProfileStatus::Updating => "ACTIVE",
        ProfileStatus::Deleted => return None,
        other => other.as_str(),
    };
    Some(word.to_owned())
}

/// A configuration reaches a VPC once both are associated with the Profile.
fn association(target: &Target, vpc: &Link, config: &Link) -> QueryLogAssociation {
    let is_active = |it: &&Link| it.status == "ACTIVE";
    let decides = Some(vpc).filter(|it| !is_active(it)).unwrap_or(config);
    QueryLogAssociation {
        target: target.clone(),
        config_id: config.id.as_str().into(),
        vpc_id: vpc.id.as_str().into(),
        status: decides.status.as_str().into(),
        error: None,
        error_message: decides.message.clone().filter(|_| !is_active(&decides)),
        created_at: vpc.created_at.max(config.created_at),
        profile_id: Some(vpc.profile_id.clone()),
    }
}

#[cfg(test)]
mod tests;
