//! Keeps credentials out of messages. AWS repeats what was signed when a signature is wrong, the
//! session token included.

const HIDDEN: &str = "(not shown)";
/// Header and query parameter of a session token; the token follows.
const TOKEN_NAMES: [&str; 2] = ["x-amz-security-token:", "x-amz-security-token="];
/// Letters of an access key id, `AKIA` or `ASIA` included
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>).
const KEY_ID_LENGTH: usize = 20;
/// Nothing that AWS names is so long without a hyphen, dot or colon, and every token is longer.
const TOKEN_LENGTH: usize = 100;

/// A word of a message without the credentials in it.
pub(super) fn without_secrets(word: &str) -> String {
    // ASCII lower case keeps every byte in its place.
    let lower = word.to_ascii_lowercase();
    for name in TOKEN_NAMES {
        if let Some(at) = lower.find(name) {
            return format!("{}{HIDDEN}", &word[..at + name.len()]);
        }
    }
    let in_token = |letter: char| letter.is_ascii_alphanumeric() || "+/=".contains(letter);
    let mut kept = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(letter) = rest.chars().next() {
        let end = rest
            .find(|it| in_token(it) != in_token(letter))
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        kept.push_str(if in_token(letter) && is_secret(run) {
            HIDDEN
        } else {
            run
        });
        rest = after;
    }
    kept
}

fn is_secret(run: &str) -> bool {
    let part_is_key = |part: &str| {
        part.len() == KEY_ID_LENGTH
            && (part.starts_with("AKIA") || part.starts_with("ASIA"))
            && part
                .bytes()
                .all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
    };
    run.len() >= TOKEN_LENGTH || run.split(['/', '=', '+']).any(part_is_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_key_ids_are_not_shown_and_names_are() {
        let token = "A1b/".repeat(60);
        for secret in [
            token.clone(),
            format!("X-Amz-Security-Token:{}", &token[..40]),
            "Credential=ASIAIOSFODNN7EXAMPLE/20260108/eu-west-1/ec2/aws4_request".to_owned(),
            "'AKIAIOSFODNN7EXAMPLE'".to_owned(),
        ] {
            let kept = without_secrets(&secret);
            assert!(kept.contains(HIDDEN), "{kept}");
            assert!(
                !kept.contains("A1b/A1b") && !kept.contains("EXAMPLE"),
                "{kept}"
            );
        }
        for name in [
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/route53:*",
            "i-0123456789abcdef0",
            "ASIA",
            "é",
            "",
        ] {
            assert_eq!(without_secrets(name), name);
        }
    }
}
