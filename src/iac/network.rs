//! The facts by VPC, and the endpoints that an opportunity makes of them.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use serde_json::Value;

use super::{
    input::Input,
    names::Names,
    policy,
    subnets::SubnetChoice,
    unit::{EndpointPlan, Shape, Unit},
};
use crate::model::{
    id::{AccountId, Region, RouteTableId, SubnetId},
    index::ByVpc,
    inventory::{Endpoint, EndpointService, Vpc},
    kind::EndpointType,
    opportunity::Action,
    report::OpportunityRow,
    target::Target,
};

/// The units that are being planned, with the names they use.
pub(super) type Units<'f> = BTreeMap<Target, (Unit<'f>, Names)>;

/// The facts by VPC.
pub(super) struct Network<'f> {
    vpcs: BTreeMap<&'f str, &'f Vpc>,
    index: ByVpc<'f>,
    names: BTreeMap<&'f AccountId, &'f str>,
    services: BTreeMap<(&'f str, &'f str, &'f EndpointType), &'f EndpointService>,
    /// Each endpoint policy once, by service: of one Region there are many endpoints with the same.
    policies: RefCell<BTreeMap<(&'f str, &'f str), Rc<Value>>>,
}
impl<'f> Network<'f> {
    pub(super) fn new(input: &Input<'f>) -> Self {
        let facts = input.facts;
        let distinct = facts.distinct_vpcs().into_iter();
        let mut network = Self {
            vpcs: distinct.map(|vpc| (vpc.vpc_id.as_str(), vpc)).collect(),
            index: ByVpc::new(facts),
            names: facts.account_names(),
            services: BTreeMap::new(),
            policies: RefCell::default(),
        };
        for it in facts.endpoint_services.values().flatten() {
            let key = (
                it.region.as_str(),
                it.service_name.as_str(),
                &it.service_type,
            );
            network.services.insert(key, it);
        }
        network
    }

    /// Plans a row that acts in its own VPC.
    pub(super) fn change(
        &self,
        unit: &mut Unit<'f>,
        names: &mut Names,
        row: &'f OpportunityRow,
    ) -> Result<(), String> {
        let (vpc, service, service_name) = self.subject(row)?;
        let gateway = row.endpoint_type == Some(EndpointType::Gateway);
        let kind = kind_of(row);
        let planned = unit.vpcs.get(vpc.vpc_id.as_str());
        let planned = planned.map_or(&[][..], |it| &it.endpoints);
        let existing = self.existing(vpc, service_name, row, planned)?;
        let (shape, notes) = match (gateway, existing) {
            (true, _) => {
                let shape = self.gateway(vpc, service_name, existing, planned)?;
                (shape, Vec::new())
            }
            (false, None) => self.interface(vpc, service_name, row)?,
            (false, Some(endpoint)) => self.changed_interface(vpc, endpoint, row)?,
        };
        let offer = self
            .services
            .get(&(row.region.as_str(), service_name, kind));
        let takes_policy = offer.is_none_or(|it| it.policy_supported != Some(false));
        let policy = takes_policy.then(|| self.policy(service, &row.region));
        let of_vpc = unit.vpc(names, vpc);
        let same = of_vpc.endpoints.iter_mut().find(|it| {
            it.service_name == service_name && it.is_interface() != gateway && it.is_of(existing)
        });
        if let Some(planned) = same {
            planned.merge(shape, row);
            planned.notes.extend(notes);
            return Ok(());
        }
        let is_hub = row.hub_vpc_id.as_deref() == Some(vpc.vpc_id.as_str());
        let name = names.name(&[&vpc.vpc_id, service, kind.as_str()]);
        let mut planned = EndpointPlan {
            name,
            service,
            service_name,
            existing,
            shape,
            policy,
            zones: Vec::new(),
            rows: vec![row],
            notes,
        };
        if is_hub && existing.is_none() {
            let offer =
                offer.ok_or("the Region was not asked for the names that the hub must answer")?;
            planned.become_hub(vpc, offer, names);
        }
        unit.vpc(names, vpc).endpoints.push(planned);
        Ok(())
    }

    /// The policy of the endpoints of a service.
    fn policy(&self, service: &'f str, region: &'f Region) -> Rc<Value> {
        let mut policies = self.policies.borrow_mut();
        let policy = policies.entry((service, region.as_str()));
        let policy = policy.or_insert_with(|| Rc::new(policy::document(service, region)));
        Rc::clone(policy)
    }

