//! One Terraform root for many units: a provider alias an account and Region, the units as modules.
//!
//! Import blocks are allowed in the root alone, so they stand here
//! (<https://developer.hashicorp.com/terraform/language/import>).

use std::collections::BTreeMap;

use hcl::{
    Block, Body, Expression,
    expr::{FuncCall, Object, ObjectKey, Variable},
};

use super::{
    blocks::{import, traversal, variable, versions},
    format::text_of,
};
use crate::{
    iac::{input::File, policy::partition, unit::Unit},
    model::target::Target,
};

/// The root: what it holds of each unit, as text.
#[derive(Debug, Default)]
pub(in crate::iac) struct Root {
    units: BTreeMap<Target, Part>,
}

/// What the root holds of a unit.
#[derive(Debug)]
struct Part {
    provider: String,
    /// With the imports.
    module: String,
    endpoints: usize,
}

impl Root {
    /// Adds a unit.
    pub(in crate::iac) fn add(&mut self, unit: &Unit<'_>) -> Result<(), String> {
        if unit.is_empty() {
            return Ok(());
        }
        let part = part(unit).map_err(|error| error.to_string())?;
        let (provider, module) = part;
        let part = Part {
            provider: text_of(&Body::from(vec![provider]))?,
            module: text_of(&Body::from(module))?,
            endpoints: unit.endpoints().count(),
        };
        self.units.insert(unit.target.clone(), part);
        Ok(())
    }

    /// `main.tf` above all units, and its README.
    pub(in crate::iac) fn files(self) -> Result<Vec<File>, String> {
        if self.units.is_empty() {
            return Ok(Vec::new());
        }
        let mut main = head()
            .map_err(|error| error.to_string())
            .and_then(|it| text_of(&it))?;
        let units = self.units.values();
        let parts = units.clone().map(|it| &it.provider);
        for text in parts.chain(units.map(|it| &it.module)) {
            main.push('\n');
            main.push_str(text);
        }
        let named = [("main.tf", main), ("README.md", self.readme())];
        Ok(named
            .into_iter()
            .map(|(name, contents)| File {
                path: name.to_owned(),
                contents,
            })
            .collect())
    }
}

fn head() -> hcl::Result<Body> {
    let role = variable(
        "role_name",
        "string",
        "Role that Terraform assumes in every account; it needs the EC2 and Route 53 actions of the endpoints",
        None,
    )?;
    Ok(Body::from(vec![versions(), role]))
}

/// The provider, and the module with the imports of what it changes.
fn part(unit: &Unit<'_>) -> hcl::Result<(Block, Vec<Block>)> {
    let mut blocks = Vec::new();
    for (central, field) in central_variables(unit) {
        let name = format!("{}_{central}_{field}", alias(unit));
        let what = format!(
            "{field} of the first of the DNS entries of {}",
            central.replace('_', "-")
        );
        blocks.push(variable(&name, "string", &what, None)?);
    }
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
    Ok((provider(unit)?, blocks))
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
    let mut block = Block::builder("module")
        .add_label(alias(unit))
        .add_attribute(("source", source))
        .add_attribute(("providers", Expression::Object(providers)));
    for (central, field) in central_variables(unit) {
        let of_root = format!("{}_{central}_{field}", alias(unit));
        let value = traversal(&["var", &of_root])?;
        block = block.add_attribute((format!("{central}_{field}"), value));
    }
    Ok(block.build())
}

/// The variables of central endpoints that exist: they have no default.
fn central_variables<'u>(unit: &'u Unit<'_>) -> impl Iterator<Item = (&'u str, &'static str)> {
    let names = unit.central.iter().map(|it| it.name.snake.as_str());
    names.flat_map(|name| ["dns_name", "hosted_zone_id"].map(|field| (name, field)))
}

impl Root {
    fn readme(&self) -> String {
        use std::fmt::Write as _;

        let mut text = format!(
            "# VPC endpoints of {} accounts and Regions\n\n\
         One Terraform root: a provider alias an account and Region, each assuming `var.role_name` \
         there. The README of each module says why, what it costs and how to undo it.\n\n\
         ```sh\nterraform init\nterraform plan -var role_name=ROLE -out plan\nterraform apply plan\n```\n\n\
         | module | endpoints |\n|---|---|\n",
            self.units.len()
        );
        for (target, part) in &self.units {
            let directory = format!("{}/{}", target.account_id, target.region);
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "| [{directory}]({directory}/README.md) | {} |",
                part.endpoints
            );
        }
        text
    }
}
