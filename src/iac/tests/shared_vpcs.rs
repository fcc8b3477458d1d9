//! VPCs that are shared with other accounts: only the owner can make endpoints in them
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html>).

use super::*;

const PARTICIPANTS: [&str; 2] = ["000000000001", "999999999999"];

/// The VPC as its participants see it.
fn of_participants() -> Vec<Vpc> {
    let participants = PARTICIPANTS.into_iter();
    let seen = participants.map(|account| {
        let mut vpc = vpc("shared");
        vpc.target.account_id = account.parse().unwrap();
        vpc
    });
    seen.collect()
}

#[test]
fn a_shared_vpc_has_its_template_in_the_account_of_its_owner_alone() {
    let mut facts = facts("shared");
    let of_owner = std::mem::replace(&mut facts.vpcs, of_participants());
    facts.vpcs.extend(of_owner);
    let rows = [
        row("s3", "Gateway", "create"),
        row("kms", "Interface", "create"),
    ];
    for language in [Language::CloudFormation, Language::Terraform] {
        let generated = generated(&facts, &rows, language);
        assert!(generated.left_out.is_empty(), "{generated:?}");
        let paths = generated.files.iter().map(|it| it.path.as_str());
        let units: Vec<&str> = paths.filter(|it| !it.starts_with("stackset")).collect();
        assert!(!units.is_empty());
        let own = format!("{ACCOUNT}/{REGION}/");
        assert!(units.iter().all(|it| it.starts_with(&own)), "{units:?}");
    }
}

#[test]
fn without_its_owner_a_shared_vpc_is_left_out_and_the_owner_is_named() {
    let mut facts = facts("shared");
    facts.vpcs = of_participants();
    let mut create = row("kms", "Interface", "create");
    create.account_id = PARTICIPANTS[0].parse().unwrap();
    let generated = generated(&facts, &[create], Language::CloudFormation);
    assert!(generated.files.is_empty(), "{generated:?}");
    let left_out = &generated.left_out[0];
    let why = format!("account {ACCOUNT} owns the VPC and was not scanned");
    assert!(left_out.why.starts_with(&why) && left_out.asked_for);
}

#[test]
fn the_zones_of_a_hub_are_associated_with_a_shared_vpc_by_its_owner() {
    let mut facts = facts("shared");
    facts.vpcs.extend(of_participants());
    add_hub(&mut facts);
    let led = led_to_hub();
    let generated = generated(&facts, &[led], Language::CloudFormation);
    let text = file(&generated, &format!("{ACCOUNT}/{REGION}/endpoints.yaml"));
    assert!(text.contains("VPCId: vpc-1"), "{text}");
    assert_eq!(generated.files.len(), 2, "{generated:?}");
}
