//! Whatever text AWS returns is text in the templates.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const HOSTILE: &str = "\\PC{0,40}|(\\$\\{file\\(\"/etc/passwd\"\\)\\}|%\\{ for x in y \\}|!Sub \\$\\{A\\}|!!python/object:os|Fn::Sub|\\{\\{resolve:ssm:x\\}\\}|- a: &x|---|\"|'|: |#|\\\\|\n|\t|\u{2028}|\u{85}){1,6}";

fn generated_text(facts: &Facts, language: Language, name: &str) -> String {
    let rows = [row("kms", "Interface", "create")];
    file(&generated(facts, &rows, language), name).to_owned()
}

/// Every text, number and emptiness of a document, by its path.
fn leaves(at: &str, value: &serde_json::Value, found: &mut BTreeMap<String, String>) {
    match value {
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                leaves(&format!("{at}/{name}"), value, found);
            }
        }
        serde_json::Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                leaves(&format!("{at}/{index}"), value, found);
            }
        }
        other => {
            let text = other
                .as_str()
                .map_or_else(|| format!("no text: {other}"), str::to_owned);
            found.insert(at.to_owned(), text);
        }
    }
}

fn read_yaml(text: &str) -> BTreeMap<String, String> {
    let document: serde_json::Value = serde_saphyr::from_str(text).unwrap();
    let mut found = BTreeMap::new();
    leaves("", &document, &mut found);
    found
}

proptest! {
    #[test]
    fn text_from_aws_stays_text_in_yaml(name in HOSTILE) {
        let hostile = generated_text(&facts(&name), Language::CloudFormation, "endpoints.yaml");
        let plain = generated_text(&facts("plain"), Language::CloudFormation, "endpoints.yaml");
        let (hostile, mut expected) = (read_yaml(&hostile), read_yaml(&plain));
        let plain_tag = text::tag("kms plain");
        let tags: Vec<_> = expected.values_mut().filter(|it| **it == plain_tag).collect();
        prop_assert_eq!(tags.len(), 1);
        for tag in tags {
            *tag = text::tag(&format!("kms {name}"));
        }
        prop_assert_eq!(hostile, expected);
    }

    #[test]
    fn text_from_aws_stays_text_in_hcl(name in HOSTILE) {
        let rows = [row("kms", "Interface", "create")];
        let generated = generated(&facts(&name), &rows, Language::Terraform);
        let body = hcl::parse(file(&generated, "main.tf")).unwrap();
        let value: serde_json::Value = hcl::from_body(body).unwrap();
        let endpoint = value.pointer("/resource/aws_vpc_endpoint/vpc_1_kms_interface").unwrap();
        let tag = endpoint.pointer("/tags/Name").unwrap().as_str().unwrap();
        prop_assert_eq!(tag, text::tag(&format!("kms {name}")));
    }
}
