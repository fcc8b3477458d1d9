//! Planning the way back: what is proven to be ours goes, in the order in which it can; everything
//! else is left, and told.

mod associations;
mod gone;
mod shared;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use self::gone::gone;

use super::{
    draft::Draft,
    flow::flow_log_key,
    names::{key, policy_name},
    policy,
    world::{Place, World, log_group_of},
};
use crate::model::logging::{
    Action, EXPIRES_TAG, Item, Plan, RUN_TAG, Tags, Verdict, Work, is_ours,
};

/// What is taken back.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only what this run made.
    pub run: Option<String>,
    /// Only what has expired by now.
    pub expired_at: Option<Timestamp>,
    /// These VPCs only; what they share with others stays.
    pub vpc_ids: Vec<String>,
    /// Log groups of ours too, with all that is in them.
    pub delete_logs: bool,
}

impl Selection {
    fn has(&self, run: Option<&str>, expires_at: Option<Timestamp>) -> bool {
        self.run.as_deref().is_none_or(|wanted| run == Some(wanted))
            && self
                .expired_at
                .is_none_or(|now| expires_at.is_some_and(|at| at <= now))
    }

    fn has_tags(&self, tags: &Tags) -> bool {
        let run = tags.get(RUN_TAG).map(String::as_str);
        let expires_at = tags.get(EXPIRES_TAG).and_then(|at| at.parse().ok());
        self.has(run, expires_at)
    }

    fn has_item(&self, item: &Item) -> bool {
        self.has(Some(&item.run), Some(item.expires_at))
    }

    fn has_vpc(&self, vpc_id: &str) -> bool {
        self.vpc_ids.is_empty() || self.vpc_ids.iter().any(|id| id == vpc_id)
    }
}

/// A plan being made.
struct Undo<'u> {
    selection: &'u Selection,
    world: &'u World,
    /// What may be there of ours, by key; the latest run last.
    items: BTreeMap<&'u str, Vec<&'u Item>>,
    draft: Draft,
    /// Associations that go: configuration and VPC, with the keys of their actions.
    dissolved: BTreeMap<(String, String), String>,
    /// Configurations that go.
    deleted: BTreeSet<String>,
}

/// Plans what goes.
pub fn disable(selection: &Selection, world: &World, items: &[Item], run: &str) -> Plan {
    let mut by_key: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in items.iter().filter(|item| item.may_be_there()) {
        by_key.entry(&item.action.key).or_default().push(item);
    }
    let mut undo = Undo {
        selection,
        world,
        items: by_key,
        draft: Draft::default(),
        dissolved: BTreeMap::new(),
        deleted: BTreeSet::new(),
    };
    for place in world.places.values() {
        undo.associations(place);
    }
    if selection.vpc_ids.is_empty() {
        for place in world.places.values() {
            undo.configs(place);
        }
    }
    for place in world.places.values() {
        undo.flow_logs(place);
    }
    if selection.vpc_ids.is_empty() {
        for (account, wide) in &world.accounts {
            undo.role(account, wide);
        }
        for place in world.places.values() {
            undo.log_groups(place);
        }
    }
    undo.not_found();
    undo.draft.plan(world, run, world.at, None)
}

impl<'u> Undo<'u> {
    fn left(&mut self, place: &Place, vpc_id: Option<&str>, name: &str, why: impl Into<String>) {
        self.draft.note(place, vpc_id, name, Verdict::Left, why);
    }

