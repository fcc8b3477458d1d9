//! A unit as CloudFormation: `endpoints.yaml`, and what an import of existing endpoints needs.
//!
//! CloudFormation changes an endpoint that exists only after an import, and an import takes it as
//! it is (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html>):
//! `import.yaml` describes the endpoints of today, `endpoints.yaml` those of tomorrow.

mod resource;
mod security_group;
mod stacks;
mod zones;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use self::{
    resource::Resource,
    security_group::SecurityGroups,
    stacks::{Piece, Size},
};
use super::{
    input::Input,
    limits, policy,
    text::visible,
    unit::{EndpointPlan, Shape, Unit, VpcPlan},
};
use crate::model::{inventory::Endpoint, kind::EndpointType};

/// How the files begin with what a unit makes.
const TEMPLATE: &str = "endpoints";
const ORGANIZATION_PARAMETER: &str = "OrganizationId";
const HAS_ORGANIZATION: &str = "HasOrganizationId";
const PRIVATE_DNS_PARAMETER: &str = "PrivateDnsEnabled";
const RUN_PARAMETER: &str = "RunId";

/// The order of fields in the file is that of the reader: what it is, what can be set, what it makes.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Template {
    #[serde(rename = "AWSTemplateFormatVersion")]
    version: &'static str,
    description: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    parameters: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    conditions: Map<String, Value>,
    resources: BTreeMap<String, Resource>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    outputs: BTreeMap<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResourceToImport<'u> {
    resource_type: &'static str,
    logical_resource_id: &'u str,
    resource_identifier: BTreeMap<&'static str, &'u str>,
}

/// The files of a unit: none if there are only removals. Those of its second stack are `endpoints-2.yaml` and so on.
pub(super) fn files(unit: &Unit<'_>, input: &Input<'_>) -> Result<Vec<(String, String)>, String> {
    let stacks = stacks::of(unit, |pieces| {
        let template = wanted(unit, pieces, input);
        let text = yaml(&template)?;
        let size = Size {
            resources: template.resources.len(),
            parameters: template.parameters.len(),
            bytes: text.len(),
        };
        Ok((text, size))
    })?;
    let mut files = Vec::new();
    for stack in stacks {
        let suffix = match stack.number {
            1 => String::new(),
            number => format!("-{number}"),
        };
        files.push((format!("{TEMPLATE}{suffix}.yaml"), stack.template));
        let existing = existing_of(&stack.pieces);
        if !existing.is_empty() {
            let list = serde_json::to_string_pretty(&to_import(&existing));
            let list = list.map_err(|error| error.to_string())?;
            let present = yaml(&present(unit, &existing))?;
            files.push((format!("import{suffix}.yaml"), present));
            let name = format!("resources-to-import{suffix}.json");
            files.push((name, format!("{list}\n")));
        }
    }
    Ok(files)
}

/// What makes the names of a stack and its files its own: nothing for the first one, `-2` and so on.
pub(super) fn suffix_of(template: &str) -> Option<&str> {
    template.strip_prefix(TEMPLATE)?.strip_suffix(".yaml")
}

fn yaml(template: &Template) -> Result<String, String> {
    serde_saphyr::to_string(template).map_err(|error| error.to_string())
}

/// What a stack of the unit is to look like.
fn wanted(unit: &Unit<'_>, pieces: &[Piece<'_, '_>], input: &Input<'_>) -> Template {
    let mut template = Template {
        version: "2010-09-09",
        description: description(unit),
        parameters: Map::new(),
        conditions: Map::new(),
        resources: BTreeMap::new(),
        outputs: BTreeMap::new(),
    };
    // One may be the id of a security group.
    let shows_ids = endpoints_of(pieces).count() < limits::OUTPUTS;
    let groups = SecurityGroups::of(pieces);
    for piece in pieces {
        match piece {
            Piece::SecurityGroup(vpc) => {
                let name = vpc.security_group.pascal.clone();
                groups.export(vpc, pieces, &mut template.outputs);
                template
                    .resources
                    .insert(name, security_group::resource(vpc));
            }
            Piece::Endpoint(vpc, endpoint) => {
                let name = &endpoint.name.pascal;
                let resource = endpoint_resource(vpc, endpoint, &groups);
                template.resources.insert(name.clone(), resource);
                if shows_ids {
                    let output = json!({ "Value": { "Ref": name } });
                    template.outputs.insert(format!("{name}Id"), output);
                }
                zones::of_endpoint(unit, &endpoint.zones, name, &mut template.resources);
            }
            Piece::Central(central) => {
                let (parameters, resources) = (&mut template.parameters, &mut template.resources);
                zones::of_central(unit, central, parameters, resources);
            }
        }
    }
    parameters(pieces, input, &mut template);
    template
}

