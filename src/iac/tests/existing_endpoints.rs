//! Endpoints that exist: several of one service, and what is not made a second time.

use super::*;

/// The subnets or route tables of each resource of a template.
fn places(text: &str, property: &str) -> Vec<Vec<String>> {
    let template: serde_json::Value = serde_saphyr::from_str(text).unwrap();
    let resources = template["Resources"].as_object().unwrap().values();
    let places = resources.map(|it| it["Properties"][property].as_array().unwrap());
    let text = |it: &serde_json::Value| it.as_str().unwrap().to_owned();
    places.map(|it| it.iter().map(text).collect()).collect()
}

#[test]
fn two_endpoints_of_a_service_in_a_vpc_each_get_their_own_missing_zones() {
    let mut facts = facts("one");
    facts.endpoints.insert("vpce-1".into(), existing());
    let mut second = existing();
    second.endpoint_id = "vpce-2".into();
    second.subnet_ids = vec!["subnet-b".into()];
    facts.endpoints.insert("vpce-2".into(), second);
    let rows = [
        row("kms", "Interface", "add_availability_zones"),
        row("kms", "Interface", "add_availability_zones"),
    ];
    let generated = generated(&facts, &rows, Language::CloudFormation);
    assert!(generated.left_out.is_empty(), "{generated:?}");
    let endpoints = generated.files.iter();
    let mut endpoints = endpoints.filter(|it| it.path.ends_with("endpoints.yaml"));
    let text = &endpoints.next().unwrap().contents;
    let subnets = places(text, "SubnetIds");
    assert_eq!(
        subnets,
        [["subnet-a1", "subnet-b"], ["subnet-b", "subnet-a2"]]
    );
    let import = file(&generated, "resources-to-import.json");
    assert!(import.contains("vpce-1") && import.contains("vpce-2"));
}

#[test]
fn a_route_table_of_another_gateway_endpoint_of_the_service_stays_with_it() {
    let mut facts = facts("one");
    for (id, table) in [("vpce-1", "rtb-a"), ("vpce-2", "rtb-idle")] {
        let mut endpoint = existing();
        endpoint.endpoint_id = id.into();
        endpoint.service_name = "com.amazonaws.eu-west-1.s3".into();
        endpoint.endpoint_type = "Gateway".into();
        endpoint.subnet_ids = Vec::new();
        endpoint.route_table_ids = vec![table.into()];
        facts.endpoints.insert(id.into(), endpoint);
    }
    // The first one is on the route table that a subnet names, the second one on one of no subnet.
    let rows = [
        row("s3", "Gateway", "attach_route_tables"),
        row("s3", "Gateway", "attach_route_tables"),
    ];
    let generated = generated(&facts, &rows, Language::CloudFormation);
    let endpoints = generated.files.iter();
    let mut endpoints = endpoints.filter(|it| it.path.ends_with("-1/endpoints.yaml"));
    let text = &endpoints.next().unwrap().contents;
    let tables = places(text, "RouteTableIds");
    assert_eq!(tables, [["rtb-a", "rtb-main"]]);
    let why = &generated.left_out[0].why;
    assert!(why.starts_with("each route table in use"), "{why}");
}

#[test]
fn nothing_is_made_beside_an_endpoint_that_exists() {
    let mut facts = facts("one");
    facts.endpoints.insert("vpce-1".into(), existing());
    let rows = [row("kms", "Interface", "create")];
    let generated = generated(&facts, &rows, Language::Terraform);
    assert!(generated.files.is_empty(), "{generated:?}");
    let left_out = &generated.left_out[0];
    assert!(left_out.why.contains("vpce-1 exists already") && left_out.asked_for);
}

#[test]
fn each_caveat_is_a_risk_in_the_readme() {
    let mut create = row("kms", "Interface", "create");
    create.caveats = serde_json::from_value(json!([
        "private_hosted_zone",
        "source_ip_policies",
        "open_connections",
        "execute_api_public_apis",
    ]))
    .unwrap();
    let generated = generated(&facts("one"), &[create], Language::Terraform);
    let readme = file(&generated, "README.md");
    let risks = readme.split("## Risks").nth(1).unwrap();
    for words in [
        "`ConflictingDomainExists`",
        "`aws:SourceIp`",
        "Open connections",
        "`execute-api`",
    ] {
        assert!(risks.contains(words), "{words}: {readme}");
    }
}

#[test]
fn a_stack_or_state_of_an_earlier_run_is_not_overwritten_without_a_warning() {
    let facts = facts("one");
    let rows = [row("kms", "Interface", "create")];
    for (language, words) in [
        (
            Language::CloudFormation,
            "CloudFormation deletes what a template lacks",
        ),
        (
            Language::Terraform,
            "Terraform destroys what a configuration lacks",
        ),
    ] {
        let generated = generated(&facts, &rows, language);
        let readme = file(&generated, "1/README.md");
        assert!(readme.contains(words), "{readme}");
    }
}
