//! What each sort of plan needs to know of an account and region.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};

use super::gather::{Looking, Missing, named};
use crate::{
    collect::{flow_log, nat_gateway, network_interface, query_log, vpc},
    logging::{
        has_unlogged, look,
        world::{AccountWide, Place, Role, log_group_of},
    },
    model::{
        coverage::{Failure, Reason},
        id::{AccountId, Region},
        inventory::{QueryLogConfig, Vpc},
        logging::{Destination, Item, Request, Wanted, Work, is_ours},
        target::Target,
    },
    org::{regions, session::Session, sharing},
};

impl Looking<'_> {
    /// The VPCs that the account owns; none if there are none.
    pub(super) async fn with_vpcs(&self, session: &Session) -> Result<Option<Place>, Missing> {
        let mut place = Place::new(session.target().clone(), self.access.partition());
        let vpcs = named("VPCs", vpc::list(session)).await?;
        place.vpcs = vpcs.into_iter().filter(Vpc::is_seen_by_owner).collect();
        Ok((!place.vpcs.is_empty()).then_some(place))
    }

    /// What a plan of query logs needs.
    pub(super) async fn for_dns(
        &self,
        session: Session,
        request: &Request,
        own: bool,
    ) -> Result<Option<Place>, Missing> {
        let Some(mut place) = self.with_vpcs(&session).await? else {
            return Ok(None);
        };
        let logging = named("query logging", query_log::list(&session)).await?;
        (place.configs, place.associations) = logging;
        if own && has_unlogged(&request.vpc_ids, &place) {
            self.for_config(&session, &mut place, &request.log_group)
                .await?;
        }
        Ok(Some(place))
    }

    /// What a plan needs that may make a configuration.
    async fn for_config(
        &self,
        session: &Session,
        place: &mut Place,
        log_group: &str,
    ) -> Result<(), Missing> {
        let none = BTreeSet::new();
        named(
            "tags of configurations",
            look::mark_configs(session, place, &none),
        )
        .await?;
        let mut groups = destinations(place);
        groups.insert(log_group.to_owned());
        log_groups(session, place, &groups).await?;
        place.policies = named("resource policies", look::resource_policies(session)).await?;
        Ok(())
    }

    /// What a plan of flow logs needs.
    pub(super) async fn for_flow(
        &self,
        session: Session,
        request: &Request,
        nat_only: bool,
    ) -> Result<Option<Place>, Missing> {
        let Some(mut place) = self.with_vpcs(&session).await? else {
            return Ok(None);
        };
        place.flow_logs = named("flow logs", flow_log::list(&session)).await?;
        if nat_only {
            place.nat_gateways = named("NAT gateways", nat_gateway::list(&session)).await?;
            let interfaces = named("network interfaces", network_interface::list(&session)).await?;
            place.nat_interfaces = interfaces
                .into_iter()
                .filter(|it| it.interface_type == "nat_gateway")
                .collect();
        }
        let groups = [request.log_group.clone()].into();
        log_groups(&session, &mut place, &groups).await?;
        Ok(Some(place))
    }

    /// The delivery role of every account that was read.
    pub(super) async fn roles(&self, name_in: impl Fn(&AccountId) -> String) {
        let accounts: BTreeSet<AccountId> = self.change(|world| {
            let places = world.places.keys();
            places.map(|target| target.account_id.clone()).collect()
        });
        stream::iter(accounts)
            .map(|id| (name_in(&id), id))
            .for_each_concurrent(self.config.limits.accounts, |(name, id)| async move {
                let wide = match self.role(&id, &name).await {
                    Ok(role) => AccountWide {
                        role,
                        ..AccountWide::default()
                    },
                    Err(failure) => AccountWide {
                        role_unknown: Some(failure),
                        ..AccountWide::default()
                    },
                };
                self.change(|world| world.accounts.insert(id, wide));
            })
            .await;
    }

    async fn role(&self, id: &AccountId, name: &str) -> Result<Option<Role>, Failure> {
        let account = self.access.account(id).await?;
        let session = account.session(&self.access.home_region()?);
        Box::pin(look::role(&session, name)).await
    }

    /// The central account, in each region where a VPC needs it; and the organization.
    pub(super) async fn central(&self, request: &Request) {
        let Wanted::Dns {
            destination:
                Destination::Central {
                    account_id,
                    with_organization,
                },
        } = &request.wanted
        else {
            return;
        };
        if *with_organization {
            match sharing::with_organization(self.access).await {
                Ok(known) => self.change(|world| world.organization = Some(known)),
                Err(failure) => self.unread(None, None, ("the organization's ARN", failure)),
            }
        }
        let regions: BTreeSet<Region> = self.change(|world| {
            let places = world.places.values();
            places
                .filter(|place| has_unlogged(&request.vpc_ids, place))
                .map(|place| place.region().clone())
                .collect()
        });
        let account = match named("credentials", self.access.account(account_id)).await {
            Ok(account) => account,
            Err(missing) => return self.unread(Some(account_id), None, missing),
        };
        for region in regions {
            let session = account.session(&region);
            match self.central_place(&session, request).await {
                Ok(place) => self.change(|world| {
                    world.central.insert(region, place);
                }),
                Err(missing) => self.unread(Some(account_id), Some(&region), missing),
            }
        }
    }

    async fn central_place(&self, session: &Session, request: &Request) -> Result<Place, Missing> {
        let mut place = Place::new(session.target().clone(), self.access.partition());
        (place.configs, place.associations) =
            named("query logging", query_log::list(session)).await?;
        self.for_config(session, &mut place, &request.log_group)
            .await?;
        place.shares = named("RAM shares", look::shares(session)).await?;
        Ok(place)
    }

    /// What a plan needs that takes back.
    pub(super) async fn for_undo(
        &self,
        session: Session,
        items: &[Item],
    ) -> Result<Option<Place>, Missing> {
        let mut place = Place::new(session.target().clone(), self.access.partition());
        let vpcs = named("VPCs", vpc::list(&session)).await?;
        place.vpcs = vpcs.into_iter().filter(Vpc::is_seen_by_owner).collect();
        (place.configs, place.associations) =
            named("query logging", query_log::list(&session)).await?;
        let here = |item: &&Item| is_at(item, &place.target);
        let ids: BTreeSet<String> = items
            .iter()
            .filter(here)
            .filter_map(|item| item.resource_id.clone())
            .collect();
        let mut groups: BTreeSet<String> = items
            .iter()
            .filter(here)
            .filter_map(|item| match &item.action.work {
                Work::CreateLogGroup { log_group } => Some(log_group.clone()),
                _ => None,
            })
            .collect();
        named(
            "tags of configurations",
            look::mark_configs(&session, &mut place, &ids),
        )
        .await?;
        let our_groups = place.our_configs();
        let our_groups = our_groups.filter_map(|(config, _)| log_group_of(&config.destination));
        groups.extend(our_groups.map(str::to_owned));
        let logging = &self.config.logging;
        groups.extend([
            logging.dns_log_group.clone(),
            logging.flow_log_group.clone(),
        ]);
        log_groups(&session, &mut place, &groups).await?;
        place.policies = named("resource policies", look::resource_policies(&session)).await?;
        place.marked_flow_logs = named("flow logs", look::marked_flow_logs(&session)).await?;
        // Ours may share a configuration that is not.
        let own = |config: &QueryLogConfig| config.owner_account_id == *place.account();
        if place.configs.iter().any(own) {
            place.shares = named("RAM shares", look::shares(&session)).await?;
        }
        Ok(Some(place))
    }

    /// Who uses our delivery roles, in all regions of their accounts, looked at or not.
    pub(super) async fn role_users(&self) {
        let ours: Vec<(AccountId, String)> = self.change(|world| {
            let wide = world.accounts.iter();
            wide.filter_map(|(id, wide)| Some((id.clone(), wide.role.as_ref()?)))
                .filter(|(_, role)| is_ours(&role.tags))
                .map(|(id, role)| (id, role.arn.to_string()))
                .collect()
        });
        for (id, arn) in ours {
            let users = self.users_of(&id, &arn).await.ok();
            self.change(|world| {
                if let Some(wide) = world.accounts.get_mut(&id) {
                    wide.role_users = users;
                }
            });
        }
    }

    async fn users_of(&self, id: &AccountId, arn: &str) -> Result<BTreeSet<String>, Failure> {
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
            let read = self.change(|world| {
                let place = world.places.get(&target);
                place.map(|place| place.marked_flow_logs.clone())
            });
            let logs = match read {
                Some(logs) => logs,
                None => look::marked_flow_logs(&account.session(&choice.region)).await?,
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

/// Log groups that the account's own configurations write to.
fn destinations(place: &Place) -> BTreeSet<String> {
    place
        .configs
        .iter()
        .filter(|config| config.owner_account_id == *place.account())
        .filter_map(|config| log_group_of(&config.destination).map(str::to_owned))
        .collect()
}

async fn log_groups(
    session: &Session,
    place: &mut Place,
    names: &BTreeSet<String>,
) -> Result<(), Missing> {
    for name in names {
        match named("log groups", look::log_group(session, name)).await? {
            Some(group) => {
                place.log_groups.insert(name.clone(), group);
            }
            None => {
                place.no_log_groups.insert(name.clone());
            }
        }
    }
    Ok(())
}
