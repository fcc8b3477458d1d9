//! The private hosted zones that lead other VPCs to a hub's endpoint.

use hcl::{
    Block, Expression, Identifier,
    expr::{Traversal, Variable},
};

use super::blocks::traversal;
use crate::{
    iac::unit::{EndpointPlan, HostedZone, Unit},
    model::inventory::Vpc,
};

/// A zone is associated with VPCs of other accounts by an authorization here and an association
/// there (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-associate-vpcs-different-accounts.html>).
pub(super) fn blocks(
    unit: &Unit<'_>,
    zone: &HostedZone<'_>,
    endpoint: &EndpointPlan<'_>,
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
    let entry = |field: &str| -> hcl::Result<Expression> {
        let entries = Traversal::builder(Variable::new("aws_vpc_endpoint")?)
            .attr(Identifier::new(endpoint.name.snake.as_str())?)
            .attr("dns_entry")
            .index(0)
            .attr(Identifier::new(field)?);
        Ok(entries.build().into())
    };
    for (at, record) in zone.records.iter().enumerate() {
        let alias = Block::builder("alias")
            .add_attribute(("name", entry("dns_name")?))
            .add_attribute(("zone_id", entry("hosted_zone_id")?))
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