fn endpoints_of<'p, 'f>(pieces: &'p [Piece<'p, 'f>]) -> impl Iterator<Item = &'p EndpointPlan<'f>> {
    pieces.iter().filter_map(|piece| match piece {
        Piece::Endpoint(_, endpoint) => Some(*endpoint),
        _ => None,
    })
}

fn description(unit: &Unit<'_>) -> String {
    format!(
        "VPC endpoints of account {} in {}, generated by vpce-scout. README.md states why, what they \
         cost and how to undo them.",
        unit.target.account_id, unit.target.region
    )
}

/// Only what a resource uses, so that a linter finds nothing.
fn parameters(pieces: &[Piece<'_, '_>], input: &Input<'_>, template: &mut Template) {
    let new: Vec<&EndpointPlan<'_>> = endpoints_of(pieces)
        .filter(|it| it.existing.is_none())
        .collect();
    let has_group = pieces
        .iter()
        .any(|it| matches!(it, Piece::SecurityGroup(_)));
    let tagged = has_group || !new.is_empty();
    if new.iter().any(|it| it.policy.is_some()) {
        template.parameters.insert(
            ORGANIZATION_PARAMETER.into(),
            json!({
                "Type": "String",
                "Description": "Id of the organization whose principals and resources the endpoint \
                                policies let through; empty makes endpoints with full access",
                "Default": input.organization_id.unwrap_or_default(),
                "AllowedPattern": "^(o-[a-z0-9]{10,32})?$",
            }),
        );
        template.conditions.insert(
            HAS_ORGANIZATION.into(),
            json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": ORGANIZATION_PARAMETER }, ""] }] }),
        );
    }
    let answers = |it: &&EndpointPlan<'_>| {
        matches!(
            it.shape,
            Shape::Interface {
                private_dns: true,
                ..
            }
        )
    };
    if new.iter().any(answers) {
        template.parameters.insert(
            PRIVATE_DNS_PARAMETER.into(),
            json!({
                "Type": "String",
                "Description": "Whether the services' own names lead to the new interface endpoints",
                "Default": "true",
                "AllowedValues": ["true", "false"],
            }),
        );
    }
    if tagged {
        template.parameters.insert(
            RUN_PARAMETER.into(),
            json!({
                "Type": "String",
                "Description": "The scan that this template was generated from",
                "Default": input.run_id,
            }),
        );
    }
}

fn endpoint_resource(
    vpc: &VpcPlan<'_>,
    endpoint: &EndpointPlan<'_>,
    groups: &SecurityGroups<'_>,
) -> Resource {
    if let Some(existing) = endpoint.existing {
        let mut resource = existing_resource(existing);
        shape(&mut resource.properties, &endpoint.shape, None);
        return resource;
    }
    let mut resource = Resource::new(
        "AWS::EC2::VPCEndpoint",
        json!({
            "VpcId": vpc.vpc.vpc_id,
            "ServiceName": endpoint.service_name,
        }),
    );
    let group = json!([groups.id(vpc)]);
    shape(&mut resource.properties, &endpoint.shape, Some(group));
    if let Some(policy) = &endpoint.policy {
        let organization = json!({ "Ref": ORGANIZATION_PARAMETER });
        let document = policy::with_organization(policy, &organization);
        let policy = json!({ "Fn::If": [HAS_ORGANIZATION, document, { "Ref": "AWS::NoValue" }] });
        resource.properties.insert("PolicyDocument".into(), policy);
    }
    let name = format!(
        "{} {}",
        endpoint.service,
        vpc.vpc.name.as_deref().unwrap_or(&vpc.vpc.vpc_id)
    );
    resource.properties.insert(
        "Tags".into(),
        tags(&name, endpoint.rows.first().map(|row| row.action.into())),
    );
    resource
}

