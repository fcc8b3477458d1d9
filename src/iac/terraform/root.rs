//! One Terraform root for many units: a provider alias an account and Region, the units as modules.
//!
//! Import blocks are allowed in the root alone, so they stand here
//! (<https://developer.hashicorp.com/terraform/language/import>).

use hcl::{
    Block, Body, Expression,
    expr::{FuncCall, Object, ObjectKey, Variable},
};

use super::{
    blocks::{import, traversal, variable, versions},
    format::text_of,
};
use crate::iac::{input::File, policy::partition, unit::Unit};

/// `main.tf` above all units, and its README.
pub(in crate::iac) fn files(units: &[Unit<'_>]) -> Result<Vec<File>, String> {
    let units: Vec<&Unit<'_>> = units.iter().filter(|unit| !unit.vpcs.is_empty()).collect();
    if units.is_empty() {
        return Ok(Vec::new());
    }
    let body = body(&units).map_err(|error| error.to_string())?;
    let main = text_of(&body)?;
    let named = [("main.tf", main), ("README.md", readme(&units))];
    Ok(named
        .into_iter()
        .map(|(name, contents)| File {
            path: name.to_owned(),
            contents,
        })
        .collect())
}

fn body(units: &[&Unit<'_>]) -> hcl::Result<Body> {
    let mut blocks = vec![
        versions(),
        variable(
            "role_name",
            "string",
            "Role that Terraform assumes in every account; it needs the EC2 and Route 53 actions of the endpoints",
            None,
        )?,
    ];
    for unit in units {
        blocks.push(provider(unit)?);
    }
    for unit in units {
        blocks.push(module(unit)?);
        for (_, endpoint) in unit.endpoints() {
            if let Some(existing) = endpoint.existing {
                let to = [
                    "module",
                    &alias(unit),
                    "aws_vpc_endpoint",
                    &endpoint.name.snake,
                ];
                blocks.push(import(&to, &existing.endpoint_id)?);
            }
        }
    }
    Ok(Body::from(blocks))
}

/// `account_111122223333_eu_west_1`
fn alias(unit: &Unit<'_>) -> String {
    let region = unit.target.region.as_str().replace('-', "_");
    format!("account_{}_{region}", unit.target.account_id)
}

fn provider(unit: &Unit<'_>) -> hcl::Result<Block> {
    let account = unit.target.account_id.as_str();
    let pattern = format!(
        "arn:{}:iam::{account}:role/%s",
        partition(&unit.target.region)
    );
    let role = FuncCall::builder("format")
        .arg(pattern)
        .arg(traversal(&["var", "role_name"])?)
        .build();
    Ok(Block::builder("provider")
        .add_label("aws")
        .add_attribute(("alias", alias(unit)))
        .add_attribute(("region", unit.target.region.as_str()))
        .add_attribute((
            "allowed_account_ids",
            Expression::Array(vec![account.into()]),
        ))
        .add_block(
            Block::builder("assume_role")
                .add_attribute(("role_arn", role))
                .build(),
        )
        .build())
}

fn module(unit: &Unit<'_>) -> hcl::Result<Block> {
    let mut providers = Object::new();
    providers.insert(
        ObjectKey::from(Expression::from(Variable::new("aws")?)),
        traversal(&["aws", &alias(unit)])?.into(),
    );
    let source = format!("./{}/{}", unit.target.account_id, unit.target.region);
    Ok(Block::builder("module")
        .add_label(alias(unit))
        .add_attribute(("source", source))
        .add_attribute(("providers", Expression::Object(providers)))
        .build())
}

fn readme(units: &[&Unit<'_>]) -> String {
    use std::fmt::Write as _;

    let mut text = format!(
        "# VPC endpoints of {} accounts and Regions\n\n\
         One Terraform root: a provider alias an account and Region, each assuming `var.role_name` \
         there. The README of each module says why, what it costs and how to undo it.\n\n\
         ```sh\nterraform init\nterraform plan -var role_name=ROLE -out plan\nterraform apply plan\n```\n\n\
         | module | endpoints |\n|---|---|\n",
        units.len()
    );
    for unit in units {
        let directory = format!("{}/{}", unit.target.account_id, unit.target.region);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| [{directory}]({directory}/README.md) | {} |",
            unit.endpoints().count()
        );
    }
    text
}
