//! The exact calls that deploy the roles, as commands of the AWS CLI and as Terraform.

use std::fmt::Write as _;

use super::deploy::{SECRET, replaced, stays};
use crate::{
    model::text::printable,
    org::deployment::{Chosen, Deployment, Existing},
};

/// Commands of the AWS CLI; `existing`: the StackSet of that name, if there is one.
pub fn commands(deployment: &Deployment, existing: Option<&Existing>) -> String {
    let (name, region) = (&deployment.name, &deployment.region);
    let call_as = call_as(deployment);
    let parameter = |Chosen { key, value, .. }: &Chosen| {
        // A comma ends the value in the shorthand of the AWS CLI
        // (https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html).
        let value = match key.as_str() {
            SECRET => "${EXTERNAL_ID:?is not set}".to_owned(),
            _ => value.replace(',', "\\,"),
        };
        format!("\"ParameterKey={key},ParameterValue={value}\"")
    };
    let mut parameters: Vec<String> = deployment.given(existing).map(parameter).collect();
    let kept = existing.map(|it| it.kept(deployment)).unwrap_or_default();
    let keep = |(key, _value): &(&str, &str)| {
        format!("\"ParameterKey={},UsePreviousValue=true\"", printable(key))
    };
    parameters.extend(kept.iter().map(keep));
    let read = if deployment.given(existing).any(|it| it.key == SECRET) {
        "# first type the external id, which is not shown, after a command of its own: read -rs EXTERNAL_ID\n"
    } else {
        ""
    };
    let comments = existing.map(|it| comments(deployment, it));
    let comments = comments.unwrap_or_default();
    let (parameters, units) = (parameters.join(" "), deployment.units.join(","));
    let preferences =
        "--operation-preferences FailureTolerancePercentage=100,MaxConcurrentPercentage=100";
    let whole = format!(
        "--stack-set-name {name} --region {region} \\\n    \
         --permission-model SERVICE_MANAGED --call-as {call_as} --capabilities CAPABILITY_NAMED_IAM \\\n    \
         --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false \\\n    \
         --template-body file://member-role.yaml --parameters {parameters}"
    );
    let first = match existing {
        None => format!("{read}aws cloudformation create-stack-set {whole}\n"),
        Some(existing) if existing.is_current(deployment) => {
            format!(
                "# the StackSet {name} exists already, with this template and these parameters\n{comments}"
            )
        }
        Some(_) => format!(
            "# the StackSet {name} exists already; wait for the end of this operation before the next one\n\
             {comments}{read}aws cloudformation update-stack-set {whole} \\\n    {preferences}\n"
        ),
    };
    format!(
        "vpce-scout permissions cloudformation > member-role.yaml\n\
         {first}\
         aws cloudformation create-stack-instances --stack-set-name {name} --region {region} \\\n    \
         --deployment-targets OrganizationalUnitIds={units} --regions {region} --call-as {call_as} \\\n    \
         {preferences}\n"
    )
}

fn call_as(deployment: &Deployment) -> &'static str {
    if deployment.delegated {
        "DELEGATED_ADMIN"
    } else {
        "SELF"
    }
}

/// The same as Terraform, whose parameters are all that the StackSet then has
/// (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudformation_stack_set>).
pub fn terraform(deployment: &Deployment, existing: Option<&Existing>) -> String {
    let call_as = call_as(deployment);
    let given = deployment.given(existing);
    let given = given.map(|it| (it.key.as_str(), it.value.as_str()));
    let kept = existing.map(|it| it.kept(deployment)).unwrap_or_default();
    let mut parameters = String::new();
    for (key, value) in given.chain(kept.iter().copied()) {
        let value = if key == SECRET {
            "var.external_id".to_owned()
        } else {
            quoted(value)
        };
        // Writing to a String cannot fail.
        let _ = writeln!(parameters, "    {} = {value}", printable(key));
    }
    let declared = "variable \"external_id\" {\n  type      = string\n  sensitive = true\n}\n\n";
    let variable = if kept.iter().any(|(key, _)| *key == SECRET) {
        format!(
            "# {SECRET} stays only if the variable has its present value, which AWS does not show.\n{declared}"
        )
    } else if deployment.given(existing).any(|it| it.key == SECRET) {
        declared.to_owned()
    } else {
        String::new()
    };
    let units: Vec<String> = deployment.units.iter().map(|it| quoted(it)).collect();
    let id = if deployment.delegated {
        format!("{},DELEGATED_ADMIN", deployment.name)
    } else {
        deployment.name.clone()
    };
    let import = existing.map(|existing| {
        format!(
            "# The StackSet exists already:\n\
             # terraform import aws_cloudformation_stack_set.vpce_scout {id}\n{}",
            comments(deployment, existing)
        )
    });
    let import = import.unwrap_or_default();
    format!(
        "{variable}{import}resource \"aws_cloudformation_stack_set\" \"vpce_scout\" {{\n  \
           name             = {name}\n  \
           permission_model = \"SERVICE_MANAGED\"\n  \
           call_as          = \"{call_as}\"\n  \
           capabilities     = [\"CAPABILITY_NAMED_IAM\"]\n  \
           template_body    = file(\"${{path.module}}/member-role.yaml\")\n\n  \
           auto_deployment {{\n    enabled                          = true\n    \
             retain_stacks_on_account_removal = false\n  }}\n\n  \
           parameters = {{\n{parameters}  }}\n\n  \
           lifecycle {{\n    ignore_changes = [administration_role_arn]\n  }}\n}}\n\n\
         resource \"aws_cloudformation_stack_set_instance\" \"vpce_scout\" {{\n  \
           stack_set_name = aws_cloudformation_stack_set.vpce_scout.name\n  \
           call_as        = \"{call_as}\"\n  \
           region         = {region}\n\n  \
           deployment_targets {{\n    organizational_unit_ids = [{units}]\n  }}\n}}\n",
        name = quoted(&deployment.name),
        region = quoted(&deployment.region),
        units = units.join(", "),
    )
}

/// A string of Terraform
/// (<https://developer.hashicorp.com/terraform/language/expressions/strings>).
fn quoted(text: &str) -> String {
    let text = printable(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace("${", "$${").replace("%{", "%%{"))
}

/// What changes and what stays, as comments.
fn comments(deployment: &Deployment, existing: &Existing) -> String {
    let replaced = replaced(deployment, existing);
    let lines = replaced.iter().map(|it| format!("# changes {it}\n"));
    let stays = stays(deployment, existing);
    lines
        .chain(stays.iter().map(|it| format!("# {it}\n")))
        .collect()
}

#[cfg(test)]
mod tests;
