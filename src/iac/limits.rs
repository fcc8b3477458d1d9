//! Quotas of AWS that a unit would pass: a reviewer raises them before the templates are applied, or they stop
//! half-way.

use std::fmt::Write as _;

use super::{
    network::Network,
    unit::{Unit, VpcPlan},
};

/// Interface endpoints in a VPC, and gateway endpoints of an account in a Region
/// (<https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html>).
const INTERFACE_ENDPOINTS: usize = 50;
const GATEWAY_ENDPOINTS: usize = 20;
/// Inbound rules of a security group, of each address family
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>).
const RULES: usize = 60;
/// VPCs of a private hosted zone (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html>).
const VPCS_OF_A_ZONE: usize = 300;
/// Outputs of a template, and the bytes of one that is not in S3
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
pub(super) const OUTPUTS: usize = 200;
pub(super) const TEMPLATE_BYTES: usize = 51_200;

/// The quotas that a unit passes, in words.
pub(super) fn of(unit: &Unit<'_>, network: &Network<'_>) -> Vec<String> {
    let mut passed = Vec::new();
    let new = |vpc: &VpcPlan<'_>, interface: bool| {
        let new = vpc.endpoints.iter().filter(|it| it.existing.is_none());
        new.filter(|it| it.is_interface() == interface).count()
    };
    let gateways = network.gateway_endpoints(&unit.target);
    let of_unit: usize = unit.vpcs.values().map(|vpc| new(vpc, false)).sum();
    if of_unit > 0 && gateways + of_unit > GATEWAY_ENDPOINTS {
        passed.push(format!(
            "Gateway endpoints of the account in the Region: {}, {GATEWAY_ENDPOINTS} by default.",
            gateways + of_unit
        ));
    }
    for (id, vpc) in &unit.vpcs {
        let (have, new) = (network.interface_endpoints(id), new(vpc, true));
        if new > 0 && have + new > INTERFACE_ENDPOINTS {
            passed.push(format!(
                "Interface endpoints of `{id}`: {}, {INTERFACE_ENDPOINTS} by default.",
                have + new
            ));
        }
        let v4 = vpc.client_blocks.iter().filter(|it| is_v4(it)).count();
        let most = v4.max(vpc.client_blocks.len() - v4) * vpc.ports().len();
        if most > RULES {
            passed.push(format!(
                "Inbound rules of the security group of `{id}`: {most}, {RULES} by default. Blocks that hold \
                 several of the clients' need fewer."
            ));
        }
        let zones = vpc.endpoints.iter().flat_map(|it| &it.zones);
        let vpcs = zones.map(|zone| zone.vpcs.len()).max().unwrap_or_default();
        if vpcs > VPCS_OF_A_ZONE {
            passed.push(format!(
                "VPCs of a hosted zone of `{id}`: {vpcs}, {VPCS_OF_A_ZONE} by default."
            ));
        }
    }
    passed
}

fn is_v4(block: &ipnet::IpNet) -> bool {
    matches!(block, ipnet::IpNet::V4(_))
}

/// The section of a unit's README; nothing if no quota is passed.
pub(super) fn write(out: &mut String, unit: &Unit<'_>) {
    if unit.limits.is_empty() {
        return;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "## Limits\n\nApplied as it is, the unit passes quotas; Service Quotas shows the account's own, and has them raised:\n"
    );
    for line in &unit.limits {
        let _ = writeln!(out, "- {line}");
    }
    out.push('\n');
}
