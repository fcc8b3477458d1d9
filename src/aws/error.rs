//! From the SDK's errors to [`Failure`]: by error code, and by status where there is no code.
//!
//! The one look at a message's text distinguishes a service control policy from other denials: AWS has no
//! code for it, but the words "with an explicit deny in a service control policy".

use std::error::Error;

use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::Headers,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{circuit_breaker::Unresponsive, secret::without_secrets};
use crate::model::{
    coverage::{Failure, Reason},
    text::is_unprintable,
};

/// The longest message that is kept, in characters.
const LONGEST_MESSAGE: usize = 600;

/// Codes and what they mean, from the services' API references; the throttling codes are those of
/// botocore's `_retry.json`, less `LimitExceededException`, which is a real quota in most services.
const CODES: &[(Reason, &[&str])] = &[
    (
        Reason::AccessDenied,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "AuthFailure",
            "AuthorizationError",
            "InvalidClientTokenId",
            "UnauthorizedOperation",
            "UnrecognizedClientException",
        ],
    ),
    (
        Reason::RegionDisabled,
        &["OptInRequired", "RegionDisabledException"],
    ),
    (
        Reason::Throttled,
        &[
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
            "TransactionInProgressException",
        ],
    ),
    (
        Reason::Expired,
        &[
            "ExpiredToken",
            "ExpiredTokenException",
            "RequestExpired",
            "TokenRefreshRequired",
        ],
    ),
    (
        Reason::Unreachable,
        &[
            "InternalError",
            "InternalFailure",
            "InternalServerError",
            "InternalServiceError",
            "InternalServiceErrorException",
            "RequestTimeout",
            "RequestTimeoutException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "Unavailable",
        ],
    ),
    (Reason::BucketMissing, &["NoSuchBucket"]),
    (Reason::Archived, &["InvalidObjectState"]),
];

/// The class of an error code; none if the code is not in the table.
pub fn reason_of_code(code: &str) -> Option<Reason> {
    CODES
        .iter()
        .find(|(_, codes)| codes.contains(&code))
        .map(|(reason, _)| *reason)
}

/// Whether a code means that a resource does not exist.
pub fn is_not_found(failure: &Failure) -> bool {
    failure.code.as_deref() == Some("ResourceNotFoundException")
}

/// Whether a failure means that a resource does not exist, by the code of any service.
pub fn is_absent(failure: &Failure) -> bool {
    const CODES: [&str; 4] = [
        "NoSuchEntity",
        "NoSuchEntityException",
        "ResourceNotFoundException",
        "UnknownResourceException",
    ];
    let code = failure.code.as_deref();
    code.is_some_and(|code| CODES.contains(&code))
}

/// Reads what the SDK reports.
pub fn failure<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(context) => service_failure(
            context.err(),
            context.raw().status().as_u16(),
            context.raw().headers(),
        ),
        SdkError::ResponseError(context) => unread(error, context.raw()),
        SdkError::TimeoutError(_) => Failure::new(
            Reason::Unreachable,
            one_line(&format!("no answer in time: {}", chain(error))),
        ),
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => undelivered(error),
        _ => Failure::new(Reason::Other, one_line(&chain(error))),
    }
}

fn service_failure<E>(error: &E, status: u16, headers: &Headers) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let code = error.code().map(one_line).filter(|code| !code.is_empty());
    let words = one_line(error.message().unwrap_or_default());
    let by_code = code.as_deref().and_then(reason_of_code);
    let reason = match by_code.or_else(|| reason_of_status(status)) {
        Some(Reason::AccessDenied) if words.contains("service control policy") => Reason::ScpDenied,
        Some(reason) => reason,
        None if code.is_none() => Reason::InvalidResponse,
        None => Reason::Other,
    };
    let message = match (words.as_str(), &code) {
        ("", Some(code)) => format!("refused with {code} (HTTP {status})"),
        ("", None) => format!(
            "the answer (HTTP {status}) is not understood: {}",
            chain(error)
        ),
        (words, _) => words.to_owned(),
    };
    Failure {
        reason,
        code,
        message: one_line(&message),
        request_id: request_id(headers),
    }
}

/// An answer that could not be read, or that did not come to its end: a body is kept in memory once it
/// is whole.
fn unread<E>(error: &SdkError<E, HttpResponse>, answer: &HttpResponse) -> Failure
where
    E: Error + 'static,
{
    let status = answer.status().as_u16();
    let (reason, what) = match answer.body().bytes() {
        Some(_) => (Reason::InvalidResponse, "is not understood"),
        None => (Reason::Unreachable, "broke off"),
    };
    Failure {
        reason: reason_of_status(status).unwrap_or(reason),
        code: None,
        message: one_line(&format!(
            "the answer (HTTP {status}) {what}: {}",
            chain(error)
        )),
        request_id: request_id(answer.headers()),
    }
}

