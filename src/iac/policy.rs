//! Endpoint policies: the statements of `config/endpoint_policies.toml` for a service and Region.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::model::id::Region;

/// Stands for the id of the organization in a policy; each language puts its parameter there.
pub(super) const ORGANIZATION: &str = "ORGANIZATION_ID";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    statement: Vec<Statement>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    services: Vec<String>,
    sid: String,
    actions: Vec<String>,
    resources: Vec<String>,
    #[serde(default)]
    organization_principals: bool,
    #[serde(default)]
    organization_resources: bool,
    #[serde(default)]
    aws_service_principals: bool,
    #[expect(dead_code, reason = "for the reader of the file")]
    source: String,
}

/// The policy of an endpoint, with [`ORGANIZATION`] in place of the organization's id.
pub(super) fn document(service: &str, region: &Region) -> Value {
    placed(general(service), region)
}

/// The policy for any Region: `REGION`, `REGION_WITHOUT_DASHES` and `PARTITION` are still in it.
pub(super) fn general(service: &str) -> Value {
    let statements: Vec<Value> = TABLE
        .statement
        .iter()
        .filter(|it| {
            it.services
                .iter()
                .any(|name| name == "*" || name == service)
        })
        .map(statement)
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The table; empty if it cannot be read, which a test rules out.
static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../../config/endpoint_policies.toml")).unwrap_or_default()
});

/// The policy with `id` where it names the organization.
pub(super) fn with_organization(value: &Value, id: &Value) -> Value {
    match value {
        Value::String(text) if text == ORGANIZATION => id.clone(),
        Value::Array(items) => items.iter().map(|it| with_organization(it, id)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), with_organization(value, id)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn placed(value: Value, region: &Region) -> Value {
    match value {
        Value::String(text) => text
            .replace("REGION_WITHOUT_DASHES", &region.as_str().replace('-', ""))
            .replace("REGION", region.as_str())
            .replace("PARTITION", partition(region))
            .into(),
        Value::Array(items) => items.into_iter().map(|it| placed(it, region)).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, placed(value, region)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}

fn statement(statement: &Statement) -> Value {
    let mut equal = serde_json::Map::new();
    if statement.organization_principals {
        equal.insert("aws:PrincipalOrgID".into(), ORGANIZATION.into());
    }
    if statement.organization_resources {
        equal.insert("aws:ResourceOrgID".into(), ORGANIZATION.into());
    }
    let mut condition = serde_json::Map::new();
    if !equal.is_empty() {
        condition.insert("StringEquals".into(), equal.into());
    }
    if statement.aws_service_principals {
        condition.insert(
            "Bool".into(),
            json!({ "aws:PrincipalIsAWSService": "true" }),
        );
    }
    let mut document = json!({
        "Sid": statement.sid,
        "Effect": "Allow",
        "Principal": "*",
        "Action": statement.actions,
        "Resource": statement.resources,
    });
    if let (Value::Object(fields), false) = (&mut document, condition.is_empty()) {
        fields.insert("Condition".into(), condition.into());
    }
    document
}

/// The partition of a Region, by the beginning of its name
/// (<https://docs.aws.amazon.com/general/latest/gr/rande.html>).
pub(super) fn partition(region: &Region) -> &'static str {
    const PARTITIONS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    PARTITIONS
        .into_iter()
        .find(|(start, _)| region.as_str().starts_with(start))
        .map_or("aws", |(_, partition)| partition)
}

#[cfg(test)]
mod tests;
