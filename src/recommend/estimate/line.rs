//! A VPC and a service that is to be priced.

use std::rc::Rc;

use rust_decimal::Decimal;

use crate::{
    model::{
        estimate::EstimateType,
        inventory::{Endpoint, Vpc},
        kind::EndpointType,
    },
    recommend::{
        context::{Gb, RuleContext, ServiceCalls},
        egress_cost::EgressCost,
    },
};

/// How the VPC would reach the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// By an endpoint of its own.
    Own(EstimateType),
    /// By the endpoint that is in it, which serves other VPCs too.
    Hub,
    /// By the endpoint of a hub.
    Spoke,
    /// It has to be attached to the transit gateway first; no service.
    Attachment,
}

/// A VPC and a service before its data is priced.
pub(super) struct Line<'w> {
    pub(super) vpc: &'w Vpc,
    pub(super) service: &'w str,
    pub(super) role: Role,
    /// Whether the Region offers the endpoint.
    pub(super) offered: bool,
    /// Zones that are priced; none if they are not known.
    pub(super) zones: Option<usize>,
    /// US dollars a month for the hours of the endpoint or the attachment.
    pub(super) hours: Option<Decimal>,
    pub(super) calls: ServiceCalls<'w>,
    /// Whether the calls of the VPC are priced in this line: not those of a hub that nobody asked for.
    pub(super) consumes: bool,
    /// Endpoints of the service that the VPC has today.
    pub(super) existing: Vec<&'w Endpoint>,
    pub(super) egress: Rc<EgressCost<'w>>,
    /// GB a month from which the endpoint pays.
    pub(super) break_even: Option<Decimal>,
    /// Why the VPC cannot use the endpoint as the network is.
    pub(super) obstacle: Option<String>,
    pub(super) remarks: Vec<String>,
}

impl<'w> Line<'w> {
    /// A line about a VPC and a service, with what is there today.
    pub(super) fn new(
        context: &RuleContext<'w>,
        vpc: &'w Vpc,
        service: &'w str,
        role: Role,
    ) -> Self {
        let kind = match role {
            Role::Own(EstimateType::Gateway) => &EndpointType::Gateway,
            _ => &EndpointType::Interface,
        };
        let existing = context.endpoints(vpc, service, kind).into_iter();
        let calls = context.calls_to(&vpc.vpc_id, service);
        let mut line = Self {
            vpc,
            service,
            role,
            offered: context.offer(&vpc.target.region, service, kind).is_some(),
            zones: None,
            hours: None,
            calls: calls.unwrap_or_default(),
            consumes: true,
            existing: existing
                .filter(|it| it.requester_managed != Some(true))
                .collect(),
            egress: context.egress_cost(vpc),
            break_even: None,
            obstacle: None,
            remarks: Vec::new(),
        };
        if !line.offered && role != Role::Attachment {
            line.remarks
                .push(format!("the Region offers no {kind} endpoint of it"));
        }
        if !line.existing.is_empty() {
            let ids: Vec<&str> = line
                .existing
                .iter()
                .map(|it| it.endpoint_id.as_str())
                .collect();
            line.remarks.push(format!("{} exists", ids.join(", ")));
        }
        if !context.knows_endpoints(vpc) {
            let remark = "whether it has endpoints of the service today is not known";
            line.remarks.push(remark.to_owned());
        }
        line
    }

    /// GB a month that would pass the endpoint, if they are measured.
    pub(super) fn gb(&self, context: &RuleContext<'_>) -> Option<Gb> {
        let here = self.calls.here.filter(|_| self.consumes && self.offered)?;
        context.gb(here)
    }

    /// Whether GB of the line pass an interface endpoint that is billed for them.
    pub(super) fn is_billed_for_data(&self) -> bool {
        self.role != Role::Own(EstimateType::Gateway) && self.role != Role::Attachment
    }
}

/// All lines of a Region.
pub(super) type Lines<'w> = Vec<Line<'w>>;
