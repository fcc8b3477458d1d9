//! Whole units, from facts to texts.

mod existing_endpoints;
mod hostile_text;
mod hub;
mod left_out;
mod modules;
mod partitions;
mod shared_vpcs;
mod stacks;
mod unusual_networks;

use serde_json::json;

use super::*;
use crate::model::{
    facts::Facts,
    inventory::{Endpoint, EndpointService, RouteTable, Subnet, Vpc},
    opportunity::Action,
    report::OpportunityRow,
};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

fn target() -> serde_json::Value {
    json!({ "account_id": ACCOUNT, "region": REGION })
}

fn vpc(name: &str) -> Vpc {
    serde_json::from_value(json!({
        "target": target(), "vpc_id": "vpc-1", "name": name, "owner_account_id": ACCOUNT,
        "is_default": false, "cidrs": ["10.0.0.0/16", "2001:db8::/56"],
        "dns_support": true, "dns_hostnames": true,
    }))
    .unwrap()
}

fn subnet(id: &str, zone: &str, free: u32) -> Subnet {
    serde_json::from_value(json!({
        "subnet_id": id, "vpc_id": "vpc-1", "availability_zone": format!("eu-west-1{zone}"),
        "availability_zone_id": format!("euw1-az{zone}"), "cidrs": [], "available_addresses": free,
    }))
    .unwrap()
}

fn table(id: &str, main: bool, subnets: &[&str]) -> RouteTable {
    serde_json::from_value(json!({
        "route_table_id": id, "vpc_id": "vpc-1", "main": main, "subnet_ids": subnets, "routes": [],
    }))
    .unwrap()
}

fn service(tail: &str, kind: &str, zones: &[&str], names: &[&str]) -> EndpointService {
    serde_json::from_value(json!({
        "region": REGION, "service_name": format!("com.amazonaws.{REGION}.{tail}"),
        "service_type": kind, "private_dns_names": names, "availability_zone_ids": zones,
        "policy_supported": true,
    }))
    .unwrap()
}

fn existing() -> Endpoint {
    serde_json::from_value(json!({
        "target": target(), "vpc_id": "vpc-1", "endpoint_id": "vpce-1",
        "service_name": "com.amazonaws.eu-west-1.kms", "endpoint_type": "Interface",
        "state": "available", "private_dns_enabled": false, "subnet_ids": ["subnet-a1"],
        "route_table_ids": [], "security_group_ids": ["sg-1"], "network_interface_ids": [],
        "private_dns_only_for_inbound": false, "policy": "{\"Statement\":[]}",
    }))
    .unwrap()
}

fn facts(name: &str) -> Facts {
    let mut facts = Facts::default();
    facts.vpcs.push(vpc(name));
    for it in [
        subnet("subnet-a1", "a", 5),
        subnet("subnet-a2", "a", 50),
        subnet("subnet-b", "b", 9),
        subnet("subnet-c", "c", 9),
    ] {
        facts.subnets.insert(it.subnet_id.clone(), it);
    }
    for it in [
        table("rtb-main", true, &[]),
        table("rtb-a", false, &["subnet-a1"]),
        table("rtb-idle", false, &[]),
    ] {
        facts.route_tables.insert(it.route_table_id.clone(), it);
    }
    facts.endpoint_services.insert(
        REGION.parse().unwrap(),
        vec![
            service("s3", "Gateway", &["euw1-aza", "euw1-azb", "euw1-azc"], &[]),
            service(
                "kms",
                "Interface",
                &["euw1-aza", "euw1-azb"],
                &["kms.eu-west-1.amazonaws.com"],
            ),
            service(
                "ecr.dkr",
                "Interface",
                &["euw1-aza"],
                &["*.dkr.ecr.eu-west-1.amazonaws.com"],
            ),
        ],
    );
    facts
}

/// Adds a hub in another account, with an interface endpoint of `kms`.
fn add_hub(facts: &mut Facts) {
    let mut hub = vpc("hub");
    hub.vpc_id = "vpc-hub".into();
    hub.owner_account_id = "444455556666".parse().unwrap();
    hub.target.account_id = hub.owner_account_id.clone();
    facts.vpcs.push(hub);
    let mut endpoint = existing();
    endpoint.vpc_id = "vpc-hub".into();
    facts.endpoints.insert("vpce-1".into(), endpoint);
}

