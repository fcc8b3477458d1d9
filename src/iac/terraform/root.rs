//! One Terraform root for many units: a provider alias an account and Region, the units as modules.
//!
//! Import blocks are allowed in the root alone, so they stand here
//! (<https://developer.hashicorp.com/terraform/language/import>).

use std::collections::{BTreeMap, BTreeSet};

use hcl::{
    Block, Body, Expression,
    expr::{FuncCall, Object, ObjectKey, Variable},
};

use super::{
    blocks::{import, traversal, variable, versions},
    format::text_of,
    variables::{self, Shared},
};
use crate::{
    iac::{
        input::{File, Input},
        policy::partition,
        unit::Unit,
    },
    model::target::Target,
};

/// The root: what it holds of each unit, as text.
#[derive(Debug, Default)]
pub(in crate::iac) struct Root {
    units: BTreeMap<Target, Part>,
    /// Variables that some module takes.
    shared: BTreeSet<Shared>,
    run_id: String,
}

/// What the root holds of a unit.
#[derive(Debug)]
struct Part {
    provider: String,
    /// With the imports.
    module: String,
    endpoints: usize,
    /// Variables without a default.
    required: Vec<String>,
}

impl Root {
    /// Adds a unit.
    pub(in crate::iac) fn add(&mut self, unit: &Unit<'_>, input: &Input<'_>) -> Result<(), String> {
        if unit.is_empty() {
            return Ok(());
        }
        let part = part(unit).map_err(|error| error.to_string())?;
        let (provider, module) = part;
        let part = Part {
            provider: text_of(&Body::from(vec![provider]))?,
            module: text_of(&Body::from(module))?,
            endpoints: unit.endpoints().count(),
            required: central_variables(unit)
                .map(|(central, field)| of_root(unit, central, field))
                .collect(),
        };
        self.units.insert(unit.target.clone(), part);
        self.shared.extend(variables::used(unit));
        input.run_id.clone_into(&mut self.run_id);
        Ok(())
    }

    /// `main.tf` above all units, and its README.
    pub(in crate::iac) fn files(self, organization_id: Option<&str>) -> Result<Vec<File>, String> {
        if self.units.is_empty() {
            return Ok(Vec::new());
        }
        let mut main = self
            .head(organization_id)
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

/// The provider, and the module with the imports of what it changes.
fn part(unit: &Unit<'_>) -> hcl::Result<(Block, Vec<Block>)> {
    let mut blocks = Vec::new();
    for (central, field) in central_variables(unit) {
        let name = of_root(unit, central, field);
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

/// The name in the root of a variable of a central endpoint.
fn of_root(unit: &Unit<'_>, central: &str, field: &str) -> String {
    format!("{}_{central}_{field}", alias(unit))
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
    for shared in variables::used(unit) {
        let name = shared.name();
        block = block.add_attribute((name, traversal(&["var", name])?));
    }
    for (central, field) in central_variables(unit) {
        let value = traversal(&["var", &of_root(unit, central, field)])?;
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
    /// What all modules share.
    fn head(&self, organization_id: Option<&str>) -> hcl::Result<Body> {
        let role = variable(
            "role_name",
            "string",
            "Role that Terraform assumes in every account; it needs the EC2 and Route 53 actions of the endpoints",
            None,
        )?;
        let mut blocks = vec![versions(), role];
        for shared in &self.shared {
            blocks.push(shared.block(&self.run_id, organization_id)?);
        }
        Ok(Body::from(blocks))
    }

    fn readme(&self) -> String {
        use std::fmt::Write as _;

        let required = self.units.values().flat_map(|it| &it.required);
        let required: Vec<String> = required
            .map(|name| format!(" \\\n  -var {name}=VALUE"))
            .collect();
        let mut text = format!(
            "# VPC endpoints of {} accounts and Regions\n\n\
         One Terraform root: a provider alias an account and Region, each assuming `var.role_name` \
         there. The README of each module states why, what it costs and how to undo it.\n\n\
         ```sh\nterraform init\nterraform plan -out plan -var role_name=ROLE{}\nterraform apply plan\n```\n\n\
         If the directory has a state already, from an earlier run, its endpoints are in the accounts by now, and so \
         in no configuration of this run, and Terraform destroys what a configuration lacks. Apply this one in a \
         directory of its own, which `--out` names, with a state of its own.\n\n\
         | module | endpoints |\n|---|---|\n",
            self.units.len(),
            required.concat()
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
