//! One IAM role by its name: its trust policy, its tags and one of its inline policies.

use percent_encoding::percent_decode_str;

use crate::{
    aws::{error::is_absent, pace::Api},
    model::{coverage::Failure, id::Arn, logging::resource::DeliveryRole},
    org::session::{Session, required},
};

/// IAM actions that this needs.
pub const ACTIONS: &[&str] = &["iam:GetRole", "iam:GetRolePolicy"];

/// IAM limits its calls by account; they are paced like the calls that change something.
const IAM: Api = Api::Change("IAM");

/// A role with its inline policy `policy_name`; none if the role does not exist.
///
/// # Errors
///
/// If a call fails, or the role has no ARN.
pub async fn find(
    session: &Session,
    name: &str,
    policy_name: &str,
) -> Result<Option<DeliveryRole>, Failure> {
    let client = session.iam();
    let call = client.get_role().role_name(name);
    let answer = session.call(IAM, || call.clone().send());
    let role = match answer.await {
        Ok(answer) => answer.role,
        Err(failure) if is_absent(&failure) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let role = required(role, "GetRole.Role")?;
    let arn: Option<Arn> = role.arn().parse().ok();
    let call = client
        .get_role_policy()
        .role_name(name)
        .policy_name(policy_name);
    let policy = session.call(IAM, || call.clone().send());
    let policy = match policy.await {
        Ok(answer) => Some(decoded(answer.policy_document())),
        Err(failure) if is_absent(&failure) => None,
        Err(failure) => return Err(failure),
    };
    let tags = role.tags().iter();
    Ok(Some(DeliveryRole {
        name: name.to_owned(),
        arn: required(arn, "Role.Arn")?,
        tags: tags
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect(),
        trust_policy: decoded(role.assume_role_policy_document().unwrap_or_default()),
        policy,
    }))
}

/// IAM writes documents in percent-encoding (RFC 3986).
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_iam_are_read_whether_encoded_or_not() {
        assert_eq!(decoded("%7B%22a%22%3A%20%22%C3%A9%22%7D"), "{\"a\": \"é\"}");
        assert_eq!(decoded("{\"a\": 1}"), "{\"a\": 1}");
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%zz"), "%zz");
    }
}