    /// The interface endpoint of a service in a VPC, where there is one.
    pub(super) fn interface_endpoint(
        &self,
        vpc_id: &str,
        service_name: &str,
    ) -> Option<&'f Endpoint> {
        let mut all = self.index.endpoints(vpc_id).iter().copied();
        all.find(|it| {
            it.is_available()
                && it.service_name == service_name
                && it.endpoint_type == EndpointType::Interface
        })
    }

    /// How many interface endpoints a VPC has.
    pub(super) fn interface_endpoints(&self, vpc_id: &str) -> usize {
        let all = self.index.endpoints(vpc_id).iter();
        all.filter(|it| it.endpoint_type != EndpointType::Gateway)
            .count()
    }

    /// How many gateway endpoints an account has in the Region.
    pub(super) fn gateway_endpoints(&self, target: &Target) -> usize {
        let own = self.vpcs.values().filter(|vpc| vpc.target == *target);
        let all = own.flat_map(|vpc| self.index.endpoints(&vpc.vpc_id));
        all.filter(|it| it.endpoint_type == EndpointType::Gateway)
            .count()
    }

    /// What the Region offers of a service as interface endpoints.
    pub(super) fn offer(
        &self,
        row: &OpportunityRow,
        service_name: &str,
    ) -> Option<&'f EndpointService> {
        let key = (row.region.as_str(), service_name, &EndpointType::Interface);
        self.services.get(&key).copied()
    }

    /// The name of an account.
    pub(super) fn account_name(&self, id: &AccountId) -> Option<&'f str> {
        self.names.get(id).copied()
    }

    pub(super) fn subject(
        &self,
        row: &'f OpportunityRow,
    ) -> Result<(&'f Vpc, &'f str, &'f str), String> {
        let vpc = self.vpcs.get(row.vpc_id.as_str()).copied();
        let vpc = vpc.ok_or_else(|| format!("{} is not among the stored facts", row.vpc_id))?;
        if !vpc.is_seen_by_owner() {
            return Err(format!(
                "account {} owns the VPC and was not scanned: what it has is not known",
                vpc.owner_account_id
            ));
        }
        let service = row.service.as_deref().ok_or("the row names no service")?;
        let name = row.endpoint_service_name.as_deref();
        let name = name.ok_or("the name of the endpoint service is not known")?;
        Ok((vpc, service, name))
    }

    /// The endpoint that a row changes. Two rows of one action are about two endpoints of the service.
    fn existing(
        &self,
        vpc: &Vpc,
        service_name: &str,
        row: &OpportunityRow,
        planned: &[EndpointPlan<'f>],
    ) -> Result<Option<&'f Endpoint>, String> {
        let kind = kind_of(row);
        let same = self.endpoints_of(vpc, service_name, kind);
        let is_taken = |it: &Endpoint| {
            planned.iter().any(|plan| {
                plan.is_of(Some(it)) && plan.rows.iter().any(|other| other.action == row.action)
            })
        };
        let mut open = same.iter().copied().filter(|it| !is_taken(it));
        match row.action {
            Action::Create | Action::None => same.first().map_or(Ok(None), |endpoint| {
                Err(format!(
                    "{} exists already in the stored facts",
                    endpoint.endpoint_id
                ))
            }),
            Action::EnablePrivateDns => open
                .find(|it| it.private_dns_enabled != Some(true))
                .map(Some)
                .ok_or_else(|| {
                    "no endpoint without private DNS is among the stored facts".to_owned()
                }),
            Action::AddAvailabilityZones => {
                let open: Vec<&Endpoint> = open.collect();
                let lacks = |it: &&&Endpoint| !self.missing_zones(vpc, it, row).is_empty();
                let chosen = open.iter().find(lacks).or(open.first()).copied();
                chosen.map(Some).ok_or_else(not_stored)
            }
            _ => open.next().map(Some).ok_or_else(not_stored),
        }
    }

    /// The endpoints of a service in a VPC, by id.
    fn endpoints_of(
        &self,
        vpc: &Vpc,
        service_name: &str,
        kind: &EndpointType,
    ) -> Vec<&'f Endpoint> {
        let all = self.index.endpoints(&vpc.vpc_id).iter().copied();
        let all = all.filter(|it| it.is_available() && it.service_name == service_name);
        all.filter(|it| it.endpoint_type == *kind).collect()
    }

    /// On all route tables that subnets use, and those that it is on already. A route table has one endpoint of a
    /// service at most.
    fn gateway(
        &self,
        vpc: &Vpc,
        service_name: &str,
        existing: Option<&'f Endpoint>,
        planned: &[EndpointPlan<'f>],
    ) -> Result<Shape<'f>, String> {
        let tables = self.index.used_route_tables(&vpc.vpc_id);
        let ids = tables.iter().map(|it| it.route_table_id.as_str());
        let mut used: BTreeSet<&'f str> = ids.collect();
        for endpoint in self.endpoints_of(vpc, service_name, &EndpointType::Gateway) {
            for table in &endpoint.route_table_ids {
                used.remove(table.as_str());
            }
        }
        let same = planned.iter().filter(|it| it.service_name == service_name);
        for plan in same.filter(|it| !it.is_of(existing)) {
            if let Shape::Gateway { route_tables } = &plan.shape {
                used.retain(|table| !route_tables.contains(table));
            }
        }
        if used.is_empty() && existing.is_some() {
            return Err("each route table in use has a gateway endpoint of the service".to_owned());
        }
        let own = existing.into_iter().flat_map(|it| &it.route_table_ids);
        used.extend(own.map(RouteTableId::as_str));
        if used.is_empty() {
            return Err("no route table that a subnet uses is known".to_owned());
        }
        Ok(Shape::Gateway {
            route_tables: used.into_iter().collect(),
        })
    }

    /// In one subnet of each zone where the service is offered: the one with the most free addresses.
    fn interface(
        &self,
        vpc: &Vpc,
        service_name: &str,
        row: &OpportunityRow,
    ) -> Result<(Shape<'f>, Vec<String>), String> {
        let offer =
            self.services
                .get(&(row.region.as_str(), service_name, &EndpointType::Interface));
        let offered = offer.map(|it| it.availability_zone_ids.as_slice());
        let subnets = self.index.subnets(&vpc.vpc_id).iter().copied();
        let chosen = SubnetChoice::of(subnets, |zone| {
            offered.is_none_or(|all| all.is_empty() || all.iter().any(|it| it == zone))
        });
        let mut notes = chosen.notes();
        if chosen.subnets.is_empty() {
            return Err(without_subnet(&notes));
        }
        let private_dns = offer.is_none_or(|it| !it.private_dns_names.is_empty());
        if !private_dns {
            notes.push(
                "The Region lists no private DNS name for the service: clients have to be given the \
                 endpoint's own names."
                    .to_owned(),
            );
        }
        let shape = Shape::Interface {
            subnets: chosen.ids(),
            private_dns,
        };
        Ok((shape, notes))
    }

    /// An endpoint as it is, with what the action adds.
    fn changed_interface(
        &self,
        vpc: &Vpc,
        endpoint: &'f Endpoint,
        row: &OpportunityRow,
    ) -> Result<(Shape<'f>, Vec<String>), String> {
        let mut subnets: Vec<&'f str> = endpoint.subnet_ids.iter().map(SubnetId::as_str).collect();
        let mut notes = Vec::new();
        if row.action == Action::AddAvailabilityZones {
            let added = self.missing_zones(vpc, endpoint, row);
            notes = added.notes();
            if added.subnets.is_empty() {
                return Err(without_subnet(&notes));
            }
            subnets.extend(added.ids());
        }
        let now = endpoint.private_dns_enabled == Some(true);
        let shape = Shape::Interface {
            subnets,
            private_dns: now || row.action == Action::EnablePrivateDns,
        };
        Ok((shape, notes))
    }

    /// A subnet in each zone that offers the service and that the endpoint is not in.
    fn missing_zones(
        &self,
        vpc: &Vpc,
        endpoint: &Endpoint,
        row: &OpportunityRow,
    ) -> SubnetChoice<'f> {
        let of_vpc = || self.index.subnets(&vpc.vpc_id).iter().copied();
        let have: BTreeSet<&str> = of_vpc()
            .filter(|it| endpoint.subnet_ids.contains(&it.subnet_id))
            .filter_map(|it| it.availability_zone_id.as_deref())
            .collect();
        let key = (
            row.region.as_str(),
            endpoint.service_name.as_str(),
            &EndpointType::Interface,
        );
        let offered = self.services.get(&key).map(|it| &it.availability_zone_ids);
        SubnetChoice::of(of_vpc(), |zone| {
            !have.contains(zone) && offered.is_some_and(|all| all.iter().any(|it| it == zone))
        })
    }
}

fn kind_of(row: &OpportunityRow) -> &'static EndpointType {
    match row.endpoint_type {
        Some(EndpointType::Gateway) => &EndpointType::Gateway,
        _ => &EndpointType::Interface,
    }
}

fn not_stored() -> String {
    "the endpoint is not among the stored facts".to_owned()
}

fn without_subnet(notes: &[String]) -> String {
    match notes {
        [] => "no subnet in a zone that offers the service is known".to_owned(),
        notes => format!("no subnet can take the endpoint. {}", notes.join(" ")),
    }
}
