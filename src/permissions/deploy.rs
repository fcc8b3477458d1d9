//! The exact calls that deploy the roles, as commands of the AWS CLI and as Terraform. The external id
//! is a secret: it is named, never printed.

use std::fmt::Write as _;

use super::objects::{DATABASE, arns};
use crate::{
    cli::permissions::PermissionsArgs,
    model::{
        coverage::{Failure, Reason},
        text::printable,
    },
    org::stack_set::{AccountResult, Deployment, Existing},
};

/// The parameter that is never printed.
const SECRET: &str = "ExternalId";

/// The template, for whoever deploys it.
pub fn template() -> &'static str {
    super::TEMPLATE
}

/// The parameters of the template that the flags set, beside those that always are. `external_id` is
/// empty if there is none.
pub fn parameters(
    args: &PermissionsArgs,
    trusted: String,
    external_id: &str,
) -> Vec<(String, String)> {
    let yes = |set: bool| if set { "true" } else { "" }.to_owned();
    let prefix = |it: &String| format!("arn:*:logs:*:*:log-group:{it}*");
    let log_groups: Vec<String> = args.log_group_prefixes.iter().map(prefix).collect();
    let (buckets, objects) = arns(&args.objects);
    let athena = args.athena.as_deref().unwrap_or_default();
    let (workgroup, database) = athena.split_once('/').unwrap_or((athena, DATABASE));
    let bill = args.bill_table.as_deref().unwrap_or_default();
    let bill_database = bill.split('.').next().unwrap_or_default();
    let unless = |value: &str, default: &str| {
        let value = Some(value).filter(|it| *it != default);
        value.unwrap_or_default().to_owned()
    };
    let all = [
        ("RoleName", args.role_name.clone()),
        ("TrustedPrincipalArn", trusted),
        (SECRET, external_id.to_owned()),
        ("AllowLogging", yes(args.enable)),
        (
            "LoggingRoleName",
            unless(&args.logging_role_name, "vpce-scout-logging"),
        ),
        (
            "DeliveryRoleName",
            unless(&args.delivery_role, "vpce-scout-flow-logs"),
        ),
        ("AllowBill", yes(args.bill)),
        ("QueriedLogGroups", log_groups.join(",")),
        ("LogBucketArns", buckets.join(",")),
        ("LogObjectArns", objects.join(",")),
        ("LogKeyArns", args.key.join(",")),
        ("AthenaWorkgroup", workgroup.to_owned()),
        ("AthenaDatabase", unless(database, DATABASE)),
        ("BillDatabase", bill_database.to_owned()),
    ];
    let set = all.into_iter().filter(|(_, value)| !value.is_empty());
    set.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The role or user of a caller, by its ARN: that of a session is not one that a role can trust for
/// long. A session's ARN leaves out the path of the role
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>).
pub fn principal_of(arn: &str) -> String {
    let role = || {
        let (head, resource) = arn.split_once(":assumed-role/")?;
        let (name, _session) = resource.split_once('/')?;
        let head = head.replacen(":sts:", ":iam:", 1);
        Some(format!("{head}:role/{name}"))
    };
    role().unwrap_or_else(|| arn.to_owned())
}

/// Commands of the AWS CLI; `existing`: the StackSet of that name, if there is one.
pub fn commands(deployment: &Deployment, existing: Option<&Existing>) -> String {
    let (name, region) = (&deployment.name, &deployment.region);
    let call_as = call_as(deployment);
    let parameter = |(key, value): &(String, String)| {
        // A comma ends the value in the shorthand of the AWS CLI
        // (https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html).
        let value = match key.as_str() {
            SECRET => "$EXTERNAL_ID".to_owned(),
            _ => value.replace(',', "\\,"),
        };
        format!("\"ParameterKey={key},ParameterValue={value}\"")
    };
    let mut parameters: Vec<String> = deployment.parameters.iter().map(parameter).collect();
    let kept = existing.map(|it| it.kept(deployment)).unwrap_or_default();
    let keep = |key: &String| format!("\"ParameterKey={key},UsePreviousValue=true\"");
    parameters.extend(kept.iter().map(keep));
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
        None => format!("aws cloudformation create-stack-set {whole}\n"),
        Some(existing) if existing.is_current(deployment) => {
            format!(
                "# the StackSet {name} exists already, with this template and these parameters\n"
            )
        }
        Some(_) => format!(
            "# the StackSet {name} exists already; wait for the end of this operation before the next one\n\
             aws cloudformation update-stack-set {whole} \\\n    {preferences}\n"
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

/// What became of a deployment: a line for each account, and how many have the roles.
pub fn outcome(results: &[AccountResult]) -> String {
    let mut text = String::new();
    for it in results {
        let reason = it.reason.as_deref().unwrap_or_default();
        let shown = format!("{}  {:<10} {reason}", it.account, it.status);
        text.push_str(printable(shown.trim_end()).as_ref());
        text.push('\n');
    }
    let succeeded = results.iter().filter(|it| it.succeeded()).count();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{succeeded} of {} accounts have the roles",
        results.len()
    );
    text
}

/// What to do if a deployment was refused.
pub fn remedy(failure: &Failure) -> &'static str {
    match failure.reason {
        Reason::Cancelled => "start it again to see how it ended",
        Reason::AccessDenied | Reason::ScpDenied => {
            "the caller needs the actions on StackSets of docs/permissions.md, and must be the management \
             account or a delegated administrator of StackSets (--delegated)"
        }
        _ => {
            "the caller must be the management account or a delegated administrator of StackSets \
             (--delegated), with trusted access turned on: `aws cloudformation \
             activate-organizations-access`"
        }
    }
}

/// The same as Terraform.
pub fn terraform(deployment: &Deployment, existing: Option<&Existing>) -> String {
    let quoted = |text: &str| format!("{text:?}");
    let call_as = call_as(deployment);
    let mut parameters = String::new();
    for (key, value) in &deployment.parameters {
        let value = if key == SECRET {
            "var.external_id".to_owned()
        } else {
            quoted(value)
        };
        // Writing to a String cannot fail.
        let _ = writeln!(parameters, "    {key} = {value}");
    }
    let secret = deployment.parameters.iter().any(|(key, _)| key == SECRET);
    let variable = if secret {
        "variable \"external_id\" {\n  type      = string\n  sensitive = true\n}\n\n"
    } else {
        ""
    };
    let units: Vec<String> = deployment.units.iter().map(|it| quoted(it)).collect();
    let id = if deployment.delegated {
        format!("{},DELEGATED_ADMIN", deployment.name)
    } else {
        deployment.name.clone()
    };
    let import = if existing.is_some() {
        format!(
            "# The StackSet exists already:\n\
             # terraform import aws_cloudformation_stack_set.vpce_scout {id}\n"
        )
    } else {
        String::new()
    };
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

#[cfg(test)]
mod tests;