fn shape(properties: &mut Map<String, Value>, shape: &Shape<'_>, security_groups: Option<Value>) {
    match shape {
        Shape::Gateway { route_tables } => {
            properties.insert("VpcEndpointType".into(), "Gateway".into());
            properties.insert("RouteTableIds".into(), json!(route_tables));
        }
        Shape::Interface {
            subnets,
            private_dns,
        } => {
            properties.insert("VpcEndpointType".into(), "Interface".into());
            properties.insert("SubnetIds".into(), json!(subnets));
            let is_new = security_groups.is_some();
            if let Some(groups) = security_groups {
                properties.insert("SecurityGroupIds".into(), groups);
            }
            let answers = match (is_new, private_dns) {
                (true, true) => json!({ "Ref": PRIVATE_DNS_PARAMETER }),
                (_, value) => json!(value),
            };
            properties.insert("PrivateDnsEnabled".into(), answers);
        }
    }
}

/// The endpoints of a stack that exist, with what changes them.
fn existing_of<'p, 'f>(pieces: &'p [Piece<'p, 'f>]) -> Vec<(&'p EndpointPlan<'f>, &'f Endpoint)> {
    endpoints_of(pieces)
        .filter_map(|plan| Some((plan, plan.existing?)))
        .collect()
}

/// The endpoints that are imported, as they are.
fn present(unit: &Unit<'_>, existing: &[(&EndpointPlan<'_>, &Endpoint)]) -> Template {
    Template {
        version: "2010-09-09",
        description: format!(
            "Existing VPC endpoints of account {} in {} as they are, to be imported.",
            unit.target.account_id, unit.target.region
        ),
        parameters: Map::new(),
        conditions: Map::new(),
        resources: existing
            .iter()
            .map(|(plan, endpoint)| (plan.name.pascal.clone(), existing_resource(endpoint)))
            .collect(),
        outputs: BTreeMap::new(),
    }
}

/// An endpoint as it is. It outlives the stack.
fn existing_resource(endpoint: &Endpoint) -> Resource {
    let mut properties = Map::new();
    properties.insert("VpcId".into(), endpoint.vpc_id.as_str().into());
    properties.insert("ServiceName".into(), endpoint.service_name.clone().into());
    properties.insert(
        "VpcEndpointType".into(),
        endpoint.endpoint_type.as_str().into(),
    );
    if endpoint.endpoint_type == EndpointType::Gateway {
        properties.insert("RouteTableIds".into(), json!(endpoint.route_table_ids));
    } else {
        properties.insert("SubnetIds".into(), json!(endpoint.subnet_ids));
        properties.insert(
            "SecurityGroupIds".into(),
            json!(endpoint.security_group_ids),
        );
        let answers = endpoint.private_dns_enabled == Some(true);
        properties.insert("PrivateDnsEnabled".into(), answers.into());
    }
    if let Some(policy) = &endpoint.policy {
        let document = serde_json::from_str(policy).unwrap_or_else(|_| policy.clone().into());
        properties.insert("PolicyDocument".into(), document);
    }
    Resource {
        r#type: "AWS::EC2::VPCEndpoint",
        deletion_policy: Some("Retain"),
        update_replace_policy: Some("Retain"),
        properties,
    }
}

fn to_import<'u>(existing: &'u [(&EndpointPlan<'_>, &'u Endpoint)]) -> Vec<ResourceToImport<'u>> {
    existing
        .iter()
        .map(|(plan, endpoint)| ResourceToImport {
            resource_type: "AWS::EC2::VPCEndpoint",
            logical_resource_id: &plan.name.pascal,
            resource_identifier: BTreeMap::from([("Id", endpoint.endpoint_id.as_str())]),
        })
        .collect()
}

fn tags(name: &str, reason: Option<&'static str>) -> Value {
    let mut tags = vec![
        json!({ "Key": "Name", "Value": super::text::tag(name) }),
        json!({ "Key": "vpce-scout:tool", "Value": "vpce-scout" }),
        json!({ "Key": "vpce-scout:run", "Value": { "Ref": RUN_PARAMETER } }),
    ];
    if let Some(reason) = reason {
        tags.push(json!({ "Key": "vpce-scout:reason", "Value": visible(reason) }));
    }
    tags.into()
}
