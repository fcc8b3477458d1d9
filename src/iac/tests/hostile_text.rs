//! Whatever text AWS returns is text in the templates.

use proptest::prelude::*;

use super::*;

const HOSTILE: &str = "\\PC{0,40}|(\\$\\{file\\(\"/etc/passwd\"\\)\\}|%\\{ for x in y \\}|!Sub \\$\\{A\\}|!!python/object:os|Fn::Sub|\\{\\{resolve:ssm:x\\}\\}|- a: &x|---|\"|'|: |#|\\\\|\n|\t|\u{2028}|\u{85}){1,6}";

fn generated_text(facts: &Facts, language: Language, name: &str) -> String {
    let rows = [row("kms", "Interface", "create")];
    file(&generated(facts, &rows, language), name).to_owned()
}

/// A YAML scalar on one line (<https://yaml.org/spec/1.2.2/#73-flow-scalar-styles>); none if it is something
/// else than text.
fn scalar(text: &str) -> Option<String> {
    match text.chars().next()? {
        '"' => serde_json::from_str(text).ok(),
        '\'' => {
            let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
            let text = inner.replace("''", "\u{1}");
            (!text.contains('\'')).then(|| text.replace('\u{1}', "'"))
        }
        first => {
            let plain = first.is_ascii_alphabetic()
                && !text.contains(": ")
                && !text.contains(" #")
                && !text.ends_with([' ', ':']);
            plain.then(|| text.to_owned())
        }
    }
}

proptest! {
    #[test]
    fn text_from_aws_stays_text_in_yaml(name in HOSTILE) {
        let rows = [row("kms", "Interface", "create")];
        let generated = generated(&facts(&name), &rows, Language::CloudFormation);
        let text = file(&generated, "endpoints.yaml");
        let plain = generated_text(&facts("plain"), Language::CloudFormation, "endpoints.yaml");
        let tag = text::tag(&format!("kms {name}"));
        let mut different = text.lines().zip(plain.lines()).filter(|(one, other)| one != other);
        if let Some((line, _)) = different.next() {
            let (_, value) = line.split_once("Value: ").unwrap();
            prop_assert_eq!(scalar(value), Some(tag));
        }
        prop_assert_eq!(different.next(), None);
        prop_assert_eq!(text.lines().count(), plain.lines().count());
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
