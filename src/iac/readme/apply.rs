//! How a unit is applied and undone: the commands.

use std::fmt::Write as _;

use super::hub;
use crate::iac::{cloudformation, limits::TEMPLATE_BYTES, unit::Unit};

/// The name of the first stack.
const STACK: &str = "vpce-scout-endpoints";

/// One stack, by what makes its names its own: nothing, or `-2` and so on.
struct Stack<'t> {
    suffix: &'t str,
    templates: &'t [(String, String)],
}

impl Stack<'_> {
    fn name(&self) -> String {
        format!("{STACK}{}", self.suffix)
    }

    fn file(&self, name: &str, kind: &str) -> String {
        format!("{name}{}.{kind}", self.suffix)
    }

    fn text(&self, file: &str) -> Option<&str> {
        let mut all = self.templates.iter();
        let (_, text) = all.find(|(name, _)| name == file)?;
        Some(text)
    }

    /// What is larger goes by a bucket.
    fn is_large(&self, file: &str) -> bool {
        self.text(file)
            .is_some_and(|text| text.len() > TEMPLATE_BYTES)
    }
}

/// The sections of a unit in CloudFormation.
pub(super) fn cloudformation(out: &mut String, unit: &Unit<'_>, templates: &[(String, String)]) {
    let names = templates.iter().map(|(name, _)| name.as_str());
    let suffixes = names.filter_map(cloudformation::suffix_of);
    let stacks = suffixes.map(|suffix| Stack { suffix, templates });
    let stacks: Vec<Stack<'_>> = stacks.collect();
    let region = &unit.target.region;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "## Apply\n\nWith credentials of account {}:\n",
        unit.target.account_id
    );
    if stacks.len() > 1 {
        let _ = writeln!(
            out,
            "The unit is larger than one stack may be. Deploy its {} stacks in this order: where a VPC has endpoints \
             in several of them, the first one has the security group, and the others import its id.\n",
            stacks.len()
        );
    }
    if unit.changes_existing() {
        let _ = writeln!(
            out,
            "Endpoints that exist are imported first, as they are, so that nothing is created twice.\n"
        );
    }
    for stack in &stacks {
        apply(out, unit, stack);
    }
    let _ = writeln!(
        out,
        "If a stack of this name exists already, from an earlier run, its endpoints are in the account by now, and so \
         in no template of this run, and CloudFormation deletes what a template lacks. Give the new stack another \
         name, or add the resources of these files to the template of the old one.\n"
    );
    let _ = writeln!(out, "## Undo\n\n```sh");
    for stack in stacks.iter().rev() {
        let name = stack.name();
        let _ = writeln!(
            out,
            "aws cloudformation delete-stack --region {region} --stack-name {name}"
        );
        if stacks.len() > 1 {
            let _ = writeln!(
                out,
                "aws cloudformation wait stack-delete-complete --region {region} --stack-name {name}"
            );
        }
    }
    let _ = writeln!(out, "```\n");
    if unit.changes_existing() {
        let _ = writeln!(
            out,
            "Imported endpoints are retained. To give them back what they had, deploy `import.yaml` \
             before the stack is deleted.\n"
        );
    }
}

fn apply(out: &mut String, unit: &Unit<'_>, stack: &Stack<'_>) {
    let (region, name) = (&unit.target.region, stack.name());
    let file = stack.file("import", "yaml");
    if stack.text(&file).is_some() {
        let import = if stack.is_large(&file) {
            format!(
                "--template-url URL_OF_{}_YAML_IN_S3",
                file.trim_end_matches(".yaml").to_uppercase()
            )
        } else {
            format!("--template-body file://{file}")
        };
        let list = stack.file("resources-to-import", "json");
        let _ = writeln!(
            out,
            "```sh\n\
             aws cloudformation create-change-set --region {region} --stack-name {name} \\\n  \
             --change-set-name import --change-set-type IMPORT \\\n  \
             --resources-to-import file://{list} {import}\n\
             aws cloudformation wait change-set-create-complete --region {region} --stack-name {name} --change-set-name import\n\
             aws cloudformation execute-change-set --region {region} --stack-name {name} --change-set-name import\n\
             aws cloudformation wait stack-import-complete --region {region} --stack-name {name}\n\
             ```\n"
        );
    }
    let file = stack.file("endpoints", "yaml");
    let bucket = if stack.is_large(&file) {
        " --s3-bucket BUCKET"
    } else {
        ""
    };
    let parameters = hub::parameters(unit, stack.text(&file).unwrap_or_default());
    let _ = writeln!(
        out,
        "```sh\n\
         aws cloudformation deploy --region {region} --stack-name {name} --template-file {file}{bucket}{parameters}\n\
         ```\n",
    );
}

/// The sections of a unit in Terraform.
pub(super) fn terraform(out: &mut String, unit: &Unit<'_>) {
    let _ = writeln!(
        out,
        "## Apply\n\nWith credentials of account {}; the provider refuses any other:\n\n\
         ```sh\nterraform init\nterraform plan -out plan{}\nterraform apply plan\n```\n",
        unit.target.account_id,
        hub::variables(unit)
    );
    let _ = writeln!(
        out,
        "If the directory has a state already, from an earlier run, its endpoints are in the account by now, and so \
         in no configuration of this run, and Terraform destroys what a configuration lacks. Apply this one in a directory \
         of its own, which `--out` names, with a state of its own.\n"
    );
    if unit.changes_existing() {
        let _ = writeln!(
            out,
            "The plan states `import` for endpoints that exist: nothing is created twice. Read it for a \
             replacement, which it must not hold.\n"
        );
        let _ = writeln!(
            out,
            "## Undo\n\nTake imported endpoints out of the state first, or they are deleted:\n\n```sh"
        );
        for (_, endpoint) in unit.endpoints().filter(|(_, it)| it.existing.is_some()) {
            let _ = writeln!(
                out,
                "terraform state rm aws_vpc_endpoint.{}",
                endpoint.name.snake
            );
        }
        let _ = writeln!(out, "terraform destroy\n```\n");
    } else {
        let _ = writeln!(out, "## Undo\n\n```sh\nterraform destroy\n```\n");
    }
}
