//! The regions of an account, as that account has enabled them.

use aws_sdk_account::types::RegionOptStatus;

use super::session::Session;
use crate::{
    aws::pace::Api,
    config::Scope,
    model::{
        coverage::{Failure, Reason},
        id::Region,
    },
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["ec2:DescribeRegions", "account:ListRegions"];

/// A region and what is done with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegionChoice {
    /// The region.
    pub region: Region,
    /// Why it is left out; none if it is scanned.
    pub left_out: Option<(Reason, &'static str)>,
}

/// The regions of an account, and how they became known.
#[derive(Debug)]
pub struct Regions {
    /// All of them, by name.
    pub choices: Vec<RegionChoice>,
    /// What stood in the way of knowing them for certain.
    pub failure: Option<Failure>,
    /// What is worth reporting although they are known.
    pub remark: Option<String>,
}

/// Asks EC2, then the Account API, then falls back to the configured list of the partition.
pub async fn list(session: &Session, scope: &Scope, partition: &str) -> Regions {
    let denied = match describe_regions(session).await {
        Ok(known) => return chosen(scope, known, None, None),
        Err(denied) => denied,
    };
    match list_regions(session).await {
        Ok(known) => {
            let remark = format!("by account:ListRegions, as ec2:DescribeRegions failed: {denied}");
            chosen(scope, known, None, Some(remark))
        }
        Err(also_denied) => {
            let known = scope
                .fallback_regions
                .get(partition)
                .cloned()
                .unwrap_or_default();
            let message = format!(
                "the Regions of the account could not be listed, neither by ec2:DescribeRegions ({denied}) nor by \
                 account:ListRegions ({also_denied}); scanned the {} of scope.fallback_regions",
                known.len()
            );
            let known = known.into_iter().map(|region| (region, true)).collect();
            chosen(scope, known, Some(Failure { message, ..denied }), None)
        }
    }
}

/// All regions of the partition, enabled or not; none if the account may not ask.
pub async fn known(session: &Session) -> Option<Vec<Region>> {
    let known = match describe_regions(session).await {
        Ok(known) => known,
        Err(_) => list_regions(session).await.ok()?,
    };
    Some(known.into_iter().map(|(region, _)| region).collect())
}

async fn describe_regions(session: &Session) -> Result<Vec<(Region, bool)>, Failure> {
    let call = session.ec2().describe_regions().all_regions(true);
    let answer = session
        .call(Api::Ec2("DescribeRegions"), || call.clone().send())
        .await?;
    let regions: Vec<_> = answer
        .regions()
        .iter()
        .filter_map(|region| {
            let name = region.region_name()?.parse().ok()?;
            Some((name, region.opt_in_status() != Some("not-opted-in")))
        })
        .collect();
    not_empty(regions)
}

async fn list_regions(session: &Session) -> Result<Vec<(Region, bool)>, Failure> {
    let pages = session.account_api().list_regions().max_results(50);
    let regions = session
        .pages(
            Api::Account,
            || pages.clone().into_paginator().send(),
            |page| {
                let region = |it: &aws_sdk_account::types::Region| {
                    let on = !matches!(
                        it.region_opt_status(),
                        Some(RegionOptStatus::Disabled | RegionOptStatus::Disabling)
                    );
                    Some((it.region_name()?.parse().ok()?, on))
                };
                Ok(page.regions().iter().filter_map(region).collect())
            },
        )
        .await?;
    not_empty(regions)
}

/// No account has no region.
fn not_empty(regions: Vec<(Region, bool)>) -> Result<Vec<(Region, bool)>, Failure> {
    if regions.is_empty() {
        return Err(Failure::new(
            Reason::InvalidResponse,
            "the answer names no region",
        ));
    }
    Ok(regions)
}

fn chosen(
    scope: &Scope,
    known: Vec<(Region, bool)>,
    failure: Option<Failure>,
    remark: Option<String>,
) -> Regions {
    let mut choices: Vec<_> = known
        .into_iter()
        .map(|(region, enabled)| RegionChoice {
            left_out: left_out(scope, &region, enabled),
            region,
        })
        .collect();
    for wanted in scope.regions.iter().flatten() {
        if !choices.iter().any(|choice| choice.region == *wanted) {
            let why = (
                Reason::RegionDisabled,
                "the account does not know this region",
            );
            choices.push(RegionChoice {
                region: wanted.clone(),
                left_out: Some(why),
            });
        }
    }
    choices.sort();
    Regions {
        choices,
        failure,
        remark,
    }
}

fn left_out(scope: &Scope, region: &Region, enabled: bool) -> Option<(Reason, &'static str)> {
    if scope
        .regions
        .as_ref()
        .is_some_and(|wanted| !wanted.contains(region))
    {
        return Some((Reason::Excluded, "not among --regions"));
    }
    if scope
        .exclude_regions
        .iter()
        .any(|glob| glob.matches(region.as_str()))
    {
        return Some((Reason::Excluded, "left out by --exclude-regions"));
    }
    (!enabled).then_some((Reason::RegionDisabled, "not enabled in this account"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn scope(regions: Option<&str>, exclude: &str) -> Scope {
        Scope {
            regions: regions.map(|it| vec![it.parse().unwrap()]),
            exclude_regions: vec![glob::Pattern::new(exclude).unwrap()],
            ..Config::for_tests(&[]).scope
        }
    }

    fn reasons(scope: &Scope) -> Vec<(String, Option<Reason>)> {
        let known = ["ap-east-1", "ap-south-1", "eu-west-1", "eu-south-2"]
            .map(|name| (name.parse().unwrap(), !name.ends_with('2')))
            .to_vec();
        chosen(scope, known, None, None)
            .choices
            .into_iter()
            .map(|it| (it.region.to_string(), it.left_out.map(|why| why.0)))
            .collect()
    }

    #[test]
    fn globs_leave_regions_out_and_a_region_that_is_off_is_not_called() {
        assert_eq!(
            reasons(&scope(None, "ap-*")),
            [
                ("ap-east-1".to_owned(), Some(Reason::Excluded)),
                ("ap-south-1".to_owned(), Some(Reason::Excluded)),
                ("eu-south-2".to_owned(), Some(Reason::RegionDisabled)),
                ("eu-west-1".to_owned(), None),
            ]
        );
    }

    #[test]
    fn a_region_asked_for_by_name_that_the_account_lacks_is_reported() {
        let left = reasons(&scope(Some("mx-central-1"), "x-*"));
        assert!(left.contains(&("mx-central-1".to_owned(), Some(Reason::RegionDisabled))));
        assert!(left.contains(&("eu-west-1".to_owned(), Some(Reason::Excluded))));
    }
}
