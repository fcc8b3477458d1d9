//! Reads what a plan to turn logs on needs.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};

use super::{
    observer::{Observer, ReadFailure, named},
    region::{destinations, read_config_tags, read_log_groups, read_profiles, with_vpcs},
};
use crate::{
    collect::{
        delivery_role, flow_log, log_resource_policy, nat_gateway, network_interface, query_log,
        resource_share,
    },
    logging::{
        names::DELIVERY_POLICY,
        observed_state::{AccountState, RegionState},
        plan::has_unlogged,
    },
    model::{
        coverage::Failure,
        id::{AccountId, Region},
        kind::InterfaceType,
        logging::{Destination, Request, RequestedLogs, resource::DeliveryRole},
    },
    org::{session::Session, sharing},
};

impl Observer<'_> {
    /// What a plan of query logs needs.
    pub(super) async fn for_dns(
        &self,
        session: Session,
        request: &Request,
        own: bool,
    ) -> Result<Option<RegionState>, ReadFailure> {
        let Some(mut state) = with_vpcs(&session, self.access.partition()).await? else {
            return Ok(None);
        };
        let logging = named("query logging", query_log::list(&session)).await?;
        (state.configs, state.associations) = logging;
        // A second association would write, and bill, each record twice: a VPC that may have one gets none.
        read_profiles(&session, &mut state).await?;
        if own && has_unlogged(&request.vpc_ids, &state) {
            match request.wanted.bucket() {
                Some(_) => read_config_tags(&session, &mut state, &BTreeSet::new()).await?,
                None => {
                    self.for_config(&session, &mut state, &request.log_group)
                        .await?;
                }
            }
        }
        Ok(Some(state))
    }

    /// What a plan needs that may make a configuration.
    async fn for_config(
        &self,
        session: &Session,
        state: &mut RegionState,
        log_group: &str,
    ) -> Result<(), ReadFailure> {
        let none = BTreeSet::new();
        read_config_tags(session, state, &none).await?;
        let mut groups = destinations(state);
        groups.insert(log_group.to_owned());
        read_log_groups(session, state, &groups).await?;
        state.policies = named("resource policies", log_resource_policy::list(session)).await?;
        Ok(())
    }

    /// What a plan of flow logs needs.
    pub(super) async fn for_flow(
        &self,
        session: Session,
        request: &Request,
        nat_only: bool,
    ) -> Result<Option<RegionState>, ReadFailure> {
        let Some(mut state) = with_vpcs(&session, self.access.partition()).await? else {
            return Ok(None);
        };
        state.flow_logs = named("flow logs", flow_log::list(&session)).await?;
        if nat_only {
            state.nat_gateways = named("NAT gateways", nat_gateway::list(&session)).await?;
            let interfaces = named("network interfaces", network_interface::list(&session)).await?;
            state.nat_interfaces = interfaces
                .into_iter()
                .filter(|it| it.interface_type == InterfaceType::NatGateway)
                .collect();
        }
        if request.wanted.bucket().is_none() {
            let groups = [request.log_group.clone()].into();
            read_log_groups(&session, &mut state, &groups).await?;
        }
        Ok(Some(state))
    }

    /// The delivery role of every account that was read.
    pub(super) async fn roles(&self, name_in: impl Fn(&AccountId) -> String) {
        let accounts: BTreeSet<AccountId> = self.change(|observed| {
            let regions = observed.regions.keys();
            regions.map(|target| target.account_id.clone()).collect()
        });
        stream::iter(accounts)
            .map(|id| (name_in(&id), id))
            .for_each_concurrent(self.config.limits.accounts, |(name, id)| async move {
                let account_state = match self.role(&id, &name).await {
                    Ok(role) => AccountState {
                        role,
                        ..AccountState::default()
                    },
                    Err(failure) => AccountState {
                        role_failure: Some(failure),
                        ..AccountState::default()
                    },
                };
                self.change(|observed| observed.accounts.insert(id, account_state));
            })
            .await;
    }

    async fn role(&self, id: &AccountId, name: &str) -> Result<Option<DeliveryRole>, Failure> {
        let account = self.access.account(id).await?;
        let session = account.session(&self.access.home_region()?);
        Box::pin(delivery_role::find(&session, name, DELIVERY_POLICY)).await
    }

    /// The central account, in each region where a VPC needs it; and the organization.
    pub(super) async fn central(&self, request: &Request) {
        let RequestedLogs::Dns {
            destination:
                Destination::Central {
                    account_id,
                    with_organization,
                },
        } = &request.wanted
        else {
            return;
        };
        match sharing::with_organization(self.access).await {
            Ok(known) => self.change(|observed| observed.organization = Some(known)),
            Err(failure) if *with_organization => {
                self.unread(None, None, ("the organization's ARN", failure));
            }
            // Sharing with accounts needs no ARN; RAM itself refuses if sharing is off.
            Err(_) => {}
        }
        let regions: BTreeSet<Region> = self.change(|observed| {
            let regions = observed.regions.values();
            regions
                .filter(|state| has_unlogged(&request.vpc_ids, state))
                .map(|state| state.region().clone())
                .collect()
        });
        let account = match named("credentials", self.access.account(account_id)).await {
            Ok(account) => account,
            Err(missing) => return self.unread(Some(account_id), None, missing),
        };
        for region in regions {
            let session = account.session(&region);
            match self.central_state(&session, request).await {
                Ok(state) => self.change(|observed| {
                    observed.central.insert(region, state);
                }),
                Err(missing) => self.unread(Some(account_id), Some(&region), missing),
            }
        }
    }

    async fn central_state(
        &self,
        session: &Session,
        request: &Request,
    ) -> Result<RegionState, ReadFailure> {
        let mut state = RegionState::new(session.target().clone(), self.access.partition());
        (state.configs, state.associations) =
            named("query logging", query_log::list(session)).await?;
        self.for_config(session, &mut state, &request.log_group)
            .await?;
        state.shares = named("RAM shares", resource_share::list(session)).await?;
        Ok(state)
    }
}