/// A call that never left: no connection, or no credentials to sign it with.
fn undelivered<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(inner) = cause {
        if let Some(refusal) = inner.downcast_ref::<RoleRefused>() {
            return refusal.0.clone();
        }
        if inner.is::<Unresponsive>() {
            return Failure::new(Reason::Unreachable, inner.to_string());
        }
        cause = inner.source();
    }
    let reason = match error {
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
            Reason::Unreachable
        }
        SdkError::DispatchFailure(failure) if failure.as_other().is_some() => Reason::Unreachable,
        _ => Reason::Other,
    };
    Failure::new(
        reason,
        one_line(&format!("not delivered: {}", chain(error))),
    )
}

/// A refusal by STS on its way through the SDK's credential machinery, which would make it a
/// dispatch failure of the call that needed the credentials.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RoleRefused(pub Failure);

fn reason_of_status(status: u16) -> Option<Reason> {
    match status {
        429 | 509 => Some(Reason::Throttled),
        500..=599 => Some(Reason::Unreachable),
        401 | 403 => Some(Reason::AccessDenied),
        _ => None,
    }
}

fn request_id(headers: &Headers) -> Option<String> {
    ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"]
        .iter()
        .find_map(|name| headers.get(*name))
        .map(str::to_owned)
}

/// An error and its causes, each of them once.
fn chain(error: &dyn Error) -> String {
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !chain.contains(&text) {
            chain = format!("{chain}: {text}");
        }
        cause = inner.source();
    }
    chain
}

/// AWS's text as one line of bounded length without control characters and credentials.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(LONGEST_MESSAGE));
    for word in text
        .split(|it: char| it.is_whitespace() || is_unprintable(it))
        .filter(|it| !it.is_empty())
    {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&without_secrets(word));
    }
    if let Some((end, _)) = line.char_indices().nth(LONGEST_MESSAGE) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::{error::ErrorMetadata, operation::describe_vpcs::DescribeVpcsError};
    use aws_smithy_types::body::SdkBody;

    fn refused(status: u16, code: Option<&str>, message: &str) -> Failure {
        let mut meta = ErrorMetadata::builder().message(message);
        if let Some(code) = code {
            meta = meta.code(code);
        }
        let error = DescribeVpcsError::generic(meta.build());
        let mut raw = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
        raw.headers_mut().insert("x-amzn-requestid", "r-1");
        failure(&SdkError::service_error(error, raw))
    }

    #[test]
    fn a_code_decides_before_the_status_does() {
        for (status, code, message, expected) in [
            (
                403,
                Some("UnauthorizedOperation"),
                "no",
                Reason::AccessDenied,
            ),
            (
                403,
                Some("UnauthorizedOperation"),
                "… with an explicit deny in a service control policy",
                Reason::ScpDenied,
            ),
            (503, Some("RequestLimitExceeded"), "slow", Reason::Throttled),
            (400, Some("Throttling"), "Rate exceeded", Reason::Throttled),
            (400, Some("RequestExpired"), "late", Reason::Expired),
            (400, Some("InvalidVpcID.NotFound"), "gone", Reason::Other),
            (503, None, "", Reason::Unreachable),
            (403, None, "", Reason::AccessDenied),
            (200, None, "", Reason::InvalidResponse),
        ] {
            let failure = refused(status, code, message);
            assert_eq!(failure.reason, expected, "{status} {code:?}");
            assert_eq!(failure.request_id.as_deref(), Some("r-1"));
            assert!(!failure.message.is_empty());
        }
    }

    #[test]
    fn a_limit_of_a_service_is_not_taken_for_throttling() {
        assert_eq!(reason_of_code("LimitExceededException"), None);
    }

    #[test]
    fn messages_lose_line_breaks_escapes_and_excess() {
        assert_eq!(one_line("a\nb\u{1b}[31mc\t d\u{202e}e"), "a b [31mc d e");
        assert!(one_line(&"x".repeat(5000)).chars().count() <= LONGEST_MESSAGE + 1);
    }

    proptest::proptest! {
        #[test]
        fn any_refusal_has_a_reason_and_one_bounded_line(
            status in 100_u16..1000,
            code in proptest::option::of(".*"),
            message in ".*",
        ) {
            let failure = refused(status, code.as_deref(), &message);
            proptest::prop_assert!(!failure.message.is_empty());
            proptest::prop_assert!(!failure.message.contains(is_unprintable));
            proptest::prop_assert!(failure.message.chars().count() <= LONGEST_MESSAGE + 1);
        }
    }
}
