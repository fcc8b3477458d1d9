//! Planning query logs into a bucket: a configuration in each account and Region, and its associations.

use super::{
    bucket,
    draft::Draft,
    input::PlanInput,
    query_logs::{SUBJECT, all_unlogged, associate, has_room},
};
use crate::{
    logging::{
        names::{QUERY_LOGS, creator_request_id, key},
        observed_state::{ObservedState, RegionState},
    },
    model::{
        inventory::QueryLogConfig,
        logging::{LogBucket, Reference, Verdict, Work},
    },
};

/// Plans what every VPC needs to log its DNS queries into a bucket.
pub(super) fn plan(
    input: &PlanInput,
    bucket: &LogBucket,
    observed: &ObservedState,
    draft: &mut Draft,
) {
    let todo = all_unlogged(input, observed, draft);
    let states: Vec<_> = todo.iter().map(|(state, _)| *state).collect();
    let mut refused = bucket::refusals(draft, observed, bucket, &states, true);
    for (state, vpcs) in todo {
        let config = match refused.remove(&state.target) {
            Some(why) => Err(why),
            None => config(input, bucket, state, draft),
        };
        match config {
            Ok(config) => {
                let before = match &config {
                    Reference::MadeBy(key) => vec![key.clone()],
                    Reference::Known(_) => Vec::new(),
                };
                associate(input, state, &vpcs, &config, &before, draft);
            }
            Err(why) => {
                for vpc in vpcs {
                    draft.add_note(state, Some(&vpc.vpc_id), SUBJECT, Verdict::Cannot, &why);
                }
            }
        }
    }
}

/// A configuration that delivers to the bucket: ours, the account's own, one that is shared with it,
/// else a new one; the error is why there can be none.
fn config(
    input: &PlanInput,
    bucket: &LogBucket,
    state: &RegionState,
    draft: &mut Draft,
) -> Result<Reference, String> {
    let rank = |config: &&QueryLogConfig| {
        let is_ours = state
            .our_configs()
            .any(|(it, _)| it.config_id == config.config_id);
        let own = config.owner_account_id == *state.account();
        (!is_ours, !own, config.config_id.clone())
    };
    let delivers = |config: &&QueryLogConfig| {
        config.status.is_usable() && bucket.is_destination(&config.destination.to_string())
    };
    let there = state.configs.iter().filter(delivers).min_by_key(rank);
    if let Some(config) = there {
        let id = &config.config_id;
        let why = format!("{id} of account {} is used", config.owner_account_id);
        draft.add_note(state, None, "configuration", Verdict::Reused, why);
        return Ok(Reference::Known(id.to_string()));
    }
    has_room(input, state)?;
    let destination = bucket.destination(&state.partition);
    let work = Work::CreateQueryLogConfig {
        name: QUERY_LOGS.to_owned(),
        creator_request_id: creator_request_id(state.account(), state.region(), &destination),
        destination: destination
            .parse()
            .map_err(|_| format!("{destination} is no ARN"))?,
    };
    let key = key(&state.target, "query_log_config", &destination);
    let what = format!("configuration {QUERY_LOGS}");
    Ok(Reference::MadeBy(draft.add_action(
        state,
        key,
        what,
        work,
        &[],
    )))
}
