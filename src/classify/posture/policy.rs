//! Whether the policy of an endpoint lets everyone do everything.

use serde_json::Value;

use super::context::{PostureContext, Subject};

/// Unknown where the service is not known to take policies, or the policy cannot be read.
///
/// An endpoint without a policy of its own has the default one, full access
/// (<https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>).
pub(super) fn full_access(context: &PostureContext<'_>, subject: Subject<'_>) -> Option<bool> {
    let offered = context.offered(subject.endpoint)?;
    if offered.policy_supported != Some(true) {
        return None;
    }
    match &subject.endpoint.policy {
        None => Some(true),
        Some(document) => is_full_access(document),
    }
}

/// A statement that denies anything makes it a policy that somebody has thought about.
fn is_full_access(document: &str) -> Option<bool> {
    let document: Value = serde_json::from_str(document).ok()?;
    let statements = match document.get("Statement")? {
        Value::Array(statements) => statements.as_slice(),
        one => std::slice::from_ref(one),
    };
    let effect = |it: &Value, word| it["Effect"] == word;
    let any_denies = statements.iter().any(|it| effect(it, "Deny"));
    let allows_all = |it: &Value| {
        effect(it, "Allow")
            && it.get("Condition").is_none_or(is_empty)
            && (is_star(&it["Principal"]) || is_star(&it["Principal"]["AWS"]))
            && is_star(&it["Action"])
            && is_star(&it["Resource"])
    };
    Some(!any_denies && statements.iter().any(allows_all))
}

/// `*`, alone or in a list.
fn is_star(value: &Value) -> bool {
    match value {
        Value::String(text) => text == "*",
        Value::Array(items) => items.iter().any(is_star),
        _ => false,
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_access_is_everyone_everything_everywhere_and_no_deny() {
        let allow = r#""Effect":"Allow","Principal":"*","Action":"*","Resource":"*""#;
        let cases = [
            (format!(r#"{{"Statement":[{{{allow}}}]}}"#), Some(true)),
            (format!(r#"{{"Statement":{{{allow}}}}}"#), Some(true)),
            (format!(r#"{{"Statement":[{{{allow},"Condition":{{}}}}]}}"#), Some(true)),
            (
                r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["*"],"Resource":["*"]}]}"#.into(),
                Some(true),
            ),
            (
                format!(r#"{{"Statement":[{{{allow},"Condition":{{"StringEquals":{{"aws:PrincipalOrgID":"o-1"}}}}}}]}}"#),
                Some(false),
            ),
            (
                format!(r#"{{"Statement":[{{{allow}}},{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}]}}"#),
                Some(false),
            ),
            (
                r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}"#.into(),
                Some(false),
            ),
            (r#"{"Statement":[]}"#.into(), Some(false)),
            ("{}".into(), None),
            ("not json".into(), None),
        ];
        for (document, expected) in cases {
            assert_eq!(is_full_access(&document), expected, "{document}");
        }
    }
}
