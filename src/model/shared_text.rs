//! Texts that many things have in common, such as names of services: kept once, and shared.

use std::{cell::RefCell, sync::Arc};

use hashbrown::HashSet;

/// A text whose copies share its bytes.
pub type SharedText = Arc<str>;

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
        assert!(Arc::ptr_eq(&one, &two));
        assert_eq!((&*one, &*other), ("s3", "sts"));
    }
}
