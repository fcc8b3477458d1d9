//! Units that are larger than one stack may be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{unusual_networks::add_vpc, *};

/// The templates of a unit by the name of their file.
fn templates(generated: &Generated) -> BTreeMap<&str, Value> {
    let named = generated.files.iter().filter_map(|file| {
        let name = file.path.strip_prefix("111122223333/eu-west-1/")?;
        let is_template = cloudformation::suffix_of(name).is_some();
        is_template.then(|| (name, serde_saphyr::from_str(&file.contents).unwrap()))
    });
    named.collect()
}

fn resources(template: &Value) -> BTreeSet<&str> {
    let resources = template["Resources"].as_object().unwrap();
    resources.keys().map(String::as_str).collect()
}

/// VPCs with an endpoint of KMS each: two resources.
fn many(count: usize) -> (Facts, Vec<OpportunityRow>) {
    let mut facts = facts("one");
    let mut rows = Vec::new();
    for number in 0..count {
        let id = format!("vpc-{number:04}");
        add_vpc(&mut facts, &id, "many");
        let mut row = row("kms", "Interface", "create");
        row.vpc_id = id.into();
        rows.push(row);
    }
    (facts, rows)
}

/// The number of the stack of a file.
fn number(name: &str) -> u64 {
    let rest = name.strip_prefix("endpoints").unwrap();
    let rest = rest.strip_suffix(".yaml").unwrap();
    rest.strip_prefix('-').map_or(1, |it| it.parse().unwrap())
}

#[test]
fn a_unit_of_more_resources_than_a_stack_takes_is_several_stacks() {
    let (facts, rows) = many(700);
    let generated = generated(&facts, &rows, Language::CloudFormation);
    let templates = templates(&generated);
    assert!(templates.len() > 2 && templates.contains_key("endpoints.yaml"));
    let mut all = BTreeSet::new();
    for (name, template) in &templates {
        let of_stack = resources(template);
        assert!(of_stack.len() <= 500, "{name}: {}", of_stack.len());
        for resource in &of_stack {
            assert!(all.insert((*resource).to_owned()), "{resource} twice");
            // An endpoint is beside its security group.
            let group = resource.replace("KmsInterface", "EndpointsSecurityGroup");
            assert!(of_stack.contains(group.as_str()), "{resource} of {name}");
        }
        assert!(!template.to_string().contains("ImportValue"), "{name}");
        let outputs = template["Outputs"]
            .as_object()
            .map_or(0, serde_json::Map::len);
        assert!(outputs <= 200, "CloudFormation takes 200: {outputs}");
    }
    assert_eq!(all.len(), 1_400);
}

#[test]
fn the_readme_deploys_the_stacks_in_their_order_and_deletes_them_in_the_other() {
    let (facts, rows) = many(300);
    let generated = generated(&facts, &rows, Language::CloudFormation);
    let readme = file(&generated, "eu-west-1/README.md");
    let mut names: Vec<&str> = templates(&generated).into_keys().collect();
    names.sort_by_key(|name| number(name));
    assert!(names.len() > 1);
    let lines = |start: &str| -> Vec<&str> {
        let lines = readme.lines().filter(|line| line.starts_with(start));
        lines.collect()
    };
    let stack = |name: &str| {
        let suffix = name.trim_start_matches("endpoints");
        format!("vpce-scout-endpoints{}", suffix.trim_end_matches(".yaml"))
    };
    let deploy = lines("aws cloudformation deploy");
    assert_eq!(deploy.len(), names.len(), "{readme}");
    for (line, name) in deploy.iter().zip(&names) {
        let wanted = format!("--stack-name {} --template-file {name}", stack(name));
        assert!(line.contains(&wanted), "{line}");
    }
    let delete = lines("aws cloudformation delete-stack");
    assert_eq!(delete.len(), names.len(), "{readme}");
    for (line, name) in delete.iter().zip(names.iter().rev()) {
        assert!(line.ends_with(&stack(name)), "{line}");
    }
}

#[test]
fn one_more_vpc_moves_no_resource_from_one_stack_to_another() {
    let (facts, rows) = many(301);
    let whole = generated(&facts, &rows, Language::CloudFormation);
    let again = generated(&facts, &rows, Language::CloudFormation);
    assert_eq!(whole.files, again.files, "the same run, the same bytes");
    // The same without one VPC of the middle.
    let mut rows = rows;
    rows.remove(100);
    let without = generated(&facts, &rows, Language::CloudFormation);
    let (before, after) = (templates(&without), templates(&whole));
    let mut changed = 0;
    for (name, template) in &before {
        let (old, new) = (resources(template), resources(&after[name]));
        assert!(old.is_subset(&new), "{name}");
        changed += new.difference(&old).count();
    }
    assert_eq!((before.len(), changed), (after.len(), 2));
}

