//! What the process learns from every answer of AWS: how many there were, how many throttled, and
//! how far the clock of this machine is from that of AWS.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

use super::quota::error_code;

static REQUESTS: AtomicU64 = AtomicU64::new(0);
static THROTTLED: AtomicU64 = AtomicU64::new(0);
/// Seconds that this machine is ahead; the smallest number while nothing is known.
static AHEAD: AtomicI64 = AtomicI64::new(i64::MIN);

/// Words of the codes by which AWS throttles, as in the table of [`super::error`].
const WORDS: [&str; 7] = [
    "Throttl",
    "RequestLimitExceeded",
    "TooManyRequests",
    "SlowDown",
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
];

/// Counts a request that is sent.
pub(super) fn count_request() {
    REQUESTS.fetch_add(1, Ordering::Relaxed);
}

/// Reads an answer, also one that refuses the request.
pub(super) fn read_answer(answer: &HttpResponse, now: Timestamp) {
    if is_throttling(answer) {
        THROTTLED.fetch_add(1, Ordering::Relaxed);
    }
    if let Some(ahead) = answer.headers().get("date").and_then(|it| ahead(it, now)) {
        AHEAD.store(ahead.as_secs(), Ordering::Relaxed);
    }
}

/// HTTP requests of this process, repeats included, and how many of them were throttled.
pub fn counts() -> (u64, u64) {
    (
        REQUESTS.load(Ordering::Relaxed),
        THROTTLED.load(Ordering::Relaxed),
    )
}

/// How far the clock of this machine is ahead of that of AWS; none before the first answer.
pub fn clock_ahead() -> Option<SignedDuration> {
    let seconds = AHEAD.load(Ordering::Relaxed);
    (seconds != i64::MIN).then(|| SignedDuration::from_secs(seconds))
}

/// How far `now` is ahead of a Date header, to the second.
fn ahead(header: &str, now: Timestamp) -> Option<SignedDuration> {
    let there = rfc2822::DateTimeParser::new()
        .parse_timestamp(header)
        .ok()?;
    Some(now.duration_since(there))
}

fn is_throttling(answer: &HttpResponse) -> bool {
    let status = answer.status();
    if status.is_success() {
        return false;
    }
    let code = error_code(answer);
    let by_code = code.is_some_and(|code| WORDS.iter().any(|word| code.contains(word)));
    by_code || status.as_u16() == 429
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn answer(status: u16, body: &str) -> HttpResponse {
        HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_owned()))
    }

    #[test]
    fn throttling_is_known_by_its_code_in_every_protocol() {
        for (status, body, throttling) in [
            (
                503,
                "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>",
                true,
            ),
            (
                400,
                r#"{"__type":"com.amazonaws#ThrottlingException"}"#,
                true,
            ),
            (429, "", true),
            (400, r#"{"__type":"AccessDeniedException"}"#, false),
            (503, "", false),
            (200, "Throttling", false),
        ] {
            assert_eq!(is_throttling(&answer(status, body)), throttling, "{body}");
        }
    }

    #[test]
    fn the_clock_is_read_from_the_date_of_an_answer() {
        let now = "2026-01-08T00:10:00Z".parse().unwrap();
        let found = ahead("Thu, 08 Jan 2026 00:00:00 GMT", now);
        assert_eq!(found, Some(SignedDuration::from_mins(10)));
        assert_eq!(ahead("yesterday", now), None);
    }
}
