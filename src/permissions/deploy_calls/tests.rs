//! The two forms of a deployment.

use super::*;
use crate::permissions::TEMPLATE;

fn deployment() -> Deployment {
    let chosen = |key: &str, value: &str| Chosen {
        key: key.to_owned(),
        value: value.to_owned(),
        is_named: true,
    };
    Deployment {
        name: "vpce-scout".to_owned(),
        template: TEMPLATE.to_owned(),
        parameters: vec![
            chosen(
                "TrustedPrincipalArn",
                "arn:aws:iam::111122223333:role/scout",
            ),
            chosen(SECRET, "s3cret"),
        ],
        units: vec!["r-ab12".to_owned()],
        region: "eu-west-1".to_owned(),
        delegated: true,
    }
}

#[test]
fn both_forms_hold_ids_and_arns_and_never_the_external_id() {
    for text in [
        commands(&deployment(), None),
        terraform(&deployment(), None),
    ] {
        for part in [
            "role/scout",
            "r-ab12",
            "eu-west-1",
            "DELEGATED_ADMIN",
            "SERVICE_MANAGED",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("s3cret"), "{text}");
    }
    assert!(commands(&deployment(), None).contains("ParameterValue=${EXTERNAL_ID:?is not set}"));
    assert!(commands(&deployment(), None).contains("read -rs EXTERNAL_ID"));
    assert!(terraform(&deployment(), None).contains("ExternalId = var.external_id"));
}

#[test]
fn a_list_stays_one_value_of_the_command_line() {
    let mut deployment = deployment();
    deployment.parameters[0].value = "arn:*:s3:::logs,arn:*:s3:::other".to_owned();
    let text = commands(&deployment, None);
    assert!(
        text.contains("arn:*:s3:::logs\\,arn:*:s3:::other\""),
        "{text}"
    );
}

#[test]
fn a_string_of_terraform_has_no_expression() {
    assert_eq!(quoted("a\"b\\c${d}%{e}\n"), r#""a\"b\\c$${d}%%{e}""#);
}