    fn items(&self, key: &str) -> impl Iterator<Item = &'u Item> {
        let items = self.items.get(key).cloned().unwrap_or_default();
        items.into_iter()
    }

    fn is_our_config(&self, config_id: &str) -> bool {
        self.world
            .places
            .values()
            .any(|place| place.our_configs().any(|(it, _)| it.config_id == config_id))
    }

    fn configs(&mut self, place: &'u Place) {
        let ending = self.shares(place);
        let ours: Vec<_> = place
            .our_configs()
            .filter(|(_, tags)| self.selection.has_tags(tags))
            .map(|(config, _)| config)
            .collect();
        for config in ours {
            let id = &config.config_id;
            let mut before = Vec::new();
            let mut kept = Vec::new();
            let associations = place.associations.iter();
            for it in associations.filter(|it| it.config_id == *id && it.status != "DELETING") {
                match self.dissolved.get(&(id.clone(), it.vpc_id.clone())) {
                    Some(key) => before.push(key.clone()),
                    None => kept.push(it.vpc_id.as_str()),
                }
            }
            if !kept.is_empty() {
                kept.truncate(5);
                let why = format!("still associated with it: {}", kept.join(", "));
                self.left(place, None, &format!("configuration {id}"), why);
                continue;
            }
            let arn = super::look::config_arn(place, id);
            let mut shares = place.shares.iter().filter(|it| it.resources.contains(&arn));
            if let Some(kept) = shares.find(|share| !ending.contains_key(&share.arn.to_string())) {
                let why = format!("shared by {}, which stays", kept.arn);
                self.left(place, None, &format!("configuration {id}"), why);
                continue;
            }
            let gone = place.shares.iter().filter(|it| it.resources.contains(&arn));
            before.extend(gone.filter_map(|it| ending.get(&it.arn.to_string()).cloned()));
            let group = log_group_of(&config.destination).unwrap_or_default();
            let work = Work::DeleteQueryLogConfig {
                config_id: id.clone(),
            };
            let config_key = key(&place.target, "query_log_config", group);
            let name = format!("configuration {id}");
            self.draft.act(place, config_key, name, work, &before);
            self.deleted.insert(id.clone());
        }
        self.resource_policies(place);
    }

    /// Shares of ours that nobody else depends on. A share of a configuration that is not ours goes
    /// too; without it the associations of other accounts would be dissolved by AWS, so none may be
    /// left. Returns the keys of the actions by ARN.
    fn shares(&mut self, place: &Place) -> BTreeMap<String, String> {
        let mut going = BTreeMap::new();
        for share in &place.shares {
            if !is_ours(&share.tags) || !self.selection.has_tags(&share.tags) {
                continue;
            }
            let id_of = |arn: &String| arn.rsplit('/').next().unwrap_or_default().to_owned();
            let configs: BTreeSet<String> = share.resources.iter().map(id_of).collect();
            let own: BTreeSet<_> = place.vpcs.iter().map(|vpc| &vpc.vpc_id).collect();
            let (mut before, mut kept) = (Vec::new(), None);
            let associations = place.associations.iter();
            for it in associations.filter(|it| configs.contains(&it.config_id)) {
                let of = (it.config_id.clone(), it.vpc_id.clone());
                match self.dissolved.get(&of) {
                    Some(key) => before.push(key.clone()),
                    None if own.contains(&it.vpc_id) || it.status == "DELETING" => {}
                    None => kept = Some(&it.vpc_id),
                }
            }
            if let Some(vpc_id) = kept {
                let why = format!("{vpc_id} of another account is associated by it");
                self.left(place, None, "RAM share", why);
                continue;
            }
            let work = Work::DeleteResourceShare {
                resource_share_arn: share.arn.clone(),
            };
            let key = key(&place.target, "share", &share.name);
            let key = self.draft.act(place, key, "RAM share", work, &before);
            going.insert(share.arn.to_string(), key);
        }
        going
    }

    /// A configuration that stays, in whatever account, and writes to a log group of the place.
    fn still_writes(&self, place: &Place, group: &str) -> Option<String> {
        self.writer(place, group, false)
    }

    /// A configuration that goes, or stays, and writes to a log group.
    fn writer(&self, place: &Place, group: &str, goes: bool) -> Option<String> {
        let config = place.configs.iter().find(|config| {
            self.deleted.contains(&config.config_id) == goes
                && config.status != "DELETING"
                && config.destination.account() == place.account().as_str()
                && log_group_of(&config.destination) == Some(group)
        });
        config.map(|config| config.config_id.clone())
    }

    fn resource_policies(&mut self, place: &Place) {
        let groups: Vec<_> = place
            .log_groups
            .keys()
            .chain(&place.no_log_groups)
            .cloned()
            .collect();
        for group in groups {
            let name = policy_name(&group);
            let Some(policy) = place.policies.iter().find(|it| it.name == name) else {
                continue;
            };
            let key = key(&place.target, "resource_policy", &name);
            let items: Vec<_> = self.items(&key).collect();
            let selected = if items.is_empty() {
                // Without a manifest: our name on the very document that we would write.
                let whole = self.selection.run.is_none() && self.selection.expired_at.is_none();
                policy.document == policy::delivery(place, &group)
                    && (whole || self.writer(place, &group, true).is_some())
            } else {
                items.iter().any(|item| self.selection.has_item(item))
            };
            if !selected {
                continue;
            }
            if let Some(config) = self.still_writes(place, &group) {
                let why = format!("{config} needs it to write to {group}");
                self.left(place, None, &format!("resource policy {name}"), why);
                continue;
            }
            let before: Vec<_> = self.gone_configs(place);
            let work = Work::DeleteResourcePolicy {
                policy_name: name.clone(),
            };
            let what = format!("resource policy {name}");
            self.draft.act(place, key, what, work, &before);
        }
    }

    /// Keys of the actions that delete configurations here.
    fn gone_configs(&self, place: &Place) -> Vec<String> {
        let here = |action: &&Action| {
            action.account_id == *place.account()
                && action.region.as_ref() == Some(place.region())
                && matches!(action.work, Work::DeleteQueryLogConfig { .. })
        };
        let actions = self.draft.actions.iter().filter(here);
        actions.map(|action| action.key.clone()).collect()
    }

    fn flow_logs(&mut self, place: &Place) {
        for log in &place.marked_flow_logs {
            let key = flow_log_key(place, &log.resource_id);
            let by_id = |item: &&Item| item.resource_id.as_deref() == Some(&log.flow_log_id);
            let item = self.items(&key).find(by_id);
            let ours = is_ours(&log.tags);
            let selected = (ours && self.selection.has_tags(&log.tags))
                || item.is_some_and(|item| self.selection.has_item(item));
            let vpc_id = item
                .and_then(|item| item.action.work.vpc_id())
                .or(vpc_of(place, &log.resource_id))
                .unwrap_or(&log.resource_id);
            if selected && self.selection.has_vpc(vpc_id) {
                let work = Work::DeleteFlowLogs {
                    flow_log_id: log.flow_log_id.clone(),
                    vpc_id: vpc_id.to_owned(),
                };
                let name = format!("{} of {}", log.flow_log_id, log.resource_id);
                self.draft.act(place, key, name, work, &[]);
            }
        }
    }
}

