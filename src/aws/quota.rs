//! `LimitExceededException` is a quota that is used up, which no repeat within seconds helps against. The
//! SDK takes it for throttling, because a few services mean that by it, and would spend an account's
//! retries on it. Only StartQuery is worth another try, once a query has ended: `usage` waits for that.

use aws_smithy_runtime_api::client::{
    interceptors::context::InterceptorContext,
    orchestrator::HttpResponse,
    retries::classifiers::{ClassifyRetry, RetryAction},
};
use serde::Deserialize;

/// The error code.
pub const LIMIT_EXCEEDED: &str = "LimitExceededException";

/// Where the JSON protocols of AWS have an error's code.
/// <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization>
const CODE_HEADER: &str = "x-amzn-errortype";

/// Forbids the SDK to repeat what a quota refused; every client carries it.
#[derive(Debug)]
pub struct QuotaIsNoThrottling;

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "__type")]
    code: Option<String>,
}

impl ClassifyRetry for QuotaIsNoThrottling {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(response) = context.response().filter(|it| !it.status().is_success()) else {
            return RetryAction::NoActionIndicated;
        };
        if error_code(response).is_some_and(|code| code == LIMIT_EXCEEDED) {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "quota is no throttling"
    }
}

/// The error code of an answer: from its header, a body of JSON, or one of XML.
pub(super) fn error_code(response: &HttpResponse) -> Option<String> {
    let in_header = response.headers().get(CODE_HEADER).map(str::to_owned);
    let code = in_header.or_else(|| {
        let bytes = response.body().bytes()?;
        if let Ok(body) = serde_json::from_slice::<Body>(bytes) {
            return body.code;
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let (_, rest) = text.split_once("<Code>")?;
        rest.split_once("</Code>").map(|(code, _)| code.to_owned())
    });
    code.map(|code| bare(&code).to_owned())
}

/// A code without its namespace before and the link after it: `a.b#Code:https://..`.
fn bare(code: &str) -> &str {
    let code = code.rsplit_once('#').map_or(code, |(_, code)| code);
    code.split_once(':').map_or(code, |(code, _)| code).trim()
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::interceptors::context::Input;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn verdict(status: u16, header: Option<&'static str>, body: &str) -> RetryAction {
        let mut response =
            HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_owned()));
        if let Some(code) = header {
            response.headers_mut().insert(CODE_HEADER, code);
        }
        let mut context = InterceptorContext::new(Input::doesnt_matter());
        context.enter_serialization_phase();
        let _ = context.take_input();
        context.set_request(aws_smithy_runtime_api::http::Request::empty());
        context.enter_before_transmit_phase();
        context.enter_transmit_phase();
        let _ = context.take_request();
        context.set_response(response);
        context.enter_before_deserialization_phase();
        QuotaIsNoThrottling.classify_retry(&context)
    }

    #[test]
    fn what_a_quota_refused_is_not_repeated_whichever_way_it_is_reported() {
        for (header, body) in [
            (Some("LimitExceededException"), ""),
            (Some("LimitExceededException:http://internal/"), "{}"),
            (None, r#"{"__type":"LimitExceededException"}"#),
            (
                None,
                r#"{"__type":"com.amazonaws.logs#LimitExceededException","message":"m"}"#,
            ),
        ] {
            assert_eq!(
                verdict(400, header, body),
                RetryAction::RetryForbidden,
                "{header:?} {body}"
            );
        }
    }

    #[test]
    fn all_else_is_left_to_the_sdk() {
        for (status, header, body) in [
            (400, Some("ThrottlingException"), ""),
            (400, None, r#"{"__type":"ThrottlingException"}"#),
            // A text that names the code is not the code.
            (
                400,
                None,
                r#"{"__type":"Other","message":"LimitExceededException"}"#,
            ),
            (503, None, "garbage"),
            (200, None, r#"{"__type":"LimitExceededException"}"#),
        ] {
            assert_eq!(
                verdict(status, header, body),
                RetryAction::NoActionIndicated,
                "{body}"
            );
        }
    }
}
