//! The words of a line: what stands between its spaces.

/// Bytes that are searched at once.
const BLOCK: usize = 64;
/// Words of a line that are found. All fields that there are have fewer.
pub(super) const MOST: usize = 64;

/// Where the words of a line start.
#[derive(Debug)]
pub(super) struct Words {
    /// One behind the end of each word, the next one starts.
    starts: [u32; MOST + 1],
    count: usize,
    is_ascii: bool,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            starts: [0; MOST + 1],
            count: 0,
            is_ascii: true,
        }
    }
}

impl Words {
    /// Finds the words of a line, in place of those of the last one.
    pub(super) fn find(&mut self, line: &[u8]) {
        (self.count, self.is_ascii) = (1, true);
        let (blocks, rest) = line.as_chunks();
        let mut from = 0;
        for block in blocks {
            let found = Block::read(block);
            self.take(from, found.spaces);
            self.is_ascii &= found.is_ascii;
            from += BLOCK;
        }
        if let Some(last) = line.last_chunk()
            && !rest.is_empty()
        {
            // Some of it again, which spares a copy.
            let found = Block::read(last);
            self.take(from, found.spaces >> (BLOCK - rest.len()));
            self.is_ascii &= found.is_ascii;
        } else {
            let mut last = [0; BLOCK];
            for (to, byte) in last.iter_mut().zip(rest) {
                *to = *byte;
            }
            let found = Block::read(&last);
            self.take(from, found.spaces);
            self.is_ascii &= found.is_ascii;
        }
        if let Some(start) = self.starts.get_mut(self.count) {
            *start = u32::try_from(line.len() + 1).unwrap_or(u32::MAX);
        }
    }

    fn take(&mut self, from: usize, mut spaces: u64) {
        while spaces != 0 {
            let at = from + spaces.trailing_zeros() as usize;
            if let Some(start) = self.starts.get_mut(self.count) {
                *start = u32::try_from(at + 1).unwrap_or(u32::MAX);
            }
            self.count += 1;
            spaces &= spaces - 1;
        }
    }

    /// How many words there are; of more than [`MOST`] it is not known where they are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Whether all of the line is ASCII.
    pub(super) fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// A word of the line that was searched; nothing if there is none.
    #[inline]
    pub(super) fn get<'l>(&self, line: &'l [u8], at: usize) -> &'l [u8] {
        // Not by `map` of an array, which is not inlined.
        let start = |at: usize| self.starts.get(at).map_or(0, |it| *it as usize);
        line.get(start(at)..start(at + 1).wrapping_sub(1))
            .unwrap_or_default()
    }
}

/// What is known of a block.
struct Block {
    /// A bit for each space.
    spaces: u64,
    is_ascii: bool,
}

impl Block {
    #[inline]
    fn read(block: &[u8; BLOCK]) -> Self {
        const HIGH: u64 = 0x8080_8080_8080_8080;
        let (words, _) = block.as_chunks();
        let (mut spaces, mut all) = (0, 0);
        for word in words.iter().rev() {
            let word = u64::from_le_bytes(*word);
            all |= word;
            spaces = spaces << 8 | spaces_in(word);
        }
        Self {
            spaces,
            is_ascii: all & HIGH == 0,
        }
    }
}

/// The spaces in eight bytes, a bit each.
#[inline]
fn spaces_in(word: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let others = word ^ 0x2020_2020_2020_2020;
    // The highest bit of each space's byte.
    let spaces = !(((others & LOW) + LOW) | others | LOW);
    // Multiplied, these bits move side by side into the highest byte.
    (spaces >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn words_are_what_stands_between_the_spaces(
            words in proptest::collection::vec(" ?|[a-z!0~\u{a0}é-]{0,40}", 1..70),
        ) {
            let line = words.join(" ");
            let mut found = Words::default();
            // What was found before does not matter.
            found.find("x y é".as_bytes());
            found.find(line.as_bytes());
            let expected: Vec<&[u8]> = line.as_bytes().split(|it| *it == b' ').collect();
            proptest::prop_assert_eq!(found.count(), expected.len());
            proptest::prop_assert_eq!(found.is_ascii(), line.is_ascii());
            if expected.len() <= MOST {
                let all: Vec<_> = (0..found.count()).map(|it| found.get(line.as_bytes(), it)).collect();
                proptest::prop_assert_eq!(all, expected);
            }
        }
    }

    #[test]
    fn lines_of_every_length_are_searched_to_their_ends() {
        let mut found = Words::default();
        for length in 0..300 {
            let mut line = vec![b'x'; length];
            found.find(&line);
            assert_eq!((found.count(), found.get(&line, 0)), (1, line.as_slice()));
            line.push(b' ');
            found.find(&line);
            assert_eq!(found.count(), 2);
            assert_eq!(found.get(&line, 1), b"");
            line.push(b'y');
            found.find(&line);
            assert_eq!((found.count(), found.get(&line, 1)), (2, &b"y"[..]));
            assert!(found.is_ascii());
            line.push(0xff);
            found.find(&line);
            assert!(!found.is_ascii());
        }
    }
}
