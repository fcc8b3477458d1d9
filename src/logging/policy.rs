//! Policy documents: ours, and whether an existing one is enough.

use serde_json::{Value, json};

use super::{
    names::{FLOW_LOGS, LOG_DELIVERY},
    observed_state::RegionState,
};

/// The longest resource policy that CloudWatch Logs takes, in characters
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html>).
pub(super) const LONGEST: usize = 5120;

/// Lets query logs be delivered to a log group: the policy that AWS itself would put there, with
/// the one group as its resource.
pub(super) fn delivery(state: &RegionState, log_group: &str) -> String {
    let (account, arn) = (state.account(), state.log_group_arn(log_group));
    let source = format!(
        "arn:{}:logs:{}:{account}:*",
        state.partition,
        state.region()
    );
    document(&json!([{
        "Sid": "VpceScoutQueryLogs",
        "Effect": "Allow",
        "Principal": { "Service": LOG_DELIVERY },
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": format!("{arn}:log-stream:*"),
        "Condition": {
            "StringEquals": { "aws:SourceAccount": account },
            "ArnLike": { "aws:SourceArn": source },
        },
    }]))
}

fn document(statements: &Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// Whether a trust policy lets VPC flow logs assume the role.
pub(super) fn trusts_flow_logs(document: &str) -> bool {
    statements(document).iter().any(|statement| {
        allows(statement, FLOW_LOGS, &["sts:AssumeRole"]) && statement.get("NotAction").is_none()
    })
}

/// Whether a policy of a role lets it write events to a log group; none if it cannot be read. Its
/// conditions are not checked.
pub(super) fn writes_events(document: &str, state: &RegionState, log_group: &str) -> Option<bool> {
    serde_json::from_str::<Value>(document).ok()?;
    let stream = format!("{}:log-stream:any", state.log_group_arn(log_group));
    let statements = statements(document);
    let mut actions = ["logs:CreateLogStream", "logs:PutLogEvents"].iter();
    Some(actions.all(|action| {
        statements.iter().any(|it| {
            let matches = |key: &str, text: &str| {
                let patterns = texts(it.get(key));
                patterns.iter().any(|pattern| fits(pattern, text))
            };
            it.get("Effect").and_then(Value::as_str) == Some("Allow")
                && matches("Action", action)
                && matches("Resource", &stream)
        })
    }))
}

/// Whether a resource policy lets query logs be delivered to a log group already. A condition that
/// is not understood is taken for one that is not met.
pub(super) fn delivers_to(document: &str, state: &RegionState, log_group: &str) -> bool {
    let stream = format!("{}:log-stream:any", state.log_group_arn(log_group));
    statements(document).iter().any(|statement| {
        allows(
            statement,
            LOG_DELIVERY,
            &["logs:CreateLogStream", "logs:PutLogEvents"],
        ) && texts(statement.get("Resource"))
            .iter()
            .any(|pattern| fits(pattern, &stream))
            && conditions_met(statement.get("Condition"), state)
    })
}

pub(super) fn statements(document: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    match document.get("Statement") {
        Some(Value::Array(all)) => all.clone(),
        Some(one @ Value::Object(_)) => vec![one.clone()],
        _ => Vec::new(),
    }
}

pub(super) fn allows(statement: &Value, service: &str, actions: &[&str]) -> bool {
    let principal = statement.get("Principal");
    let services = texts(principal.and_then(|it| it.get("Service")));
    let patterns = texts(statement.get("Action"));
    statement.get("Effect").and_then(Value::as_str) == Some("Allow")
        && (principal.and_then(Value::as_str) == Some("*") || services.contains(&service))
        && actions
            .iter()
            .all(|action| patterns.iter().any(|pattern| fits(pattern, action)))
}

fn conditions_met(conditions: Option<&Value>, state: &RegionState) -> bool {
    let Some(conditions) = conditions else {
        return true;
    };
    let (account, region) = (state.account(), state.region());
    let source = format!(
        "arn:{}:logs:{region}:{account}:delivery-source:any",
        state.partition
    );
    let met = |key: &str, wanted: &Value| {
        let actual = match key.to_ascii_lowercase().as_str() {
            "aws:sourceaccount" => account.as_str(),
            "aws:sourcearn" => &source,
            _ => return false,
        };
        texts(Some(wanted))
            .iter()
            .any(|pattern| fits(pattern, actual))
    };
    conditions.as_object().is_some_and(|operators| {
        operators.iter().all(|(operator, keys)| {
            let known = ["StringEquals", "StringLike", "ArnLike", "ArnEquals"];
            known.contains(&operator.as_str())
                && keys
                    .as_object()
                    .is_some_and(|keys| keys.iter().all(|(key, wanted)| met(key, wanted)))
        })
    })
}

/// A text or a list of texts.
pub(super) fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// IAM's patterns: `*` for any text, `?` for one character.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut seen, mut star) = (0, 0, None);
    while seen < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(byte) if *byte == b'?' || Some(byte) == text.get(seen) => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((back, from)) => {
                    at = back + 1;
                    seen = from + 1;
                    star = Some((back, seen));
                }
                None => return false,
            },
        }
    }
    pattern
        .get(at..)
        .is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::target::Target;

    fn state() -> RegionState {
        let target = Target {
            account_id: "123456789012".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        RegionState::new(target, "aws")
    }

    #[test]
    fn our_own_policy_does_and_is_far_below_the_limit() {
        let ours = delivery(&state(), "/aws/vendedlogs/vpce-scout/dns");
        assert!(delivers_to(
            &ours,
            &state(),
            "/aws/vendedlogs/vpce-scout/dns"
        ));
        assert!(!delivers_to(&ours, &state(), "/aws/vendedlogs/other"));
        assert!(ours.len() < LONGEST / 8, "{}", ours.len());
    }

    #[test]
    fn a_policy_of_another_account_or_with_an_unknown_condition_does_not_do() {
        let policy = |condition: Value| {
            document(
                &json!([{ "Effect": "Allow", "Principal": { "Service": [LOG_DELIVERY] },
                "Action": "logs:*", "Resource": ["arn:aws:logs:*:*:log-group:/aws/vendedlogs/*"],
                "Condition": condition }]),
            )
        };
        let group = "/aws/vendedlogs/x";
        let account = |id: &str| json!({ "StringEquals": { "aws:SourceAccount": [id] } });
        assert!(delivers_to(
            &policy(account("123456789012")),
            &state(),
            group
        ));
        assert!(!delivers_to(
            &policy(account("210987654321")),
            &state(),
            group
        ));
        let odd = json!({ "Bool": { "aws:SecureTransport": "true" } });
        assert!(!delivers_to(&policy(odd), &state(), group));
        let deny = policy(account("123456789012")).replace("Allow", "Deny");
        assert!(!delivers_to(&deny, &state(), group));
        assert!(!delivers_to("no json", &state(), group));
    }

    #[test]
    fn a_delivery_role_must_trust_flow_logs_and_write_to_the_log_group() {
        let trust = |service: &str| {
            document(
                &json!([{ "Effect": "Allow", "Principal": { "Service": service },
                "Action": "sts:AssumeRole" }]),
            )
        };
        assert!(trusts_flow_logs(&trust(FLOW_LOGS)));
        assert!(!trusts_flow_logs(&trust("ec2.amazonaws.com")));
        let policy = |actions: &[&str], resource: &str| {
            document(&json!([{ "Effect": "Allow", "Action": actions, "Resource": resource }]))
        };
        let group = "/aws/vendedlogs/vpce-scout/flow";
        let both = ["logs:CreateLogStream", "logs:PutLogEvents"];
        let own = "arn:aws:logs:*:123456789012:log-group:/aws/vendedlogs/vpce-scout/*";
        assert_eq!(
            writes_events(&policy(&both, own), &state(), group),
            Some(true)
        );
        assert_eq!(
            writes_events(&policy(&["logs:*"], "*"), &state(), group),
            Some(true)
        );
        assert_eq!(
            writes_events(&policy(&both, own), &state(), "/other"),
            Some(false)
        );
        assert_eq!(
            writes_events(&policy(&both[..1], "*"), &state(), group),
            Some(false)
        );
        assert_eq!(writes_events("no json", &state(), group), None);
    }

    #[test]
    fn patterns_are_those_of_iam() {
        for (pattern, text, expected) in [
            ("*", "anything", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("a?c", "abc", true),
            ("a*b*c", "aXbXbXc", true),
            ("", "a", false),
            ("a", "", false),
            ("a**", "a", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
