//! The private hosted zones that lead other VPCs to a hub's endpoint.

use hcl::{
    Block, Expression, Identifier,
    expr::{Traversal, Variable},
};

use super::blocks::{traversal, variable};
use crate::{
    iac::unit::{CentralEndpoint, EndpointPlan, HostedZone, Unit},
    model::inventory::Vpc,
};

/// The zones of an endpoint that the same configuration makes.
pub(super) fn of_endpoint(unit: &Unit<'_>, endpoint: &EndpointPlan<'_>) -> hcl::Result<Vec<Block>> {
    let entry = |field: &str| -> hcl::Result<Expression> {
        let entries = Traversal::builder(Variable::new("aws_vpc_endpoint")?)
            .attr(Identifier::new(endpoint.name.snake.as_str())?)
            .attr("dns_entry")
            .index(0)
            .attr(Identifier::new(field)?);
        Ok(entries.build().into())
    };
    let target = [entry("dns_name")?, entry("hosted_zone_id")?];
    let mut all = Vec::new();
    for zone in &endpoint.zones {
        all.extend(blocks(unit, zone, &target)?);
    }
    Ok(all)
}

/// The zones of an endpoint that exists: its name and the zone of that are variables.
pub(super) fn of_central(
    unit: &Unit<'_>,
    central: &CentralEndpoint<'_>,
) -> hcl::Result<Vec<Block>> {
    let mut all = Vec::new();
    let mut target = Vec::new();
    for field in ["dns_name", "hosted_zone_id"] {
        let name = format!("{}_{field}", central.name.snake);
        let id = &central.endpoint.endpoint_id;
        let description = format!("{field} of the first of the DNS entries of {id}");
        all.push(variable(&name, "string", &description, None)?);
        target.push(Expression::from(traversal(&["var", &name])?));
    }
    if let [dns_name, dns_zone_id] = target.as_slice() {
        let target = [dns_name.clone(), dns_zone_id.clone()];
        for zone in &central.zones {
            all.extend(blocks(unit, zone, &target)?);
        }
    }
    Ok(all)
}

/// A zone is associated with VPCs of other accounts by an authorization here and an association
/// there (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-associate-vpcs-different-accounts.html>).
fn blocks(
    unit: &Unit<'_>,
    zone: &HostedZone<'_>,
    [dns_name, dns_zone_id]: &[Expression; 2],
) -> hcl::Result<Vec<Block>> {
    let zone_id = || traversal(&["aws_route53_zone", &zone.name.snake, "zone_id"]);
    let (own, others): (Vec<&Vpc>, Vec<&Vpc>) = zone
        .vpcs
        .iter()
        .copied()
        .partition(|vpc| vpc.owner_account_id == unit.target.account_id);
    let mut block = Block::builder("resource")
        .add_label("aws_route53_zone")
        .add_label(zone.name.snake.as_str())
        .add_attribute(("name", zone.domain.as_str()))
        .add_attribute((
            "comment",
            "Leads to the central endpoint; made by vpce-scout",
        ));
    for vpc in own {
        block = block.add_block(
            Block::builder("vpc")
                .add_attribute(("vpc_id", vpc.vpc_id.as_str()))
                .build(),
        );
    }
    if !others.is_empty() {
        let kept = Expression::Array(vec![Variable::new("vpc")?.into()]);
        block = block.add_block(
            Block::builder("lifecycle")
                .add_attribute(("ignore_changes", kept))
                .build(),
        );
    }
    let mut blocks = vec![block.build()];
    for vpc in others {
        blocks.push(
            Block::builder("resource")
                .add_label("aws_route53_vpc_association_authorization")
                .add_label(format!(
                    "{}_{}",
                    zone.name.snake,
                    vpc.vpc_id.replace('-', "_")
                ))
                .add_attribute(("zone_id", zone_id()?))
                .add_attribute(("vpc_id", vpc.vpc_id.as_str()))
                .build(),
        );
    }
    for (at, record) in zone.records.iter().enumerate() {
        let alias = Block::builder("alias")
            .add_attribute(("name", dns_name.clone()))
            .add_attribute(("zone_id", dns_zone_id.clone()))
            .add_attribute(("evaluate_target_health", false));
        blocks.push(
            Block::builder("resource")
                .add_label("aws_route53_record")
                .add_label(format!("{}_{}", zone.name.snake, at + 1))
                .add_attribute(("zone_id", zone_id()?))
                .add_attribute(("name", record.as_str()))
                .add_attribute(("type", "A"))
                .add_block(alias.build())
                .build(),
        );
    }
    Ok(blocks)
}
