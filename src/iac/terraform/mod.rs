//! A unit as Terraform: `main.tf`, with import blocks for endpoints that exist.
//!
//! Import blocks need Terraform 1.5 or OpenTofu 1.5
//! (<https://developer.hashicorp.com/terraform/language/import>).

mod blocks;
mod format;
pub(super) mod root;
mod variables;
mod zones;

use hcl::{
    Block, Body, Expression,
    expr::{Conditional, FuncCall, Operation, Variable},
};
use serde_json::Value;

use self::blocks::{import, tags, traversal, versions};
use super::{
    input::Input,
    policy::ORGANIZATION,
    unit::{EndpointPlan, Shape, Unit, VpcPlan, purpose},
};
use crate::model::template::Layout;

/// The files of a unit: none if there are only removals.
pub(super) fn files(
    unit: &Unit<'_>,
    input: &Input<'_>,
    layout: Layout,
) -> Result<Vec<(String, String)>, String> {
    if unit.is_empty() {
        return Ok(Vec::new());
    }
    let body = body(unit, input, layout).map_err(|error| error.to_string())?;
    Ok(vec![("main.tf".to_owned(), format::text_of(&body)?)])
}

fn body(unit: &Unit<'_>, input: &Input<'_>, layout: Layout) -> hcl::Result<Body> {
    let mut blocks = vec![versions()];
    if layout == Layout::Accounts {
        blocks.push(provider(unit));
    }
    blocks.extend(variables::of_unit(unit, input)?);
    blocks.extend(policies(unit)?);
    for vpc in unit.vpcs.values() {
        if vpc.needs_security_group() {
            blocks.push(security_group(vpc)?);
        }
    }
    for (vpc, endpoint) in unit.endpoints() {
        if let Some(existing) = endpoint.existing.filter(|_| layout == Layout::Accounts) {
            let to = ["aws_vpc_endpoint", &endpoint.name.snake];
            blocks.push(import(&to, &existing.endpoint_id)?);
        }
        blocks.push(endpoint_block(vpc, endpoint)?);
        blocks.extend(zones::of_endpoint(unit, endpoint)?);
    }
    for central in &unit.central {
        blocks.extend(zones::of_central(unit, central)?);
    }
    for (_, endpoint) in unit.endpoints() {
        let id = traversal(&["aws_vpc_endpoint", &endpoint.name.snake, "id"])?;
        blocks.push(
            Block::builder("output")
                .add_label(format!("{}_id", endpoint.name.snake))
                .add_attribute(("value", id))
                .build(),
        );
    }
    Ok(Body::from(blocks))
}

/// The provider refuses to work in any other account.
fn provider(unit: &Unit<'_>) -> Block {
    Block::builder("provider")
        .add_label("aws")
        .add_attribute(("region", unit.target.region.as_str()))
        .add_attribute((
            "allowed_account_ids",
            Expression::Array(vec![unit.target.account_id.as_str().into()]),
        ))
        .build()
}

fn security_group(vpc: &VpcPlan<'_>) -> hcl::Result<Block> {
    let (v4, v6): (Vec<&ipnet::IpNet>, Vec<&ipnet::IpNet>) = vpc
        .client_blocks
        .iter()
        .partition(|block| matches!(block, ipnet::IpNet::V4(_)));
    let list = |blocks: &[&ipnet::IpNet]| -> Expression {
        blocks
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .into()
    };
    let ingress = |port: u16| {
        let mut ingress = Block::builder("ingress")
            .add_attribute(("description", purpose(port)))
            .add_attribute(("protocol", "tcp"))
            .add_attribute(("from_port", port))
            .add_attribute(("to_port", port));
        if !v4.is_empty() {
            ingress = ingress.add_attribute(("cidr_blocks", list(&v4)));
        }
        if !v6.is_empty() {
            ingress = ingress.add_attribute(("ipv6_cidr_blocks", list(&v6)));
        }
        ingress.build()
    };
    Ok(Block::builder("resource")
        .add_label("aws_security_group")
        .add_label(vpc.security_group.snake.as_str())
        .add_attribute((
            "description",
            format!("HTTPS to the interface endpoints of {}", vpc.vpc.vpc_id),
        ))
        .add_attribute(("vpc_id", vpc.vpc.vpc_id.as_str()))
        .add_blocks(vpc.ports().into_iter().map(ingress))
        .add_attribute(("tags", tags("vpce-scout endpoints", None)?))
        .build())
}