/// An opportunity that leads `vpc-1` to that hub.
fn led_to_hub() -> OpportunityRow {
    let mut row = row("kms", "Interface", "use_hub");
    row.hub_account_id = Some("444455556666".parse().unwrap());
    row.hub_vpc_id = Some("vpc-hub".into());
    row
}

fn row(tail: &str, kind: &str, action: &str) -> OpportunityRow {
    let mut row = json!({
        "account_id": ACCOUNT, "account_name": "one", "region": REGION, "vpc_id": "vpc-1",
        "vpc_name": null, "service": tail,
        "endpoint_service_name": format!("com.amazonaws.{REGION}.{tail}"), "endpoint_type": kind,
        "action": action, "reason": "It pays.", "basis": "measured", "caveats": [],
        "monthly_saving_usd": 12.5,
    });
    // Every other column is unknown.
    let fields = row.as_object_mut().unwrap();
    for column in [
        "query_count",
        "gb_month",
        "monthly_endpoint_usd",
        "monthly_nat_usd",
        "saving_ceiling_usd",
        "break_even_gb_month",
        "hub_account_id",
        "hub_vpc_id",
    ] {
        fields.entry(column).or_insert(serde_json::Value::Null);
    }
    serde_json::from_value(row).unwrap()
}

fn input<'f>(facts: &'f Facts, opportunities: &'f [OpportunityRow]) -> Input<'f> {
    Input {
        facts,
        opportunities,
        hosts: &[],
        organization_id: Some("o-exampleorgid"),
        run_id: "20261127T000000Z",
    }
}

fn generate(
    input: &Input<'_>,
    selection: &Selection,
    language: Language,
    layout: Layout,
) -> (Generated, Totals) {
    let mut generator = Generator::new(selection, language, layout);
    let mut generated = generator.region(input).unwrap();
    let (files, totals) = generator.finish(input.organization_id).unwrap();
    generated.files.extend(files);
    (generated, totals)
}

fn generated(facts: &Facts, rows: &[OpportunityRow], language: Language) -> Generated {
    let input = input(facts, rows);
    generate(&input, &Selection::default(), language, Layout::Accounts).0
}

fn file<'g>(generated: &'g Generated, name: &str) -> &'g str {
    let found = generated
        .files
        .iter()
        .find(|file| file.path.ends_with(name));
    assert!(found.is_some(), "no {name} in {generated:?}");
    &found.unwrap().contents
}

#[test]
fn a_gateway_endpoint_is_on_every_route_table_that_a_subnet_uses() {
    let generated = generated(
        &facts("one"),
        &[row("s3", "Gateway", "create")],
        Language::CloudFormation,
    );
    let text = file(&generated, "111122223333/eu-west-1/endpoints.yaml");
    assert!(
        text.contains("- rtb-a\n") && text.contains("- rtb-main\n"),
        "{text}"
    );
    assert!(!text.contains("rtb-idle"), "{text}");
    assert!(text.contains("Ref: OrganizationId"), "{text}");
    assert!(
        !text.contains("SecurityGroup"),
        "a gateway endpoint has none: {text}"
    );
}

