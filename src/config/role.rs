//! Checking what names a role: a name alone, or an ARN.

use std::fmt::Display;

use super::{ConfigError, parse};
use crate::model::id::Arn;

/// The longest path and name together
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>).
const LONGEST: usize = 512 + 64;

/// Refuses what can be no role's name, such as its ARN: each account would be called in vain. A path
/// may stand before the name.
pub(super) fn check_name(setting: &dyn Display, name: &str) -> Result<(), ConfigError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&byte);
    let rooted = name.starts_with('/') || name.ends_with('/');
    if name.is_empty() || name.len() > LONGEST || rooted || !name.bytes().all(allowed) {
        let hint = "expected the name of the role alone, without ARN: letters, digits and +=,.@_-, as in \
                    vpce-scout-read";
        return Err(ConfigError::value(setting, name, hint));
    }
    Ok(())
}

/// Refuses an external id that STS takes from nobody: every account would be called in vain. It is not shown
/// (2 to 1,224 letters, digits and `+=,.@:/-_`:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
pub(super) fn check_external_id(setting: &dyn Display, id: &str) -> Result<(), ConfigError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@:/-_".contains(&byte);
    if id.is_empty() || ((2..=1224).contains(&id.len()) && id.bytes().all(allowed)) {
        return Ok(());
    }
    let hint = "expected 2 to 1224 letters, digits and +=,.@:/-_";
    Err(ConfigError::value(setting, "(not shown)", hint))
}

/// The ARN of a role.
pub(super) fn arn(setting: &dyn Display, text: &str) -> Result<Arn, ConfigError> {
    let arn: Arn = parse(setting, text)?;
    let named = arn.resource().strip_prefix("role/");
    if arn.service() == "iam" && named.is_some_and(|name| !name.is_empty()) {
        return Ok(arn);
    }
    let hint = "expected the ARN of a role, as in arn:aws:iam::123456789012:role/reader";
    Err(ConfigError::value(setting, text, hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_named_without_its_arn_and_perhaps_with_its_path() {
        for name in ["vpce-scout-read", "a", "team/readers/x+=,.@_-"] {
            assert!(check_name(&"--role-name", name).is_ok(), "{name}");
        }
        let long = "x".repeat(LONGEST + 1);
        for odd in [
            "",
            " ",
            "two words",
            "/x",
            "arn:aws:iam::123456789012:role/x",
            "r\u{e9}",
            &long,
        ] {
            assert!(check_name(&"--role-name", odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn an_external_id_that_sts_refuses_is_refused_without_being_shown() {
        let longest = "x".repeat(1224);
        for id in ["", "ab", "s3cret/of:us+=,.@-_", &longest] {
            assert!(check_external_id(&"--external-id", id).is_ok(), "{id}");
        }
        let long = "x".repeat(1225);
        for odd in ["a", "two words", "s3cret\u{e9}", &long] {
            let error = check_external_id(&"--external-id", odd).unwrap_err();
            let error = error.to_string();
            let shown = odd.len() > 1 && error.contains(odd);
            assert!(error.contains("--external-id") && !shown, "{error}");
        }
    }

    #[test]
    fn only_a_role_can_be_assumed() {
        assert!(
            arn(
                &"--org-role-arn",
                "arn:aws-cn:iam::123456789012:role/path/x"
            )
            .is_ok()
        );
        for odd in [
            "x",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:sts::123456789012:assumed-role/x/y",
        ] {
            assert!(arn(&"--org-role-arn", odd).is_err(), "{odd}");
        }
    }
}