#[test]
fn the_security_group_of_a_vpc_in_several_stacks_is_made_once_and_before_it_is_used() {
    let mut facts = facts("one");
    let mut rows = Vec::new();
    for number in 0..60 {
        let name = format!("service{number}");
        let names: Vec<String> = (0..8)
            .map(|it| format!("x{it}.service{number}.eu-west-1.amazonaws.com"))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let offered = facts.endpoint_services.values_mut().next().unwrap();
        offered.push(service(&name, "Interface", &["euw1-aza"], &names));
        let mut row = row(&name, "Interface", "create");
        row.hub_account_id = Some(ACCOUNT.parse().unwrap());
        row.hub_vpc_id = Some("vpc-1".into());
        rows.push(row);
    }
    let generated = generated(&facts, &rows, Language::CloudFormation);
    let templates = templates(&generated);
    assert!(templates.len() > 1);
    let export = "vpce-scout-vpc-1-endpoints-security-group";
    let mut exports = Vec::new();
    let mut imports = Vec::new();
    for (name, template) in &templates {
        let of_stack = resources(template);
        assert!(of_stack.len() <= 500, "{name}: {}", of_stack.len());
        let has_group = of_stack.contains("Vpc1EndpointsSecurityGroup");
        let output = &template["Outputs"]["Vpc1EndpointsSecurityGroupId"]["Export"]["Name"];
        assert_eq!(output.as_str() == Some(export), has_group, "{name}");
        let endpoints = template["Resources"].as_object().unwrap().values();
        for it in endpoints.filter(|it| it["Type"] == "AWS::EC2::VPCEndpoint") {
            let group = &it["Properties"]["SecurityGroupIds"][0];
            let imported = group["Fn::ImportValue"].as_str() == Some(export);
            assert_ne!(imported, has_group, "{name}: {group}");
        }
        let list = if has_group {
            &mut exports
        } else {
            &mut imports
        };
        list.push(number(name));
    }
    assert_eq!(exports.len(), 1, "one security group for the VPC");
    assert!(imports.iter().all(|number| *number > exports[0]));
}

#[test]
fn no_template_is_larger_than_cloudformation_takes() {
    let mut facts = facts("one");
    let mut rows = Vec::new();
    for number in 0..400 {
        let id = format!("vpc-{number:04}");
        add_vpc(&mut facts, &id, "many");
        let mut row = row("s3", "Gateway", "create");
        row.vpc_id = id.into();
        rows.push(row);
    }
    let generated = generated(&facts, &rows, Language::CloudFormation);
    let files = generated.files.iter();
    let sizes: Vec<usize> = files
        .filter(|it| it.path.contains("/endpoints"))
        .map(|it| it.contents.len())
        .collect();
    assert!(sizes.len() > 1, "{sizes:?}");
    assert!(sizes.iter().all(|bytes| *bytes <= 1_000_000), "{sizes:?}");
}

#[test]
fn each_stack_imports_the_endpoints_that_it_changes() {
    let (mut facts, mut rows) = many(300);
    for (number, changed) in rows.iter_mut().take(20).enumerate() {
        let vpc_id = format!("vpc-{number:04}");
        let mut endpoint = existing();
        endpoint.endpoint_id = format!("vpce-{number:04}").into();
        endpoint.vpc_id = vpc_id.as_str().into();
        endpoint.subnet_ids = vec![format!("subnet-of-{vpc_id}").into()];
        facts
            .endpoints
            .insert(endpoint.endpoint_id.clone(), endpoint);
        *changed = row("kms", "Interface", "enable_private_dns");
        changed.vpc_id = vpc_id.into();
    }
    let generated = generated(&facts, &rows, Language::CloudFormation);
    let readme = file(&generated, "eu-west-1/README.md");
    let mut imported = 0;
    for (name, template) in templates(&generated) {
        let suffix = name.trim_start_matches("endpoints");
        let suffix = suffix.trim_end_matches(".yaml");
        let list = format!("resources-to-import{suffix}.json");
        let listed: Value = serde_json::from_str(file(&generated, &list)).unwrap();
        let listed: BTreeSet<&str> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["LogicalResourceId"].as_str().unwrap())
            .collect();
        let present: Value =
            serde_saphyr::from_str(file(&generated, &format!("import{suffix}.yaml"))).unwrap();
        assert_eq!(resources(&present), listed);
        let retained = template["Resources"].as_object().unwrap().iter();
        let retained = retained.filter(|(_, it)| it["DeletionPolicy"] == "Retain");
        let retained: BTreeSet<&str> = retained.map(|(name, _)| name.as_str()).collect();
        assert_eq!(retained, listed);
        imported += listed.len();
        let call = format!(
            "--resources-to-import file://{list} --template-body file://import{suffix}.yaml"
        );
        assert!(readme.contains(&call), "{call}: {readme}");
    }
    assert_eq!(imported, 20);
}
