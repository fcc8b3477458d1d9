//! Central endpoints: those that are made, and those that exist.

use super::*;

#[test]
fn a_hub_answers_by_zones_with_every_name_that_private_dns_would_answer() {
    let mut hub = row("ecr.dkr", "Interface", "create");
    hub.hub_account_id = Some(ACCOUNT.parse().unwrap());
    hub.hub_vpc_id = Some("vpc-1".into());
    let generated = generated(&facts("one"), &[hub], Language::CloudFormation);
    let text = file(&generated, "endpoints.yaml");
    assert!(
        text.contains("Name: dkr.ecr.eu-west-1.amazonaws.com"),
        "{text}"
    );
    assert!(
        text.contains("\"*.dkr.ecr.eu-west-1.amazonaws.com\""),
        "{text}"
    );
    assert!(text.contains("PrivateDnsEnabled: false"), "{text}");
}

fn host(name: &str) -> crate::model::report::HostRow {
    serde_json::from_value(json!({
        "account_id": ACCOUNT, "region": REGION, "vpc_id": "vpc-1", "host": name, "kind": "service",
        "service": "kms", "service_region": REGION, "query_count": 1, "nxdomain_queries": 0,
        "answers": [], "failed_queries": 0, "alias_queries": 0,
    }))
    .unwrap()
}

#[test]
fn a_vpc_is_led_to_a_hub_that_exists_and_the_names_that_the_hub_lacks_are_listed() {
    let mut facts = facts("one");
    add_hub(&mut facts);
    let row = led_to_hub();
    let rows = [row];
    let hosts = [
        host("kms.eu-west-1.amazonaws.com."),
        host("x.kms.eu-west-1.amazonaws.com."),
        host("kms-fips.eu-west-1.amazonaws.com."),
    ];
    let consumers = HubConsumers::of(&rows);
    assert!(hosts.iter().all(|host| consumers.call(host)));
    let input = Input {
        hosts: &hosts,
        ..input(&facts, &rows)
    };
    let selection = Selection::default();
    let (generated, totals) = generate(
        &input,
        &selection,
        Language::CloudFormation,
        Layout::Accounts,
    );
    assert_eq!((totals.units, totals.left_out), (1, 0));
    let text = file(&generated, "111122223333/eu-west-1/endpoints.yaml");
    for wanted in [
        "Name: kms.eu-west-1.amazonaws.com",
        "VPCId: vpc-1",
        "Ref: Vpce1DnsName",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let readme = file(&generated, "README.md");
    for wanted in [
        "stop resolving, so add a record for each first: x.kms.eu-west-1.amazonaws.com.",
        "stay public: kms-fips.eu-west-1.amazonaws.com.",
        "--vpc-endpoint-ids vpce-1",
        "Vpce1HostedZoneId=HOSTED_ZONE_ID",
        "account 444455556666",
    ] {
        assert!(readme.contains(wanted), "{wanted}: {readme}");
    }
    let (terraform, _) = generate(&input, &selection, Language::Terraform, Layout::Single);
    let main = file(&terraform, "eu-west-1/main.tf");
    assert!(main.contains("var.vpce_1_dns_name"), "{main}");
    let root = terraform
        .files
        .iter()
        .find(|it| it.path == "main.tf")
        .unwrap();
    let passed = "var.account_111122223333_eu_west_1_vpce_1_dns_name";
    assert!(root.contents.contains(passed), "{}", root.contents);
}
