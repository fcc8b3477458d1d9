//! Which VPCs a Profile makes log, and what is unknown where one cannot be read.

use super::*;
use crate::model::{coverage::Step, facts::Finished, inventory::AssociationState};

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
fn a_profile_that_cannot_be_read_leaves_its_own_vpcs_open_and_no_other() {
    let target = crate::model::tests::sample::target();
    let link = |profile: &str, vpc: &str| Link {
        profile_id: profile.into(),
        id: vpc.into(),
        ..of_vpc(ProfileStatus::Complete).unwrap()
    };
    let vpcs = [
        link("rp-1", "vpc-1"),
        link("rp-2", "vpc-2"),
        link("rp-2", "vpc-3"),
    ];
    assert_eq!(unread(&target, &vpcs, &BTreeMap::new()), None);
    let denied = Failure::new(crate::model::coverage::Reason::AccessDenied, "denied");
    let failed = BTreeMap::from([("rp-2", denied.clone())]);
    let found = unread(&target, &vpcs, &failed).unwrap();
    assert_eq!(found.failure, denied);
    let carried = ProfileLogging {
        configs: Vec::new(),
        associations: Vec::new(),
        unread: Some(found),
    };
    let found = carried.into_found();
    assert_eq!(found.failure(), Some(&denied));
    // It is kept with the failed cell, and read again.
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Found>(&text).unwrap(), found);
    let mut facts = crate::model::facts::Facts::default();
    let (account, region) = (target.account_id.clone(), target.region.clone());
    let cell = |step| {
        crate::model::coverage::Cell::complete(Some(account.clone()), Some(region.clone()), step)
    };
    let profiles = cell(Step::Route53Profiles).failed(denied);
    facts.outcomes.add(&cell(Step::QueryLogging));
    facts.absorb(Finished {
        cell: profiles,
        found,
    });
    let known = ["vpc-1", "vpc-2", "vpc-3", "vpc-4"];
    let known = known.map(|id| facts.knows_query_logging(&target, id));
    assert_eq!(known, [true, false, false, true]);
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
