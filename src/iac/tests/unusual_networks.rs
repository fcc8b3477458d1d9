//! Networks that are not as in a textbook: full and IPv6-only subnets, Local Zones, quotas, names that are long
//! or alike.

use super::*;

/// The files of one create of `kms`, with these subnets.
fn with_subnets(subnets: &[Subnet], offered: bool) -> Generated {
    let mut facts = facts("one");
    facts.subnets = subnets
        .iter()
        .map(|it| (it.subnet_id.clone(), it.clone()))
        .collect();
    if !offered {
        facts.endpoint_services.clear();
    }
    let rows = [row("kms", "Interface", "create")];
    generated(&facts, &rows, Language::CloudFormation)
}

/// A subnet with these blocks.
fn with_blocks(mut subnet: Subnet, blocks: &[&str]) -> Subnet {
    subnet.cidrs = blocks.iter().map(|it| it.parse().unwrap()).collect();
    subnet
}

#[test]
fn a_zone_whose_subnets_are_full_or_have_no_ipv4_is_left_out_and_named() {
    let generated = with_subnets(
        &[
            subnet("subnet-full", "a", 0),
            with_blocks(subnet("subnet-v6", "a", 900), &["2001:db8::/64"]),
            with_blocks(
                subnet("subnet-both", "b", 3),
                &["10.0.0.0/24", "2001:db8:0:1::/64"],
            ),
            subnet("subnet-full-b", "b", 0),
        ],
        true,
    );
    let text = file(&generated, "endpoints.yaml");
    assert!(text.contains("subnet-both"), "{text}");
    for other in ["subnet-full", "subnet-v6"] {
        assert!(!text.contains(other), "{other}: {text}");
    }
    let readme = file(&generated, "README.md");
    assert!(
        readme.contains("No subnet in eu-west-1a has a free IPv4 address"),
        "{readme}"
    );
}

#[test]
fn without_a_subnet_that_takes_an_endpoint_there_is_no_template_but_a_reason() {
    let full = [subnet("subnet-full", "a", 0)];
    let generated = with_subnets(&full, true);
    assert!(generated.files.is_empty(), "{generated:?}");
    let why = &generated.left_out[0].why;
    assert!(why.contains("eu-west-1a has a free IPv4 address"), "{why}");

    let mut facts = facts("one");
    facts.endpoints.insert("vpce-1".into(), existing());
    facts
        .subnets
        .insert("subnet-b".into(), subnet("subnet-b", "b", 0));
    let rows = [row("kms", "Interface", "add_availability_zones")];
    let generated = super::generated(&facts, &rows, Language::Terraform);
    assert!(generated.files.is_empty(), "{generated:?}");
    let why = &generated.left_out[0].why;
    assert!(why.contains("eu-west-1b has a free IPv4 address"), "{why}");
}

#[test]
fn a_zone_that_is_added_shows_the_free_addresses_of_its_subnet() {
    let mut facts = facts("one");
    facts.endpoints.insert("vpce-1".into(), existing());
    let rows = [row("kms", "Interface", "add_availability_zones")];
    let generated = generated(&facts, &rows, Language::Terraform);
    let readme = file(&generated, "README.md");
    assert!(
        readme.contains("subnet-b in eu-west-1b \\(9 free addresses\\)"),
        "{readme}"
    );
}

#[test]
fn no_endpoint_is_in_a_local_or_wavelength_zone_even_where_the_offer_is_unknown() {
    let elsewhere = |id: &str, zone: &str, zone_id: Option<&str>| {
        let mut subnet = subnet(id, "x", 4_000);
        subnet.availability_zone = zone.into();
        subnet.availability_zone_id = zone_id.map(Into::into);
        subnet
    };
    let generated = with_subnets(
        &[
            elsewhere("subnet-lax", "us-west-2-lax-1a", Some("usw2-lax1-az1")),
            elsewhere(
                "subnet-wl",
                "us-east-1-wl1-bos-wlz-1",
                Some("use1-wl1-bos-wlz1"),
            ),
            elsewhere("subnet-no-id", "us-west-2-lax-1b", None),
            elsewhere("subnet-gov", "us-gov-west-1a", None),
            subnet("subnet-a1", "a", 5),
        ],
        false,
    );
    let text = file(&generated, "endpoints.yaml");
    assert!(
        text.contains("subnet-a1") && text.contains("subnet-gov"),
        "{text}"
    );
    for other in ["subnet-lax", "subnet-wl", "subnet-no-id"] {
        assert!(!text.contains(other), "{other}: {text}");
    }
}

