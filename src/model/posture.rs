//! What can be wrong with an endpoint or a NAT gateway that exists.
//!
//! The ids stand in `endpoints.csv` and `nat_gateways.csv`; `docs/findings.md` has a section for each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// Something that is worth a look.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Finding {
    /// Public answers, since private DNS is off.
    BypassedPrivateDnsOff,
    /// Public answers, since the VPC lacks a DNS attribute.
    BypassedVpcDnsOff,
    /// Public answers to a global name.
    BypassedGlobalName,
    /// Public answers to an older name.
    BypassedLegacyName,
    /// Public answers to another name that private DNS leaves alone.
    BypassedOtherName,
    /// Public answers although everything is on.
    BypassedCustomResolver,
    /// Route tables in use without the gateway endpoint.
    RouteTablesMissing,
    /// Zones in use without an interface of the endpoint.
    AvailabilityZonesMissing,
    /// The security groups keep the VPC out.
    #[serde(rename = "security_group_blocks_443")]
    #[strum(serialize = "security_group_blocks_443")]
    SecurityGroupBlocks443,
    /// The security groups keep the VPC out of the ports of a service that is not HTTPS.
    SecurityGroupBlocksService,
    /// The policy lets everyone do everything.
    FullAccessPolicy,
    /// ECR needs two interface endpoints and a way to S3.
    EcrIncomplete,
    /// Systems Manager needs more than one endpoint.
    SsmIncomplete,
    /// Public APIs of API Gateway cannot be reached.
    ExecuteApiCapturesPublic,
    /// Proven that nothing used it.
    Idle,
    /// Its state lets no traffic pass.
    NotAvailable,
    /// The owner of the endpoint service has not accepted it, or has rejected it.
    NotAccepted,
    /// Subnets in other zones go out by a NAT gateway.
    NatOtherZone,
}

impl Finding {
    /// Its id in reports, and the heading of its section in `docs/findings.md`.
    pub fn id(self) -> &'static str {
        self.into()
    }

    /// One sentence for people.
    #[rustfmt::skip]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::BypassedPrivateDnsOff =>
                "The VPC is answered with public addresses for names of this service, because private DNS of the endpoint is off.",
            Self::BypassedVpcDnsOff =>
                "The VPC is answered with public addresses for names of this service: private DNS needs the VPC's enableDnsSupport and enableDnsHostnames, and one of them is off.",
            Self::BypassedGlobalName =>
                "The VPC calls this service by a global name, which private DNS of the endpoint does not answer.",
            Self::BypassedLegacyName =>
                "The VPC calls this service by an older name, which private DNS of the endpoint does not answer.",
            Self::BypassedOtherName =>
                "The VPC calls this service by a name (FIPS, dual-stack or another) which private DNS of the endpoint does not answer.",
            Self::BypassedCustomResolver =>
                "The VPC is answered with public addresses although private DNS is on: a Resolver rule, a hosted zone or a DNS server of its own answers first, or the endpoint is younger than the queries.",
            Self::RouteTablesMissing =>
                "Subnets use route tables that lack this gateway endpoint, so their traffic to the service goes another way.",
            Self::AvailabilityZonesMissing =>
                "The VPC has subnets in availability zones that offer the service and in which the endpoint has no interface: their traffic crosses zones, and depends on another zone.",
            Self::SecurityGroupBlocks443 =>
                "The security groups of the endpoint do not let TCP port 443 in from every address block of the VPC.",
            Self::SecurityGroupBlocksService =>
                "The service does not use port 443, and the security groups of the endpoint let none of its own ports in from every address block of the VPC.",
            Self::FullAccessPolicy =>
                "The policy of the endpoint lets every principal do everything on every resource, in any account.",
            Self::EcrIncomplete =>
                "Pulling images without internet access needs ecr.api, ecr.dkr and a way to S3; the VPC has only part of them.",
            Self::SsmIncomplete =>
                "Managing instances with Systems Manager without internet access needs ssm and ssmmessages, and ec2messages for older agents; the VPC has only part of them.",
            Self::ExecuteApiCapturesPublic =>
                "Private DNS of the execute-api endpoint answers for every API of API Gateway in the region, so that public APIs cannot be reached from the VPC by their own names.",
            Self::Idle =>
                "Nothing used this endpoint in the window: its query logs cover the window and no query led to it, and its metrics counted no byte.",
            Self::NotAvailable =>
                "The state of the endpoint is not `available`: it carries no traffic.",
            Self::NotAccepted =>
                "The owner of the endpoint service (a partner, or another account) has rejected the endpoint or not accepted it yet: it carries no traffic, and its hours are billed until it is deleted.",
            Self::NatOtherZone =>
                "Subnets in other zones go out by this NAT gateway: AWS bills what crosses zones in both of them, and these subnets have no way out if the zone of the NAT gateway fails.",
        }
    }
}

/// A proof that is missing before an endpoint can be called unused. `docs/findings.md` describes
/// each in its section on `idle`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum MissingProof {
    /// An AWS service created the endpoint and needs it: it is never judged.
    ServiceManaged,
    /// The endpoint was created within the window, or its age is not known.
    CreatedInWindow,
    /// The window is shorter than a day.
    WindowTooShort,
    /// The query logs of its VPC do not cover the window.
    QueryLogs,
    /// Other networks can use it whose queries are not known for the whole window.
    OtherNetworks,
    /// Names of the service were asked for and not answered with an address.
    FailedQueries,
    /// Names were asked for that may be the service's and that no rule knows.
    UnknownNames,
    /// The VPC calls the service past the endpoint.
    Bypassed,
    /// The addresses of its interfaces are not known.
    NetworkInterfaces,
    /// Its CloudWatch metrics were not read, or AWS publishes none.
    EndpointMetrics,
    /// The flow logs of the VPC do not show every byte (gateway endpoints).
    FlowLogs,
}

/// An endpoint, judged. What could not be judged is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointPosture {
    /// Whether it is proven that nothing used it in the window, or that something did.
    pub idle: Option<bool>,
    /// What is missing to prove that nothing used it; empty unless `idle` is unknown.
    pub idle_missing_proof: Vec<MissingProof>,
    /// Names of zones with subnets of the VPC, in which the service is offered and no interface is.
    pub missing_availability_zones: Option<Vec<String>>,
    /// Route tables that subnets use and that lack the gateway endpoint.
    pub missing_route_tables: Option<Vec<String>>,
    /// Whether the security groups let TCP 443 in from every block of the VPC.
    pub security_group_allows_443: Option<bool>,
    /// Whether the policy lets everyone do everything.
    pub full_access_policy: Option<bool>,
    /// What is worth a look.
    pub findings: Vec<Finding>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_is_listed_once_under_its_serialized_name() {
        for finding in Finding::VARIANTS {
            assert_eq!(serde_json::to_value(finding).unwrap(), finding.id());
        }
    }

    #[test]
    fn every_finding_has_a_section_in_the_documentation_and_none_is_left_over() {
        let page = include_str!("../../docs/findings.md");
        let sections: Vec<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .map(|heading| heading.trim_matches('`'))
            .collect();
        let ids: Vec<&str> = Finding::VARIANTS.iter().map(|it| it.id()).collect();
        assert_eq!(sections, ids);
    }
}