fn endpoint_block(vpc: &VpcPlan<'_>, endpoint: &EndpointPlan<'_>) -> hcl::Result<Block> {
    let mut block = Block::builder("resource")
        .add_label("aws_vpc_endpoint")
        .add_label(endpoint.name.snake.as_str())
        .add_attribute(("vpc_id", vpc.vpc.vpc_id.as_str()))
        .add_attribute(("service_name", endpoint.service_name));
    let is_new = endpoint.existing.is_none();
    match &endpoint.shape {
        Shape::Gateway { route_tables } => {
            block = block
                .add_attribute(("vpc_endpoint_type", "Gateway"))
                .add_attribute(("route_table_ids", Expression::from(route_tables.clone())));
        }
        Shape::Interface {
            subnets,
            private_dns,
        } => {
            let groups: Expression = match endpoint.existing {
                Some(existing) => {
                    let ids = existing.security_group_ids.iter();
                    ids.map(ToString::to_string).collect::<Vec<_>>().into()
                }
                None => Expression::Array(vec![
                    traversal(&["aws_security_group", &vpc.security_group.snake, "id"])?.into(),
                ]),
            };
            let answers: Expression = if is_new && *private_dns {
                traversal(&["var", "private_dns_enabled"])?.into()
            } else {
                (*private_dns).into()
            };
            block = block
                .add_attribute(("vpc_endpoint_type", "Interface"))
                .add_attribute(("subnet_ids", Expression::from(subnets.clone())))
                .add_attribute(("security_group_ids", groups))
                .add_attribute(("private_dns_enabled", answers));
        }
    }
    if !is_new {
        // The policy and the tags of an existing endpoint are somebody else's.
        let kept =
            ["policy", "tags", "tags_all"].map(|name| Variable::new(name).map(Expression::from));
        let kept = kept.into_iter().collect::<hcl::Result<Vec<_>>>()?;
        let lifecycle = Block::builder("lifecycle").add_attribute(("ignore_changes", kept));
        return Ok(block.add_block(lifecycle.build()).build());
    }
    if endpoint.policy.is_some() {
        block = block.add_attribute(("policy", policy_expression(endpoint)?));
    }
    let name = format!(
        "{} {}",
        endpoint.service,
        vpc.vpc.name.as_deref().unwrap_or(&vpc.vpc.vpc_id)
    );
    let reason = endpoint.rows.first().map(|row| row.action.into());
    Ok(block.add_attribute(("tags", tags(&name, reason)?)).build())
}

/// The policies as local values, which a reviewer can read.
fn policies(unit: &Unit<'_>) -> hcl::Result<Option<Block>> {
    let mut block = Block::builder("locals");
    let mut any = false;
    for (_, endpoint) in unit.endpoints().filter(|(_, it)| it.existing.is_none()) {
        if let Some(policy) = &endpoint.policy {
            block = block.add_attribute((policy_name(endpoint), expression(policy)?));
            any = true;
        }
    }
    Ok(any.then(|| block.build()))
}

fn policy_name(endpoint: &EndpointPlan<'_>) -> String {
    format!("{}_policy", endpoint.name.snake)
}

/// `var.organization_id == "" ? null : jsonencode(local.…_policy)`
fn policy_expression(endpoint: &EndpointPlan<'_>) -> hcl::Result<Expression> {
    let organization = traversal(&["var", "organization_id"])?;
    let is_empty = hcl::expr::BinaryOp::new(organization, hcl::expr::BinaryOperator::Eq, "");
    let encoded = FuncCall::builder("jsonencode")
        .arg(traversal(&["local", &policy_name(endpoint)])?)
        .build();
    let operation = Operation::Binary(is_empty);
    Ok(Conditional::new(operation, Expression::Null, encoded).into())
}

/// A JSON value as an expression, with the variable where it names the organization.
fn expression(value: &Value) -> hcl::Result<Expression> {
    Ok(match value {
        Value::String(text) if text == ORGANIZATION => {
            traversal(&["var", "organization_id"])?.into()
        }
        Value::Array(items) => {
            Expression::Array(items.iter().map(expression).collect::<hcl::Result<_>>()?)
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| {
                Ok((
                    hcl::expr::ObjectKey::from(Expression::from(key.as_str())),
                    expression(value)?,
                ))
            });
            Expression::Object(fields.collect::<hcl::Result<_>>()?)
        }
        Value::String(text) => text.as_str().into(),
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => number.as_i64().map_or(Expression::Null, Expression::from),
        Value::Null => Expression::Null,
    })
}
