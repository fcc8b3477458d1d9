//! The resources that a scan lists in every target: one table, from which the steps, the IAM actions
//! and the order of the calls follow.
//!
//! A new resource is its file in `collect/`, its type in `model/` (with its [`Step`] and [`Found`])
//! and one entry here.

use futures::future::BoxFuture;

use super::vpc_dns_attributes;
use crate::{
    collect::{
        block_public_access, endpoint, endpoint_metrics, endpoint_service, flow_log,
        internet_gateway::{self, Kinds},
        nat_gateway, nat_metrics, network_interface, query_log, route_table, route53_profile,
        security_group, subnet, transit_gateway, vpc, vpc_dns_attributes as dns_attributes,
    },
    model::{
        coverage::{Failure, Step},
        facts::{Facts, Found},
    },
    org::session::Session,
};

/// A resource type: the step that lists it, and how.
pub(super) struct Resource {
    /// The step, named as in `coverage.csv`.
    pub(super) step: Step,
    /// The IAM actions that it needs in every member account.
    pub(super) actions: &'static [&'static str],
    /// When it is listed.
    pub(super) listed: Listed,
}

/// When a resource is listed, and by which function.
pub(super) enum Listed {
    /// Before everything else of the target.
    First(List),
    /// In every target.
    Always(List),
    /// Once these steps are done, from what they found. If one of them is not complete, the
    /// resource is skipped.
    From(&'static [Step], List),
    /// Once these steps are done, if they found something that has it, or are not complete.
    IfAny(&'static [Step], fn(&Facts) -> bool, List),
    /// As `From`, by the calls that all metrics of a target share.
    Metrics(&'static [Step]),
    /// Once every target is done, by a stage of its own.
    Later,
}

/// Lists a resource, and hands over what was found. [`Facts::absorb`] stores it.
pub(super) type List = for<'r> fn(Request<'r>) -> BoxFuture<'r, Result<Found, Failure>>;

/// What a resource is listed with.
#[derive(Clone, Copy)]
pub(super) struct Request<'r> {
    /// The account and Region.
    pub(super) session: &'r Session,
    /// What the steps before found in this target.
    pub(super) known: &'r Facts,
    /// Whether a step that this one is listed from is not complete.
    pub(super) incomplete: bool,
}

/// Makes a [`List`] of an asynchronous expression.
macro_rules! list {
    (|$it:ident| $work:expr) => {
        |$it| Box::pin(async move { $work })
    };
}

/// Every resource.
pub(super) const RESOURCES: [Resource; 17] = [
    Resource {
        step: Step::Vpcs,
        actions: vpc::ACTIONS,
        // If a service control policy denies the Region, the other calls would only be denied too. If
        // there is no VPC, nothing else is of interest.
        listed: Listed::First(list!(|it| vpc::list(it.session).await.map(Found::Vpcs))),
    },
    Resource {
        step: Step::Subnets,
        actions: subnet::ACTIONS,
        listed: Listed::Always(list!(|it| subnet::list(it.session)
            .await
            .map(Found::Subnets))),
    },
    Resource {
        step: Step::RouteTables,
        actions: route_table::ACTIONS,
        listed: Listed::Always(list!(|it| route_table::list(it.session)
            .await
            .map(Found::RouteTables))),
    },
    Resource {
        step: Step::NatGateways,
        actions: nat_gateway::ACTIONS,
        listed: Listed::Always(list!(|it| nat_gateway::list(it.session)
            .await
            .map(Found::NatGateways))),
    },
    Resource {
        step: Step::Endpoints,
        actions: endpoint::ACTIONS,
        listed: Listed::Always(list!(|it| endpoint::list(it.session)
            .await
            .map(Found::Endpoints))),
    },
    Resource {
        step: Step::QueryLogging,
        actions: query_log::ACTIONS,
        listed: Listed::Always(list!(|it| {
            let (configs, associations) = query_log::list_used(it.session).await?;
            Ok(Found::QueryLogging(configs, associations))
        })),
    },
    Resource {
        step: Step::FlowLogs,
        actions: flow_log::ACTIONS,
        listed: Listed::Always(list!(|it| flow_log::list(it.session)
            .await
            .map(Found::FlowLogs))),
    },
    Resource {
        step: Step::VpcBlockPublicAccess,
        actions: block_public_access::ACTIONS,
        listed: Listed::IfAny(
            &[Step::Vpcs],
            |known| known.vpcs.iter().any(block_public_access::may_apply),
            list!(|it| {
                let found = block_public_access::list(it.session).await?;
                Ok(Found::VpcBlockPublicAccess(found))
            }),
        ),
    },
    Resource {
        step: Step::Route53Profiles,
        actions: route53_profile::ACTIONS,
        listed: Listed::Always(list!(|it| {
            let carried = route53_profile::query_logging(it.session).await?;
            Ok(carried.into_found())
        })),
    },
    Resource {
        step: Step::NatMetrics,
        actions: nat_metrics::ACTIONS,
        listed: Listed::Metrics(&[Step::NatGateways]),
    },
    Resource {
        step: Step::SecurityGroups,
        actions: security_group::ACTIONS,
        listed: Listed::From(
            &[Step::Endpoints],
            list!(|it| {
                let groups = security_group::of_endpoints(it.known.endpoints.values());
                let found = security_group::list(it.session, &groups).await?;
                Ok(Found::SecurityGroups(found))
            }),
        ),
    },
    Resource {
        step: Step::EndpointMetrics,
        actions: endpoint_metrics::ACTIONS,
        listed: Listed::Metrics(&[Step::Endpoints]),
    },
    Resource {
        step: Step::InternetGateways,
        actions: internet_gateway::ACTIONS,
        listed: Listed::IfAny(
            &[Step::RouteTables],
            |known| Kinds::in_question(known.route_tables.values()).any(),
            list!(|it| {
                let kinds = if it.incomplete {
                    Kinds::ALL
                } else {
                    Kinds::in_question(it.known.route_tables.values())
                };
                let found = internet_gateway::list(it.session, kinds).await?;
                Ok(Found::InternetGateways(found))
            }),
        ),
    },
    Resource {
        step: Step::NetworkInterfaces,
        actions: network_interface::ACTIONS,
        listed: Listed::IfAny(
            &[Step::NatGateways, Step::Endpoints],
            |known| {
                let mut endpoints = known.endpoints.values();
                !known.nat_gateways.is_empty() || endpoints.any(|it| !it.subnet_ids.is_empty())
            },
            list!(|it| {
                let found = network_interface::list(it.session).await?;
                Ok(Found::NetworkInterfaces(found))
            }),
        ),
    },
    Resource {
        step: Step::VpcDnsAttributes,
        actions: dns_attributes::ACTIONS,
        listed: Listed::IfAny(
            &[
                Step::Vpcs,
                Step::Endpoints,
                Step::QueryLogging,
                Step::Route53Profiles,
                Step::FlowLogs,
            ],
            |known| !vpc_dns_attributes::needed(known, false).is_empty(),
            list!(|it| {
                let vpc_ids = vpc_dns_attributes::needed(it.known, it.incomplete);
                let found = dns_attributes::list(it.session, vpc_ids).await?;
                Ok(Found::VpcDnsAttributes(found))
            }),
        ),
    },
    Resource {
        step: Step::TransitGateways,
        actions: transit_gateway::ACTIONS,
        listed: Listed::Later,
    },
    Resource {
        step: Step::EndpointServices,
        actions: endpoint_service::ACTIONS,
        listed: Listed::Later,
    },
];

/// IAM actions of stages that follow the resources.
const LATER_ACTIONS: [&[&str]; 2] = [
    crate::collect::prefix_list::ACTIONS,
    crate::collect::partner_service::ACTIONS,
];

/// The IAM actions that the resources need in every member account.
pub fn actions() -> impl Iterator<Item = &'static str> {
    let of_resources = RESOURCES.iter().map(|it| it.actions);
    of_resources.chain(LATER_ACTIONS).flatten().copied()
}

