//! Reads what a plan that removes needs.

use std::collections::BTreeSet;

use super::{
    observer::{Observer, ReadFailure, named},
    region::{own_vpcs, read_config_tags, read_log_groups, tagged_flow_logs},
};
use crate::{
    collect::{log_resource_policy, query_log, resource_share},
    logging::observed_state::{RegionState, log_group_of},
    model::{
        coverage::{Failure, Reason},
        id::{AccountId, FlowLogId, QueryLogConfigId},
        inventory::QueryLogConfig,
        logging::{Item, Work, is_ours},
        target::Target,
    },
    org::{regions, session::Session},
};

impl Observer<'_> {
    /// Reads what a plan that removes needs.
    pub(super) async fn for_undo(
        &self,
        session: Session,
        items: &[Item],
    ) -> Result<Option<RegionState>, ReadFailure> {
        let mut state = own_vpcs(&session, self.access.partition()).await?;
        (state.configs, state.associations) =
            named("query logging", query_log::list(&session)).await?;
        let here = |item: &&Item| is_at(item, &state.target);
        let ids: BTreeSet<QueryLogConfigId> = items
            .iter()
            .filter(here)
            .filter_map(|item| item.resource_id.as_deref().map(Into::into))
            .collect();
        let mut groups: BTreeSet<String> = items
            .iter()
            .filter(here)
            .filter_map(|item| match &item.action.work {
                Work::CreateLogGroup { log_group } => Some(log_group.clone()),
                _ => None,
            })
            .collect();
        read_config_tags(&session, &mut state, &ids).await?;
        let our_groups = state.our_configs();
        let our_groups = our_groups.filter_map(|(config, _)| log_group_of(&config.destination));
        groups.extend(our_groups.map(str::to_owned));
        let logging = &self.config.logging;
        groups.extend([
            logging.dns_log_group.clone(),
            logging.flow_log_group.clone(),
        ]);
        read_log_groups(&session, &mut state, &groups).await?;
        state.policies = named("resource policies", log_resource_policy::list(&session)).await?;
        state.tagged_flow_logs = named("flow logs", tagged_flow_logs(&session)).await?;
        // Ours may share a configuration that is not.
        let own = |config: &QueryLogConfig| config.owner_account_id == *state.account();
        if state.configs.iter().any(own) {
            state.shares = named("RAM shares", resource_share::list(&session)).await?;
        }
        Ok(Some(state))
    }

    /// Reads who uses our delivery roles, in all Regions of their accounts, in the scope or not.
    pub(super) async fn role_users(&self) {
        let ours: Vec<(AccountId, String)> = self.change(|observed| {
            let accounts = observed.accounts.iter();
            accounts
                .filter_map(|(id, account)| Some((id.clone(), account.role.as_ref()?)))
                .filter(|(_, role)| is_ours(&role.tags))
                .map(|(id, role)| (id, role.arn.to_string()))
                .collect()
        });
        for (id, arn) in ours {
            let users = self.users_of(&id, &arn).await.ok();
            self.change(|observed| {
                if let Some(account) = observed.accounts.get_mut(&id) {
                    account.role_users = users;
                }
            });
        }
    }

    async fn users_of(&self, id: &AccountId, arn: &str) -> Result<BTreeSet<FlowLogId>, Failure> {
        let account = self.access.account(id).await?;
        let home = account.session(&self.access.home_region()?);
        let known = regions::list(&home, &self.config.scope, self.access.partition()).await;
        if let Some(failure) = known.failure {
            return Err(failure);
        }
        let mut users = BTreeSet::new();
        for choice in known.choices {
            if matches!(choice.left_out, Some((Reason::RegionDisabled, _))) {
                continue;
            }
            let target = Target {
                account_id: id.clone(),
                region: choice.region.clone(),
            };
            let read = self.change(|observed| {
                let state = observed.regions.get(&target);
                state.map(|state| state.tagged_flow_logs.clone())
            });
            let logs = match read {
                Some(logs) => logs,
                None => tagged_flow_logs(&account.session(&choice.region)).await?,
            };
            let using = logs
                .into_iter()
                .filter(|log| log.role_arn.as_deref() == Some(arn));
            users.extend(using.map(|log| log.flow_log_id));
        }
        Ok(users)
    }
}

fn is_at(item: &Item, target: &Target) -> bool {
    item.may_be_there()
        && item.action.account_id == target.account_id
        && item.action.region.as_ref() == Some(&target.region)
}
