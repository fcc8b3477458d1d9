//! What endpoint policies let through, simulated.

use serde_json::{Value, json};

use super::*;

/// A request: action, resource, and the values of condition keys that are there.
struct Request<'r> {
    action: &'r str,
    resource: &'r str,
    keys: Value,
}

/// Whether the policy lets a request through: some statement allows it, and there is none that denies
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>).
fn allows(policy: &Value, request: &Request<'_>) -> bool {
    let statements = policy["Statement"].as_array().unwrap();
    statements.iter().any(|statement| {
        assert_eq!(
            (&statement["Effect"], &statement["Principal"]),
            (&json!("Allow"), &json!("*"))
        );
        let any = |field: &str, value: &str| {
            let patterns = statement[field].as_array().unwrap();
            patterns
                .iter()
                .any(|it| matches(it.as_str().unwrap(), value))
        };
        any("Action", request.action)
            && any("Resource", request.resource)
            && met(&statement["Condition"], &request.keys)
    })
}

/// Every key of every operator has to be there with the value.
fn met(condition: &Value, keys: &Value) -> bool {
    let Some(operators) = condition.as_object() else {
        return true;
    };
    operators.iter().all(|(operator, wanted)| {
        assert!(
            ["StringEquals", "Bool"].contains(&operator.as_str()),
            "{operator}"
        );
        let mut wanted = wanted.as_object().unwrap().iter();
        wanted.all(|(key, value)| &keys[key] == value)
    })
}

/// `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len()).any(|at| text.get(at..).is_some_and(|text| matches(rest, text)))
        }),
    }
}

fn keys(principal: &str, resource: &str, is_service: bool) -> Value {
    json!({
        "aws:PrincipalOrgID": principal,
        "aws:ResourceOrgID": resource,
        "aws:PrincipalIsAWSService": is_service.to_string(),
    })
}

const OWN: &str = "o-exampleorgid";
const OTHER: &str = "o-someoneelse";

#[test]
fn a_principal_or_a_resource_of_another_organization_is_denied() {
    let services = [
        ("s3", "s3:PutObject", "arn:aws:s3:::some-bucket/key"),
        ("s3", "s3:GetObject", "arn:aws:s3:::some-bucket/key"),
        (
            "dynamodb",
            "dynamodb:GetItem",
            "arn:aws:dynamodb:eu-west-1:1:table/t",
        ),
        ("kms", "kms:Decrypt", "arn:aws:kms:eu-west-1:1:key/k"),
        ("sts", "sts:GetCallerIdentity", "*"),
        (
            "ecr.api",
            "ecr:PutImage",
            "arn:aws:ecr:eu-west-1:1:repository/r",
        ),
        (
            "secretsmanager",
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:eu-west-1:1:secret:s",
        ),
        (
            "ssm",
            "ssm:GetParameter",
            "arn:aws:ssm:eu-west-1:1:parameter/p",
        ),
    ];
    for (service, action, resource) in services {
        let policy = document(service, &"eu-west-1".parse().unwrap());
        let policy = with_organization(&policy, &json!(OWN));
        let request = |keys: Value| Request {
            action,
            resource,
            keys,
        };
        let passes = |keys: Value| allows(&policy, &request(keys));
        assert!(passes(keys(OWN, OWN, false)), "{service} {action}");
        assert!(!passes(keys(OTHER, OWN, false)), "{service} {action}");
        assert!(!passes(keys(OWN, OTHER, false)), "{service} {action}");
        assert!(!passes(keys(OTHER, OTHER, false)), "{service} {action}");
        // Who has signed with nothing has no organization.
        assert!(!passes(json!({})), "{service} {action}");
        assert!(
            passes(keys(OTHER, OTHER, true)),
            "AWS services act: {service}"
        );
    }
}

#[test]
fn without_an_identity_only_what_aws_owns_can_be_read() {
    let policy = document("s3", &"eu-west-1".parse().unwrap());
    let policy = with_organization(&policy, &json!(OWN));
    let passes = |action: &str, bucket: &str| {
        let resource = &format!("arn:aws:s3:::{bucket}/key");
        allows(
            &policy,
            &Request {
                action,
                resource,
                keys: json!({}),
            },
        )
    };
    assert!(passes(
        "s3:GetObject",
        "prod-eu-west-1-starport-layer-bucket"
    ));
    assert!(!passes(
        "s3:PutObject",
        "prod-eu-west-1-starport-layer-bucket"
    ));
    assert!(!passes(
        "s3:GetObject",
        "prod-eu-west-1-starport-layer-bucket-of-mine"
    ));
}

fn of(service: &str, region: &str) -> Value {
    document(service, &region.parse().unwrap())
}

#[test]
fn every_policy_names_the_organization_and_s3_lets_image_layers_through() {
    let kms = of("kms", "eu-west-1");
    let statements = kms["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 2);
    assert_eq!(
        statements[0]["Condition"]["StringEquals"],
        json!({ "aws:PrincipalOrgID": ORGANIZATION, "aws:ResourceOrgID": ORGANIZATION })
    );
    let s3 = of("s3", "cn-north-1").to_string();
    assert!(
        s3.contains("arn:aws-cn:s3:::prod-cn-north-1-starport-layer-bucket/*"),
        "{s3}"
    );
    assert!(
        s3.contains("cloudformation-custom-resource-response-cnnorth1/*"),
        "{s3}"
    );
    assert!(!s3.contains("REGION") && !s3.contains("PARTITION"), "{s3}");
}

#[test]
fn each_statement_has_an_id_that_iam_takes() {
    for service in ["s3", "sts", "ecr.api", "ssm", "ec2", "lambda"] {
        for statement in of(service, "eu-west-1")["Statement"].as_array().unwrap() {
            let sid = statement["Sid"].as_str().unwrap();
            assert!(
                sid.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                "{sid}"
            );
        }
    }
}

#[test]
fn every_resource_is_of_the_partition_of_the_region() {
    for (region, partition) in [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
    ] {
        for service in ["s3", "sts", "ecr.api", "ssm", "ec2", "lambda"] {
            let text = of(service, region).to_string();
            let own = format!("arn:{partition}:");
            assert_eq!(
                text.matches("arn:").count(),
                text.matches(&own).count(),
                "{text}"
            );
        }
    }
}