impl Resource {
    /// The steps that have to be done first.
    fn needs(&self) -> &'static [Step] {
        match self.listed {
            Listed::From(needs, _) | Listed::IfAny(needs, ..) | Listed::Metrics(needs) => needs,
            Listed::First(_) | Listed::Always(_) | Listed::Later => &[],
        }
    }

    /// Whether the resource is listed target by target.
    pub(super) fn is_listed_by_target(&self) -> bool {
        !matches!(self.listed, Listed::Later)
    }
}

/// Whether another resource is listed from what a step found.
pub(super) fn is_needed(step: Step) -> bool {
    RESOURCES.iter().any(|it| it.needs().contains(&step))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_step_of_a_region_is_a_resource_or_reads_logs() {
        let listed: BTreeSet<Step> = RESOURCES.iter().map(|it| it.step).collect();
        assert_eq!(listed.len(), RESOURCES.len(), "a step is listed twice");
        let logs = [Step::DnsUsage, Step::FlowUsage];
        let steps: BTreeSet<Step> = Step::REGIONAL.into_iter().collect();
        let known: BTreeSet<Step> = listed.into_iter().chain(logs).collect();
        assert_eq!(steps, known);
    }

    #[test]
    fn what_a_resource_needs_is_listed_before_it_in_every_target() {
        for resource in &RESOURCES {
            for step in resource.needs() {
                let needed = RESOURCES.iter().find(|it| it.step == *step).unwrap();
                let first = matches!(needed.listed, Listed::First(_) | Listed::Always(_));
                assert!(first, "{step:?} of {:?}", resource.step);
            }
        }
    }
}
