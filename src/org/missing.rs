//! Answers that lack what they should hold.

use crate::{
    aws::error::one_line,
    model::coverage::{Failure, Reason},
};

/// An answer without a field that the resource cannot do without, or with an unusable one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer holds a resource with no usable `{0}`")]
pub struct MissingField(pub &'static str);

impl From<MissingField> for Failure {
    fn from(missing: MissingField) -> Self {
        Self::new(Reason::InvalidResponse, one_line(&missing.to_string()))
    }
}

/// A required field of an answer.
pub fn required<T>(field: Option<T>, name: &'static str) -> Result<T, MissingField> {
    field.ok_or(MissingField(name))
}
