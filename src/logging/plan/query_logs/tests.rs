//! Which VPCs get a query log, and which may have one already.

use super::*;
use crate::model::{
    coverage::{Failure, Reason},
    facts::UnreadProfiles,
    inventory::QueryLogAssociation,
    tests::sample,
};

#[test]
fn a_vpc_that_may_log_by_a_profile_gets_no_second_log_and_the_others_go_on() {
    let target = sample::target();
    let mut state = RegionState::new(target.clone(), "aws");
    for id in ["vpc-bare", "vpc-logs", "vpc-unknown", "vpc-fails"] {
        state.vpcs.push(sample::vpc(&target, id));
    }
    let association = |vpc: &str, status: &str| QueryLogAssociation {
        target: target.clone(),
        config_id: "rqlc-1".into(),
        vpc_id: vpc.into(),
        status: status.into(),
        error: None,
        error_message: None,
        created_at: None,
        profile_id: None,
    };
    state.associations = vec![
        association("vpc-logs", "ACTIVE"),
        association("vpc-fails", "FAILED"),
    ];
    state.unread_profiles = Some(UnreadProfiles {
        target,
        vpc_ids: ["vpc-logs", "vpc-unknown", "vpc-fails"]
            .map(VpcId::from)
            .into(),
        failure: Failure::new(Reason::AccessDenied, "denied"),
    });
    let mut notes = Vec::new();
    let planned = unlogged(&[], &state, |vpc, verdict, why| {
        notes.push((
            vpc.vpc_id.as_str(),
            verdict,
            why.contains("Route 53 Profile"),
        ));
    });
    let planned: Vec<_> = planned.iter().map(|vpc| vpc.vpc_id.as_str()).collect();
    assert_eq!(planned, ["vpc-bare"]);
    let expected = [
        ("vpc-logs", Verdict::Left, false),
        ("vpc-unknown", Verdict::Cannot, true),
        ("vpc-fails", Verdict::Cannot, true),
    ];
    assert_eq!(notes, expected);
    assert!(has_unlogged(&[], &state));
    assert!(!has_unlogged(&["vpc-unknown".into()], &state));
}
