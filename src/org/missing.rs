//! Answers that lack what they should hold.

use crate::{
    aws::{attempts::count_unusable, error::one_line},
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

/// The usable items of a page. An item that lacks a required field costs itself alone: it is left
/// out, and counted for a remark on the step.
#[derive(Debug)]
pub struct Items<T>(Vec<T>);

impl<T> FromIterator<Result<T, MissingField>> for Items<T> {
    fn from_iter<I: IntoIterator<Item = Result<T, MissingField>>>(items: I) -> Self {
        let usable = items.into_iter().filter_map(|item| match item {
            Ok(item) => Some(item),
            Err(missing) => {
                count_unusable(missing.0);
                None
            }
        });
        Self(usable.collect())
    }
}

impl<T> Items<T> {
    /// The usable items.
    pub(super) fn into_vec(self) -> Vec<T> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_that_lacks_a_field_costs_itself_alone() {
        let answers = [Some(1), None, Some(3)];
        let page = answers.into_iter().map(|it| required(it, "Item.Id"));
        let kept: Items<i32> = page.collect();
        assert_eq!(kept.into_vec(), [1, 3]);
    }
}
