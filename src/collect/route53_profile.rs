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
        id::Arn,
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
    profile_id: String,
    /// The id of a VPC or of a query log configuration.
    id: String,
    /// As [`QueryLogAssociation::status`].
    status: String,
    message: Option<String>,
    created_at: Option<Timestamp>,
}

/// The configurations that Profiles carry to VPCs of the account, as associations of these VPCs. A
/// configuration that the account does not see is left out: its owner lists it.
///
/// # Errors
///
/// If a call fails, or an item lacks a field that it is identified by.
pub async fn query_logging(
    session: &Session,
) -> Result<(Vec<QueryLogConfig>, Vec<QueryLogAssociation>), Failure> {
    let vpcs = vpcs(session).await?;
    let mut configs: BTreeMap<&str, Vec<Link>> = BTreeMap::new();
    for profile_id in vpcs.iter().map(|it| it.profile_id.as_str()) {
        if !configs.contains_key(profile_id) {
            configs.insert(profile_id, query_log_configs(session, profile_id).await?);
        }
    }
    let associations: Vec<_> = vpcs
        .iter()
        .flat_map(|vpc| {
            let carried = configs.get(vpc.profile_id.as_str()).into_iter().flatten();
            carried.map(|config| association(session.target(), vpc, config))
        })
        .collect();
    let ids: BTreeSet<String> = associations.iter().map(|it| it.config_id.clone()).collect();
    Ok((query_log::by_ids(session, &ids).await?, associations))
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

/// An item that says no more than that it is gone is none.
fn vpc(it: &types::ProfileAssociation) -> Result<Option<Link>, MissingField> {
    let profile_id = required(it.profile_id(), "ProfileAssociation.ProfileId")?;
    let id = required(it.resource_id(), "ProfileAssociation.ResourceId")?;
    let status = required(it.status(), "ProfileAssociation.Status")?;
    Ok(status_word(status).map(|status| Link {
        profile_id: profile_id.to_owned(),
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
        profile_id: profile_id.to_owned(),
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
        config_id: config.id.clone(),
        vpc_id: vpc.id.clone(),
        status: decides.status.as_str().into(),
        error: None,
        error_message: decides.message.clone().filter(|_| !is_active(&decides)),
        created_at: vpc.created_at.max(config.created_at),
        profile_id: Some(vpc.profile_id.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::inventory::AssociationState;

    fn of_vpc(status: ProfileStatus) -> Option<Link> {
        let item = types::ProfileAssociation::builder()
            .profile_id("rp-1")
            .resource_id("vpc-1")
            .status(status)
            .status_message("why")
            .build();
        vpc(&item).unwrap()
    }

    fn of_config(arn: &str, status: ProfileStatus) -> Result<Option<Link>, MissingField> {
        let item = types::ProfileResourceAssociation::builder()
            .profile_id("rp-1")
            .resource_arn(arn)
            .status(status)
            .build();
        query_log_config(&item)
    }

    const CONFIG: &str =
        "arn:aws:route53resolver:eu-west-1:111122223333:resolver-query-log-config/rqlc-1";

    #[test]
    fn a_vpc_logs_through_a_profile_once_both_associations_are_complete() {
        use ProfileStatus::{Complete, Creating, Deleted, Deleting, Failed, Updating};
        let target = Target {
            account_id: "111122223333".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        for (vpc, config, expected) in [
            (Complete, Complete, Some(AssociationState::Logging)),
            (Updating, Complete, Some(AssociationState::Logging)),
            (Complete, Updating, Some(AssociationState::Logging)),
            (Creating, Complete, Some(AssociationState::Starting)),
            (Complete, Creating, Some(AssociationState::Starting)),
            (Complete, Deleting, Some(AssociationState::Stopping)),
            (Failed, Complete, Some(AssociationState::Failed)),
            (Complete, Failed, Some(AssociationState::Failed)),
            (
                ProfileStatus::from("NEW"),
                Complete,
                Some(AssociationState::Failed),
            ),
            (Deleted, Complete, None),
            (Complete, Deleted, None),
        ] {
            let both = (of_vpc(vpc.clone())).zip(of_config(CONFIG, config.clone()).unwrap());
            let found = both.map(|(vpc, config)| association(&target, &vpc, &config));
            let state = found.as_ref().map(QueryLogAssociation::state);
            assert_eq!(state, expected, "{vpc:?} {config:?}");
        }
        let failed = association(
            &target,
            &of_vpc(Failed).unwrap(),
            &of_config(CONFIG, Complete).unwrap().unwrap(),
        );
        let message = failed.failure().unwrap();
        assert_eq!(message, "rqlc-1 of rp-1 is FAILED: why");
    }

    #[test]
    fn only_query_log_configurations_of_a_profile_are_of_interest() {
        let id = |arn: &str| {
            let found = of_config(arn, ProfileStatus::Complete).unwrap();
            found.map(|it| it.id)
        };
        assert_eq!(id(CONFIG).as_deref(), Some("rqlc-1"));
        for other in [
            "arn:aws:route53:::hostedzone/Z1",
            "arn:aws:route53resolver:eu-west-1:111122223333:resolver-rule/rslvr-rr-1",
            "arn:aws:route53resolver:eu-west-1:111122223333:firewall-rule-group/rslvr-frg-1",
            "arn:aws:ec2:eu-west-1:111122223333:vpc-endpoint/vpce-1",
        ] {
            assert_eq!(id(other), None, "{other}");
        }
        assert!(of_config("", ProfileStatus::Complete).is_err());
    }
}
