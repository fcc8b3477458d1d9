//! Whether the template of a StackSet is one of this program's, of whatever version: no other is replaced.

use serde_json::Value;

/// What the template of every version has: the parameters of the read role, and the name of its statement.
const MARKS: [&str; 4] = [
    "RoleName",
    "TrustedPrincipalArn",
    "ExternalId",
    "VpceScoutRead",
];

/// The resources that the template of any version has: another one would be deleted with an update.
const RESOURCES: [&str; 9] = [
    "AthenaPolicy",
    "BillPolicy",
    "BillTablePolicy",
    "CheckedBucketsPolicy",
    "DeliveryRole",
    "LogBucketsPolicy",
    "LogKeysPolicy",
    "LoggingRole",
    "Role",
];

/// Whether the template, in YAML or JSON, makes the roles and nothing else.
pub(super) fn is_own(template: &str) -> bool {
    let resources = resources(template);
    MARKS.iter().all(|mark| template.contains(mark))
        && resources.iter().any(|it| it == "Role")
        && resources.iter().all(|it| RESOURCES.contains(&it.as_str()))
}

/// The logical ids of the resources; none if the template cannot be read.
fn resources(template: &str) -> Vec<String> {
    if let Ok(parsed) = serde_json::from_str::<Value>(template) {
        let resources = parsed.get("Resources").and_then(Value::as_object);
        return resources.map_or_else(Vec::new, |it| it.keys().cloned().collect());
    }
    let is_text = |line: &&str| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('#')
    };
    let mut lines = template.lines().filter(is_text);
    if !lines.any(|line| line.trim_end() == "Resources:") {
        return Vec::new();
    }
    let indent = |line: &str| line.len() - line.trim_start().len();
    let below: Vec<&str> = lines.take_while(|line| indent(line) > 0).collect();
    let first = below.first().map_or(0, |line| indent(line));
    let ids = below.iter().filter(|line| indent(line) == first);
    let id = |line: &&str| {
        let id = line.split(':').next().unwrap_or_default();
        id.trim().trim_matches(['"', '\'']).to_owned()
    };
    ids.map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::TEMPLATE;

    #[test]
    fn the_template_of_this_version_is_known_whatever_its_form() {
        assert!(is_own(TEMPLATE));
        assert!(is_own(&TEMPLATE.replace('\n', "\r\n")));
        let wider: Vec<String> = TEMPLATE
            .lines()
            .map(|line| {
                let text = line.trim_start();
                format!("{}{text}", " ".repeat((line.len() - text.len()) * 2))
            })
            .collect();
        assert!(is_own(&wider.join("\n")));
        let json = serde_json::json!({
            "Parameters": { "RoleName": {}, "TrustedPrincipalArn": {}, "ExternalId": {} },
            "Resources": { "Role": { "Sid": "VpceScoutRead" } },
        });
        assert!(is_own(&json.to_string()));
    }

    #[test]
    fn every_resource_of_the_template_is_known() {
        let mut found = resources(TEMPLATE);
        found.sort_unstable();
        assert_eq!(found, RESOURCES);
    }

    #[test]
    fn a_template_that_is_another_or_holds_more_is_foreign() {
        let bucket = "Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n";
        let more = TEMPLATE.replacen("\nResources:\n", &format!("\n{bucket}"), 1);
        let flow = "Resources: { Bucket: { Type: 'AWS::S3::Bucket' } }";
        let role = "Resources:\n  Role:\n    Type: AWS::IAM::Role\n";
        for template in ["", bucket, &more, flow, role, "{}"] {
            assert!(!is_own(template), "{template}");
        }
    }
}
