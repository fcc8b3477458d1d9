//! Which resources are removed, and which are kept.

use crate::model::tests::sample;
use jiff::Timestamp;

use super::{Selection, disable, missing_items};
use crate::{
    logging::{
        observed_state::{ObservedState, RegionState},
        plan::association_key,
    },
    model::{
        inventory::{QueryLogAssociation, QueryLogConfig},
        logging::{Action, Item, ItemState, Reference, Work, tags},
        target::Target,
    },
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn state(expires: &str) -> RegionState {
    let target = Target {
        account_id: "123456789012".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
    };
    let mut state = RegionState::new(target.clone(), "aws");
    state.vpcs.push(sample::vpc(&target, "vpc-1"));
    state.configs.push(QueryLogConfig {
        config_id: "rqlc-1".into(),
        owner_account_id: target.account_id.clone(),
        name: None,
        destination: state.log_group_arn("/g").parse().unwrap(),
        status: "CREATED".into(),
    });
    state.associations.push(QueryLogAssociation {
        target,
        config_id: "rqlc-1".into(),
        vpc_id: "vpc-1".into(),
        status: "ACTIVE".into(),
        error: None,
        error_message: None,
        created_at: None,
        profile_id: None,
    });
    let ours = tags("r", at(expires));
    state.config_tags.insert("rqlc-1".into(), ours);
    state
}

fn item(state: &RegionState, expires: &str) -> Item {
    Item {
        run: "r".to_owned(),
        expires_at: at(expires),
        state: ItemState::Begun,
        resource_id: None,
        changed_at: at(expires),
        action: Action {
            key: association_key(&state.target, "vpc-1"),
            account_id: state.account().clone(),
            region: Some(state.region().clone()),
            name: String::new(),
            work: Work::AssociateQueryLogConfig {
                config: Reference::MadeBy("lost".to_owned()),
                vpc_id: "vpc-1".into(),
            },
            depends_on: Vec::new(),
        },
    }
}

fn kinds(selection: &Selection, state: RegionState, items: &[Item]) -> Vec<&'static str> {
    let mut observed = ObservedState::default();
    observed.regions.insert(state.target.clone(), state);
    let plan = disable(selection, &observed, items, "undo");
    plan.actions.iter().map(|it| it.work.kind()).collect()
}

const LATER: &str = "2026-02-01T00:00:00Z";
const BOTH: [&str; 2] = ["disassociate_query_log_config", "delete_query_log_config"];

#[test]
fn only_what_has_expired_goes_with_expired() {
    let state = state(LATER);
    let items = [item(&state, LATER)];
    let expired = |now: &str| Selection {
        expired_at: Some(at(now)),
        ..Selection::default()
    };
    let early = expired("2026-01-31T23:59:59Z");
    assert!(kinds(&early, state.clone(), &items).is_empty());
    assert_eq!(kinds(&expired(LATER), state, &items), BOTH);
}

#[test]
fn only_what_a_run_made_goes_with_run() {
    let state = state(LATER);
    let items = [item(&state, LATER)];
    let of = |run: &str| Selection {
        run: Some(run.to_owned()),
        ..Selection::default()
    };
    assert!(kinds(&of("other"), state.clone(), &items).is_empty());
    assert_eq!(kinds(&of("r"), state, &items), BOTH);
}

#[test]
fn an_association_that_we_made_goes_although_its_vpc_is_gone_and_no_other_does() {
    let mut state = state(LATER);
    state.vpcs.clear();
    let items = [item(&state, LATER)];
    let all = Selection::default();
    assert_eq!(kinds(&all, state.clone(), &items), BOTH);
    assert!(kinds(&all, state, &[]).is_empty());
}

#[test]
fn the_manifest_forgets_what_is_gone_and_neither_what_is_there_nor_what_is_not_known() {
    let state = state(LATER);
    let made = Item {
        state: ItemState::Made,
        ..item(&state, LATER)
    };
    let (later, still_later) = (at(LATER), at("2026-02-01T00:00:01Z"));
    let forgotten = |state: Option<&RegionState>, item: &Item, before: Timestamp| {
        let mut observed = ObservedState::default();
        let regions = state.map(|state| (state.target.clone(), state.clone()));
        observed.regions.extend(regions);
        !missing_items(&observed, std::slice::from_ref(item), before).is_empty()
    };
    assert!(!forgotten(Some(&state), &made, still_later), "it is there");
    let mut empty = state.clone();
    empty.associations.clear();
    assert!(forgotten(Some(&empty), &made, still_later));
    assert!(!forgotten(Some(&empty), &made, later), "it is too young");
    assert!(!forgotten(None, &made, still_later), "nobody looked");
    let begun = item(&empty, LATER);
    assert!(
        !forgotten(Some(&empty), &begun, still_later),
        "it may yet show"
    );
}

#[test]
fn a_name_like_ours_without_our_tags_is_not_ours_to_delete() {
    let mut state = state(LATER);
    state.config_tags.clear();
    let items = [item(&state, LATER)];
    assert!(kinds(&Selection::default(), state, &items).is_empty());
}

#[test]
fn an_association_that_another_run_made_keeps_the_configuration() {
    let state = state(LATER);
    let other = Item {
        run: "other".to_owned(),
        ..item(&state, LATER)
    };
    let first = Selection {
        run: Some("r".to_owned()),
        ..Selection::default()
    };
    assert!(kinds(&first, state, &[other]).is_empty());
}
