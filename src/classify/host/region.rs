//! What counts as a region, and of which partition.

use std::borrow::Cow;

use hashbrown::HashMap;

/// The regions of all partitions, known by name or by the shape of their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Regions {
    known: HashMap<Box<str>, usize>,
    /// What stands before `-<letters>-<digits>` in a partition's region names.
    prefixes: Vec<(Box<str>, usize)>,
}

impl Regions {
    /// Adds the regions of the partition at `position`.
    pub(super) fn add(&mut self, position: usize, prefixes: &[String], regions: &[String]) {
        self.known.extend(
            regions
                .iter()
                .map(|region| (region.as_str().into(), position)),
        );
        self.prefixes.extend(
            prefixes
                .iter()
                .map(|prefix| (prefix.as_str().into(), position)),
        );
    }

    /// The position of the region's partition.
    pub(super) fn partition_of(&self, label: &str) -> Option<usize> {
        // Every region ends in a digit and hardly any other label does: this spares most look-ups.
        if !label.ends_with(|last: char| last.is_ascii_digit()) {
            return None;
        }
        self.known.get(label).copied().or_else(|| {
            let fits = |prefix: &str| label.strip_prefix(prefix).is_some_and(is_place_and_number);
            self.prefixes
                .iter()
                .find(|(prefix, _)| fits(prefix))
                .map(|&(_, position)| position)
        })
    }

    /// The region without a borrow of the host name.
    pub(super) fn to_cow(&self, region: &str) -> Cow<'_, str> {
        match self.known.get_key_value(region) {
            Some((known, _)) => Cow::Borrowed(known),
            None => Cow::Owned(region.to_owned()),
        }
    }
}

/// Whether the text is `-<letters>-<digits>`, as in `-northeast-1`.
fn is_place_and_number(text: &str) -> bool {
    let parts = text.strip_prefix('-').and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(place, number)| {
        !place.is_empty()
            && place.bytes().all(|byte| byte.is_ascii_lowercase())
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}
