//! Texts that many things have in common, such as names of services: kept once, and shared.

use std::{borrow::Borrow, cell::RefCell, fmt, ops::Deref, sync::Arc};

use hashbrown::HashSet;

/// A text whose copies share its bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SharedText(Arc<str>);

impl SharedText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SharedText {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl Deref for SharedText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

// As a text is hashed and ordered, so that a map finds it by its text.
impl Borrow<str> for SharedText {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for SharedText {
    fn eq(&self, text: &str) -> bool {
        &*self.0 == text
    }
}

impl PartialEq<&str> for SharedText {
    fn eq(&self, text: &&str) -> bool {
        &*self.0 == *text
    }
}

impl fmt::Display for SharedText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

/// The texts that are shared so far.
#[derive(Clone, Debug, Default)]
pub struct TextPool(RefCell<HashSet<SharedText>>);

impl TextPool {
    /// A text, shared with all that asked for the same one.
    pub fn share(&self, text: &str) -> SharedText {
        let mut known = self.0.borrow_mut();
        known
            .get_or_insert_with(text, |it| SharedText::from(it))
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_of_a_pool_share_their_bytes() {
        let pool = TextPool::default();
        let [one, two, other] = ["s3", "s3", "sts"].map(|it| pool.share(it));
        assert!(Arc::ptr_eq(&one.0, &two.0));
        assert_eq!((one.as_str(), &other), ("s3", &SharedText::from("sts")));
        assert_eq!(format!("{one:>4}"), "  s3");
    }
}