/// The VPC of what a flow log logs.
fn vpc_of<'p>(place: &'p Place, resource_id: &'p str) -> Option<&'p str> {
    if resource_id.starts_with("vpc-") {
        return Some(resource_id);
    }
    let interface = place.nat_interfaces.iter();
    let mut interface = interface.filter(|it| it.network_interface_id == resource_id);
    let gateway = place.nat_gateways.iter();
    let mut gateway = gateway.filter(|it| it.nat_gateway_id == resource_id);
    let of_interface = interface.next().map(|it| it.vpc_id.as_str());
    of_interface.or(gateway.next().map(|it| it.vpc_id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::{super::dns::association_key, *};
    use crate::model::{
        inventory::{QueryLogAssociation, QueryLogConfig, Vpc},
        logging::{ItemState, Reference, tags},
        target::Target,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn place(expires: &str) -> Place {
        let target = Target {
            account_id: "123456789012".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let mut place = Place::new(target.clone(), "aws");
        place.vpcs.push(Vpc {
            target: target.clone(),
            vpc_id: "vpc-1".to_owned(),
            name: None,
            owner_account_id: target.account_id.clone(),
            is_default: false,
            cidrs: Vec::new(),
            dns_support: None,
            dns_hostnames: None,
        });
        place.configs.push(QueryLogConfig {
            config_id: "rqlc-1".to_owned(),
            owner_account_id: target.account_id.clone(),
            name: None,
            destination: place.log_group_arn("/g").parse().unwrap(),
            status: "CREATED".to_owned(),
        });
        place.associations.push(QueryLogAssociation {
            target,
            config_id: "rqlc-1".to_owned(),
            vpc_id: "vpc-1".to_owned(),
            status: "ACTIVE".to_owned(),
            error: None,
            created_at: None,
        });
        let ours = tags("r", at(expires));
        place.config_tags.insert("rqlc-1".to_owned(), ours);
        place
    }

    fn item(place: &Place, expires: &str) -> Item {
        Item {
            run: "r".to_owned(),
            expires_at: at(expires),
            state: ItemState::Begun,
            resource_id: None,
            changed_at: at(expires),
            action: Action {
                key: association_key(&place.target, "vpc-1"),
                account_id: place.account().clone(),
                region: Some(place.region().clone()),
                name: String::new(),
                work: Work::AssociateQueryLogConfig {
                    config: Reference::MadeBy("lost".to_owned()),
                    vpc_id: "vpc-1".to_owned(),
                },
                depends_on: Vec::new(),
            },
        }
    }

    fn kinds(selection: &Selection, place: Place, items: &[Item]) -> Vec<&'static str> {
        let mut world = World::default();
        world.places.insert(place.target.clone(), place);
        let plan = disable(selection, &world, items, "undo");
        plan.actions.iter().map(|it| it.work.kind()).collect()
    }

    const LATER: &str = "2026-02-01T00:00:00Z";
    const BOTH: [&str; 2] = ["disassociate_query_log_config", "delete_query_log_config"];

    #[test]
    fn only_what_has_expired_goes_with_expired() {
        let place = place(LATER);
        let items = [item(&place, LATER)];
        let expired = |now: &str| Selection {
            expired_at: Some(at(now)),
            ..Selection::default()
        };
        let early = expired("2026-01-31T23:59:59Z");
        assert!(kinds(&early, place.clone(), &items).is_empty());
        assert_eq!(kinds(&expired(LATER), place, &items), BOTH);
    }

    #[test]
    fn only_what_a_run_made_goes_with_run() {
        let place = place(LATER);
        let items = [item(&place, LATER)];
        let of = |run: &str| Selection {
            run: Some(run.to_owned()),
            ..Selection::default()
        };
        assert!(kinds(&of("other"), place.clone(), &items).is_empty());
        assert_eq!(kinds(&of("r"), place, &items), BOTH);
    }

    #[test]
    fn an_association_that_we_made_goes_although_its_vpc_is_gone_and_nobody_elses_does() {
        let mut place = place(LATER);
        place.vpcs.clear();
        let items = [item(&place, LATER)];
        let all = Selection::default();
        assert_eq!(kinds(&all, place.clone(), &items), BOTH);
        assert!(kinds(&all, place, &[]).is_empty());
    }

    #[test]
    fn the_manifest_forgets_what_is_gone_and_neither_what_is_there_nor_what_is_not_known() {
        let place = place(LATER);
        let made = Item {
            state: ItemState::Made,
            ..item(&place, LATER)
        };
        let (later, still_later) = (at(LATER), at("2026-02-01T00:00:01Z"));
        let forgotten = |place: Option<&Place>, item: &Item, before: Timestamp| {
            let mut world = World::default();
            let places = place.map(|place| (place.target.clone(), place.clone()));
            world.places.extend(places);
            !gone(&world, std::slice::from_ref(item), before).is_empty()
        };
        assert!(!forgotten(Some(&place), &made, still_later), "it is there");
        let mut empty = place.clone();
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
    fn a_name_like_ours_without_our_tags_is_nobodys_to_delete() {
        let mut place = place(LATER);
        place.config_tags.clear();
        let items = [item(&place, LATER)];
        assert!(kinds(&Selection::default(), place, &items).is_empty());
    }

    #[test]
    fn an_association_that_another_run_made_keeps_the_configuration() {
        let place = place(LATER);
        let other = Item {
            run: "other".to_owned(),
            ..item(&place, LATER)
        };
        let first = Selection {
            run: Some("r".to_owned()),
            ..Selection::default()
        };
        assert!(kinds(&first, place, &[other]).is_empty());
    }
}
