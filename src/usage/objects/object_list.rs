//! The objects of a day in the order they are listed, packed: of a key is kept what differs from the one
//! before, as keys of a day have most in common.

/// Bytes of a segment, some thousands of objects: segments that are read are freed one by one.
const SEGMENT: usize = 64 << 10;
/// What an object takes besides its key at most: three numbers.
const NUMBERS: usize = 3 * 10;

/// An object as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) size: u64,
    /// Whether it has to be restored before it can be read.
    pub(super) archived: bool,
}

/// Objects, packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ObjectList {
    segments: Vec<Vec<u8>>,
    last: Vec<u8>,
    packed: usize,
    objects: usize,
    bytes: u64,
    archived: u64,
}

impl ObjectList {
    /// Adds an object.
    pub(super) fn push(&mut self, object: &Object) {
        let key = object.key.as_bytes();
        let shared = shared(&self.last, key);
        let own = key.get(shared..).unwrap_or_default();
        let needed = own.len() + NUMBERS;
        let last = self.segments.last();
        if last.is_none_or(|it| it.len() + needed > SEGMENT) {
            // The first one grows as it fills: most days have a few hundred objects.
            let size = last.map_or(0, |_| SEGMENT.max(needed));
            self.segments.push(Vec::with_capacity(size));
        }
        let Some(segment) = self.segments.last_mut() else {
            return;
        };
        let before = segment.len();
        for number in [shared as u64, own.len() as u64, object.size] {
            write(segment, number);
        }
        segment.extend_from_slice(own);
        self.packed += segment.len() - before;
        self.last.truncate(shared);
        self.last.extend_from_slice(own);
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(object.size);
        self.archived += u64::from(object.archived);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.objects
    }

    /// Their bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many have to be restored before they can be read.
    pub(super) fn archived(&self) -> u64 {
        self.archived
    }

    /// Bytes that the packed keys take.
    pub(super) fn packed(&self) -> usize {
        self.packed
    }

    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        let segments = self.segments.capacity() * size_of::<Vec<u8>>();
        let packed = self.segments.iter().map(Vec::capacity).sum::<usize>();
        segments + packed + self.last.capacity()
    }
}

impl Extend<Object> for ObjectList {
    fn extend<T: IntoIterator<Item = Object>>(&mut self, objects: T) {
        objects.into_iter().for_each(|it| self.push(&it));
    }
}

impl FromIterator<Object> for ObjectList {
    fn from_iter<T: IntoIterator<Item = Object>>(objects: T) -> Self {
        let mut list = Self::default();
        list.extend(objects);
        list
    }
}

impl IntoIterator for ObjectList {
    type Item = Object;
    type IntoIter = Objects;

    fn into_iter(self) -> Objects {
        Objects {
            segments: self.segments.into_iter(),
            segment: Vec::new(),
            at: 0,
            key: Vec::new(),
            left: self.objects,
        }
    }
}

/// The objects of a list, unpacked one by one. None is shown as archived: such lists are not read.
#[derive(Debug)]
pub(super) struct Objects {
    segments: std::vec::IntoIter<Vec<u8>>,
    segment: Vec<u8>,
    at: usize,
    key: Vec<u8>,
    left: usize,
}

impl Iterator for Objects {
    type Item = Object;

    fn next(&mut self) -> Option<Object> {
        if self.at >= self.segment.len() {
            (self.segment, self.at) = (self.segments.next()?, 0);
        }
        let mut rest = self.segment.get(self.at..)?;
        let shared = usize::try_from(read(&mut rest)?).ok()?;
        let own = usize::try_from(read(&mut rest)?).ok()?;
        let size = read(&mut rest)?;
        let (own, rest) = rest.split_at_checked(own)?;
        self.key.truncate(shared);
        self.key.extend_from_slice(own);
        self.at = self.segment.len() - rest.len();
        self.left = self.left.saturating_sub(1);
        Some(Object {
            key: String::from_utf8_lossy(&self.key).into_owned(),
            size,
            archived: false,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Objects {}

/// How many bytes two keys have in common from their starts.
fn shared(one: &[u8], other: &[u8]) -> usize {
    /// Compared at once.
    const STEP: usize = 16;
    let steps = one.chunks_exact(STEP).zip(other.chunks_exact(STEP));
    let from = STEP * steps.take_while(|(a, b)| a == b).count();
    let rest = one.iter().zip(other).skip(from);
    from + rest.take_while(|(a, b)| a == b).count()
}

/// Writes a number, seven bits a byte, the lowest first.
fn write(to: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        to.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    to.push(number.to_le_bytes()[0]);
}

/// Reads a number that was written, and goes behind it.
fn read(from: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_objects_are_unpacked_as_they_were(
            all in proptest::collection::vec(
                ("(a/)?(ä|b|€){0,3}[x-z]{0,3}|.{0,9}|(long){0,300}", proptest::num::u64::ANY), 0..400
            ),
        ) {
            let objects: Vec<Object> = all
                .into_iter()
                .map(|(key, size)| Object { key, size, archived: false })
                .collect();
            let list: ObjectList = objects.iter().cloned().collect();
            proptest::prop_assert_eq!(list.len(), objects.len());
            let bytes = objects.iter().fold(0_u64, |all, it| all.saturating_add(it.size));
            proptest::prop_assert_eq!(list.bytes(), bytes);
            proptest::prop_assert_eq!(list.into_iter().collect::<Vec<_>>(), objects);
        }
    }

    #[test]
    fn numbers_of_every_length_are_read_as_they_were_written() {
        for shift in 0..64 {
            for number in [1_u64 << shift, (1_u64 << shift) - 1, u64::MAX >> shift] {
                let mut bytes = Vec::new();
                write(&mut bytes, number);
                assert!(bytes.len() <= 10);
                let mut rest = bytes.as_slice();
                assert_eq!(read(&mut rest), Some(number));
                assert!(rest.is_empty());
            }
        }
        assert_eq!(read(&mut [0x80].as_slice()), None);
    }
}