#[test]
fn an_interface_endpoint_has_the_roomiest_subnet_of_each_zone_that_offers_it() {
    let generated = generated(
        &facts("one"),
        &[row("kms", "Interface", "create")],
        Language::Terraform,
    );
    let text = file(&generated, "main.tf");
    for wanted in [
        "\"subnet-a2\"",
        "\"subnet-b\"",
        "\"10.0.0.0/16\"",
        "\"2001:db8::/56\"",
        "var.private_dns_enabled",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    for other in ["subnet-a1", "subnet-c", "0.0.0.0/0"] {
        assert!(!text.contains(other), "{other}: {text}");
    }
    let readme = file(&generated, "README.md");
    assert!(
        readme.contains("subnet-a2") && readme.contains("50 free addresses"),
        "{readme}"
    );
}

#[test]
fn an_endpoint_that_exists_is_imported_as_it_is_and_then_changed() {
    let mut facts = facts("one");
    facts.endpoints.insert("vpce-1".into(), existing());
    let rows = [
        row("kms", "Interface", "enable_private_dns"),
        row("kms", "Interface", "add_availability_zones"),
    ];
    let cloudformation = generated(&facts, &rows, Language::CloudFormation);
    let endpoints = cloudformation
        .files
        .iter()
        .filter(|it| it.path.ends_with("endpoints.yaml"));
    let resources = endpoints.map(|it| it.contents.matches("AWS::EC2::VPCEndpoint").count());
    assert_eq!(resources.sum::<usize>(), 1, "two rows about one endpoint");
    let import = file(&cloudformation, "import.yaml");
    assert!(
        import.contains("PrivateDnsEnabled: false") && !import.contains("subnet-b"),
        "{import}"
    );
    let wanted = file(&cloudformation, "endpoints.yaml");
    assert!(
        wanted.contains("PrivateDnsEnabled: true") && wanted.contains("subnet-b"),
        "{wanted}"
    );
    assert!(
        wanted.contains("DeletionPolicy: Retain") && wanted.contains("sg-1"),
        "{wanted}"
    );
    let terraform = generated(&facts, &rows, Language::Terraform);
    let main = file(&terraform, "main.tf");
    assert!(
        main.contains("import {") && main.contains("\"vpce-1\""),
        "{main}"
    );
}

#[test]
fn one_root_holds_a_provider_and_a_module_for_each_unit_and_all_imports() {
    let mut facts = facts("one");
    facts.endpoints.insert("vpce-1".into(), existing());
    let rows = [row("kms", "Interface", "enable_private_dns")];
    let input = input(&facts, &rows);
    let selection = Selection::default();
    let (generated, _) = generate(&input, &selection, Language::Terraform, Layout::Single);
    let root = generated
        .files
        .iter()
        .find(|file| file.path == "main.tf")
        .unwrap();
    let text = root
        .contents
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for wanted in [
        "alias = \"account_111122223333_eu_west_1\"",
        "format(\"arn:aws:iam::111122223333:role/%s\", var.role_name)",
        "to = module.account_111122223333_eu_west_1.aws_vpc_endpoint.vpc_1_kms_interface",
        "source = \"./111122223333/eu-west-1\"",
        "aws = aws.account_111122223333_eu_west_1",
    ] {
        assert!(text.contains(wanted), "{wanted}: {}", root.contents);
    }
    let module = file(&generated, "eu-west-1/main.tf");
    assert!(
        !module.contains("provider \"aws\"") && !module.contains("import {"),
        "{module}"
    );
}

#[test]
fn gateway_endpoints_are_a_stack_set_too_with_the_vpc_as_a_parameter() {
    let generated = generated(
        &facts("one"),
        &[row("s3", "Gateway", "create")],
        Language::CloudFormation,
    );
    let template = file(&generated, "stackset/gateway-endpoints.yaml");
    assert!(
        template.contains("com.amazonaws.${AWS::Region}.s3"),
        "{template}"
    );
    assert!(
        !template.contains("vpc-1") && !template.contains("REGION"),
        "{template}"
    );
    let readme = file(&generated, "stackset/README.md");
    assert!(
        readme.contains("ParameterValue=vpc-1 ") && readme.contains("rtb-a,rtb-main"),
        "{readme}"
    );
    assert!(readme.contains(
        "ParameterKey=S3,ParameterValue=true ParameterKey=DynamoDB,ParameterValue=false"
    ));
}

#[test]
fn the_template_of_one_action_is_that_of_its_unit() {
    let facts = facts("one");
    let rows = [row("kms", "Interface", "create")];
    let input = input(&facts, &rows);
    let whole = generated(&facts, &rows, Language::CloudFormation);
    let template = template_of(&rows[0], &input).unwrap().unwrap();
    assert_eq!(template, file(&whole, "endpoints.yaml"));
    // A removal has none.
    let removal = row("kms", "Interface", "remove");
    assert_eq!(template_of(&removal, &input).unwrap(), None);
}
