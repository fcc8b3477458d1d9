//! Why something in S3 cannot be read or written, and what to do about it.

use std::{io, path::PathBuf};

use crate::{
    config::ConfigError,
    model::coverage::{Failure, Reason},
    store::StoreError,
};

/// What keeps a place in S3 from being used.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] ConfigError),
    /// The run store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A call failed.
    #[error("cannot {action} `{url}`: {}{}", described(.failure), hint(.failure))]
    Call {
        /// What was tried: write, read, list.
        action: &'static str,
        /// The object or the prefix.
        url: String,
        /// What S3 answered.
        failure: Failure,
    },
    /// The object is not the one any more that this process has read.
    #[error("`{url}` has changed since this run began")]
    Changed {
        /// The object.
        url: String,
    },
    /// The object is not there.
    #[error("there is no run store below `{url}`")]
    Missing {
        /// The prefix.
        url: String,
    },
    /// An object came with another length than it has.
    #[error("cannot read `{url}`: {got} bytes came of {expected}; try again")]
    Incomplete {
        /// The object.
        url: String,
        /// Bytes that came.
        got: u64,
        /// Bytes that it has.
        expected: u64,
    },
    /// The local copy holds a run that was not uploaded, and the object has changed meanwhile.
    #[error(
        "`{url}` has changed, and its local copy in `{}` holds runs that were not uploaded; \
         `--state-dir {}` without --state reads them, and the copy is replaced once that directory \
         is moved away", path.display(), path.display()
    )]
    Diverged {
        /// The object.
        url: String,
        /// The directory of the copy.
        path: PathBuf,
    },
    /// Another process uses the local copy, which has to be replaced.
    #[error(
        "`{url}` has changed, and another process uses its local copy in `{}`; wait for it, or \
         name another --state-dir", path.display()
    )]
    InUse {
        /// The object.
        url: String,
        /// The directory of the copy.
        path: PathBuf,
    },
    /// A local file cannot be read or written.
    #[error("cannot use `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl RemoteError {
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

/// Whether a failure means that a condition on the object was not met: it was written or removed
/// meanwhile, or is being written at the same time
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>).
pub(super) fn changed_meanwhile(failure: &Failure) -> bool {
    let code = failure.code.as_deref();
    matches!(
        code,
        Some(
            "PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey" | "OperationAborted"
        )
    )
}

/// AWS's code, request id and words, in this order.
fn described(failure: &Failure) -> String {
    let request = failure.request_id.as_deref();
    let request = request.map_or_else(String::new, |id| format!(" (request {id})"));
    match &failure.code {
        Some(code) => format!("{code}{request}: {}", failure.message),
        None => format!("{}{request}", failure.message),
    }
}

fn hint(failure: &Failure) -> &'static str {
    match failure.reason {
        Reason::AccessDenied | Reason::ScpDenied if failure.message.contains("kms:") => {
            "; the key of the bucket has to allow kms:GenerateDataKey and kms:Decrypt to these \
             credentials"
        }
        Reason::AccessDenied | Reason::ScpDenied => {
            "; `vpce-scout permissions caller-policy` with the same --out and --state prints what \
             these credentials need; the policy of the bucket and its expected owner must agree too"
        }
        Reason::BucketMissing => "; create the bucket, or name another",
        Reason::Expired => "; sign in again",
        Reason::Throttled | Reason::Unreachable => "; try again later",
        Reason::Other if failure.message.contains("credential") => {
            "; set AWS_PROFILE or another standard credential source"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_object_code_request_words_and_remedy() {
        let failure = Failure {
            reason: Reason::AccessDenied,
            code: Some("AccessDenied".to_owned()),
            message: "Access Denied".to_owned(),
            request_id: Some("r-1".to_owned()),
        };
        let error = RemoteError::Call {
            action: "write",
            url: "s3://logs/x/report.json".to_owned(),
            failure,
        };
        let text = error.to_string();
        assert!(
            text.starts_with(
                "cannot write `s3://logs/x/report.json`: AccessDenied (request r-1): Access Denied; \
                 `vpce-scout permissions caller-policy`"
            ),
            "{text}"
        );
    }
}
