//! The answers that are kept of a name.

/// The lists of answers of the earliest and the latest record. Mostly they are one.
#[derive(Debug)]
pub(super) struct Answers {
    first_second: i64,
    first: Box<str>,
    last_second: i64,
    /// Nothing if it is the first.
    last: Option<String>,
}

impl Answers {
    /// The answers of one record.
    pub(super) fn of(second: i64, list: &str) -> Self {
        Self {
            first_second: second,
            first: list.into(),
            last_second: second,
            last: None,
        }
    }

    pub(super) fn first(&self) -> &str {
        &self.first
    }

    pub(super) fn last(&self) -> &str {
        self.last.as_deref().unwrap_or(&self.first)
    }

    /// Both lists with their seconds.
    pub(super) fn both(&self) -> [(i64, &str); 2] {
        [
            (self.first_second, self.first()),
            (self.last_second, self.last()),
        ]
    }

    /// What the lists take in memory.
    pub(super) fn bytes(&self) -> usize {
        self.first.len() + self.last.as_ref().map_or(0, String::capacity)
    }

    /// Adds those of another record. Of several at the same second, the smaller text counts as the first and the greater
    /// as the last.
    pub(super) fn add(&mut self, second: i64, list: &str) {
        if (second, list) > (self.last_second, self.last()) {
            self.last_second = second;
            if *self.first == *list {
                self.last = None;
            } else if let Some(last) = &mut self.last {
                // Without memory of its own for each record.
                if last != list {
                    last.clear();
                    last.push_str(list);
                }
            } else {
                self.last = Some(list.to_owned());
            }
        }
        if (second, list) < (self.first_second, &*self.first) {
            self.first_second = second;
            if *self.first != *list {
                let first = std::mem::replace(&mut self.first, list.into());
                self.last.get_or_insert_with(|| first.into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_first_and_the_last_list_are_the_least_and_the_greatest_by_time_and_text(
            all in proptest::collection::vec((0_i64..4, "[ab]{0,2}"), 1..12)
        ) {
            let mut answers = Answers::of(all[0].0, &all[0].1);
            for (second, list) in &all[1..] {
                answers.add(*second, list);
            }
            let text = |it: &(i64, String)| (it.0, it.1.clone());
            let expected = [all.iter().min().map(text), all.iter().max().map(text)];
            let found = answers.both().map(|(second, list)| Some((second, list.to_owned())));
            proptest::prop_assert_eq!(found, expected);
        }
    }
}
