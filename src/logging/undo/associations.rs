//! Removes associations first, and notes what was asked for by name and does not exist.

use super::planner::UndoPlanner;
use crate::{
    logging::{observed_state::RegionState, plan::association_key},
    model::{
        id::VpcId,
        inventory::QueryLogAssociation,
        kind::QueryLogStatus,
        logging::{Item, Note, Reference, Verdict, Work},
    },
};

impl UndoPlanner<'_> {
    /// Associations of the account's VPCs. One that we made may outlive its VPC.
    pub(super) fn associations(&mut self, state: &RegionState) {
        let is_own = |id: &VpcId| state.vpcs.iter().any(|vpc| vpc.vpc_id == *id);
        let mut own: Vec<_> = state
            .associations
            .iter()
            .filter(|it| it.status != QueryLogStatus::Deleting)
            .filter(|it| {
                let began = association_key(&state.target, &it.vpc_id);
                is_own(&it.vpc_id) || self.items.contains_key(began.as_str())
            })
            .collect();
        let order = |vpc_id: &VpcId| state.vpcs.iter().position(|vpc| vpc.vpc_id == *vpc_id);
        own.sort_by_key(|it| order(&it.vpc_id).unwrap_or(usize::MAX));
        for it in own {
            self.association(state, it);
        }
    }

    fn association(&mut self, state: &RegionState, it: &QueryLogAssociation) {
        let key = association_key(&state.target, &it.vpc_id);
        let proof = self
            .items(&key)
            .find(|item| self.is_of(item, &it.config_id));
        let vouched =
            self.selection.vpc_ids.contains(&it.vpc_id) && self.is_our_config(&it.config_id);
        let goes = match proof {
            Some(item) => self.selection.has_item(item) && self.selection.has_vpc(&it.vpc_id),
            None => vouched && self.selection.run.is_none(),
        };
        if goes {
            let work = Work::DisassociateQueryLogConfig {
                config_id: it.config_id.clone(),
                vpc_id: it.vpc_id.clone(),
            };
            let name = format!("{} from {}", it.vpc_id, it.config_id);
            let key = self.draft.add_action(state, key, name, work, &[]);
            let association = (it.config_id.clone(), it.vpc_id.clone());
            self.removed_associations.insert(association, key);
        } else if proof.is_none() && self.is_our_config(&it.config_id) {
            let why = format!(
                "associated with {}, which is ours, but nothing proves that vpce-scout made the association; --vpcs {} \
                 removes it",
                it.config_id, it.vpc_id
            );
            self.note_kept(state, Some(&it.vpc_id), "association", why);
        }
    }

    /// Whether an association of a VPC is the one that an item began.
    fn is_of(&self, item: &Item, config_id: &str) -> bool {
        let Work::AssociateQueryLogConfig { config, .. } = &item.action.work else {
            return false;
        };
        match config {
            Reference::Known(id) => id == config_id,
            // Its id may have been lost with the process: then the tags prove it.
            Reference::MadeBy(key) => {
                let ids: Vec<_> = self
                    .items(key)
                    .filter_map(|it| it.resource_id.as_deref())
                    .collect();
                ids.contains(&config_id) || (ids.is_empty() && self.is_our_config(config_id))
            }
        }
    }

    /// Notes what was asked for by name and does not exist.
    pub(super) fn not_found(&mut self) {
        let acted = |id: &&VpcId| {
            let mut actions = self.draft.actions.iter();
            actions.any(|action| action.work.vpc_id() == Some(id.as_str()))
        };
        let named = self.selection.vpc_ids.iter();
        let absent: Vec<_> = named.filter(|id| !acted(id)).cloned().collect();
        let why = "no VPC with this id was found, and nothing of ours on it";
        self.draft
            .absent(&absent, self.observed, Verdict::Left, why);
        if let Some(run) = self.selection.run.as_ref()
            && self.draft.actions.is_empty()
        {
            let why = "nothing of this run was found that could be removed";
            self.draft.notes.push(Note {
                account_id: None,
                region: None,
                vpc_id: None,
                name: format!("run {run}"),
                verdict: Verdict::Left,
                reason: None,
                error_code: None,
                message: why.to_owned(),
            });
        }
    }
}