/// A VPC of the account with a subnet and its route table.
pub(super) fn add_vpc(facts: &mut Facts, id: &str, name: &str) {
    let mut vpc = vpc(name);
    vpc.vpc_id = id.into();
    facts.vpcs.push(vpc);
    let mut subnet = subnet(&format!("subnet-of-{id}"), "a", 9);
    subnet.vpc_id = id.into();
    facts.subnets.insert(subnet.subnet_id.clone(), subnet);
    let mut table = table(&format!("rtb-of-{id}"), true, &[]);
    table.vpc_id = id.into();
    facts
        .route_tables
        .insert(table.route_table_id.clone(), table);
}

#[test]
fn quotas_that_would_be_passed_are_named_and_a_large_template_goes_by_a_bucket() {
    let mut facts = facts("one");
    let mut rows = Vec::new();
    for number in 0..60 {
        let name = format!("service{number}");
        let offered = facts.endpoint_services.values_mut().next().unwrap();
        offered.push(service(&name, "Interface", &["euw1-aza"], &[]));
        rows.push(row(&name, "Interface", "create"));
    }
    for number in 2..24 {
        let id = format!("vpc-{number}");
        add_vpc(&mut facts, &id, "two");
        let mut row = row("s3", "Gateway", "create");
        row.vpc_id = id.into();
        rows.push(row);
    }
    let generated = generated(&facts, &rows, Language::CloudFormation);
    let readme = file(&generated, "README.md");
    for wanted in [
        "Interface endpoints of `vpc-1`: 60, 50 by default",
        "Gateway endpoints of the account in the Region: 22, 20 by default",
        "--template-file endpoints.yaml --s3-bucket BUCKET",
    ] {
        assert!(readme.contains(wanted), "{wanted}: {readme}");
    }
}

#[test]
fn vpcs_of_one_long_name_stay_apart_and_their_tags_are_as_long_as_aws_takes() {
    let name = "n".repeat(255);
    let mut facts = facts(&name);
    add_vpc(&mut facts, "vpc-2", &name);
    let mut rows = [
        row("kms", "Interface", "create"),
        row("kms", "Interface", "create"),
    ];
    rows[1].vpc_id = "vpc-2".into();
    for language in [Language::CloudFormation, Language::Terraform] {
        let generated = generated(&facts, &rows, language);
        let (file_name, names, key) = match language {
            Language::CloudFormation => (
                "endpoints.yaml",
                ["Vpc1KmsInterface", "Vpc2KmsInterface"],
                "Value: ",
            ),
            Language::Terraform => (
                "main.tf",
                ["vpc_1_kms_interface", "vpc_2_kms_interface"],
                "\"kms nnn",
            ),
        };
        let text = file(&generated, file_name);
        for name in names {
            assert!(text.contains(name), "{name}: {text}");
        }
        let longest = text.lines().filter(|line| line.contains(key));
        let letters = longest.map(|line| line.matches('n').count()).max();
        assert!(letters.is_some_and(|count| count <= 256), "{text}");
    }
}

#[test]
fn zones_that_lead_to_an_endpoint_keep_their_names_when_another_vpc_uses_it() {
    let mut facts = facts("one");
    add_vpc(&mut facts, "vpc-hub", "hub");
    add_vpc(&mut facts, "vpc-0", "new");
    let mut endpoint = existing();
    endpoint.vpc_id = "vpc-hub".into();
    facts.endpoints.insert("vpce-1".into(), endpoint);
    let led = |vpc: &str| {
        let mut row = row("kms", "Interface", "use_hub");
        row.vpc_id = vpc.into();
        row.hub_account_id = Some(ACCOUNT.parse().unwrap());
        row.hub_vpc_id = Some("vpc-hub".into());
        row
    };
    let text = |rows: &[OpportunityRow]| {
        let generated = generated(&facts, rows, Language::CloudFormation);
        file(&generated, "endpoints.yaml").to_owned()
    };
    let (before, after) = (text(&[led("vpc-1")]), text(&[led("vpc-1"), led("vpc-0")]));
    let name = "Vpce1KmsEuWest1AmazonawsComZone:";
    assert!(before.contains(name) && after.contains(name), "{after}");
    assert!(after.contains("VPCId: vpc-0") && after.contains("VPCId: vpc-1"));
}

#[test]
fn a_vpc_without_a_subnet_in_a_zone_of_the_service_has_no_template_but_a_reason() {
    let generated = with_subnets(&[subnet("subnet-c", "c", 9)], true);
    assert!(generated.files.is_empty(), "{generated:?}");
    let why = &generated.left_out[0].why;
    assert!(why.contains("no subnet in a zone that offers"), "{why}");
    let generated = with_subnets(&[], false);
    assert!(generated.files.is_empty() && generated.left_out[0].asked_for);
}
