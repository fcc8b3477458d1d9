//! The lines of an object, unpacked as they come. Memory is bounded by the longest line, whatever the
//! packed size is.

use std::io::{BufRead, BufReader, Read};

use super::{
    gzip::GzipMembers,
    workers::{Body, broken},
};
use crate::model::coverage::{Failure, Reason};

/// A record longer than this is none.
const LONGEST_LINE: usize = 1 << 20;
const BUFFER: usize = 256 << 10;

/// Hands over every line of an object, without its end. Objects that are not packed are read as they are.
pub(super) fn lines(
    key: &str,
    body: Body,
    mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failure = body.failure();
    let mut packed = BufReader::with_capacity(BUFFER, body);
    let start = packed.fill_buf();
    let start = start.map_err(|why| broken(&failure, key, &why))?;
    let is_packed = start.starts_with(&[0x1f, 0x8b]);
    let text: Box<dyn Read> = if is_packed {
        Box::new(GzipMembers::new(packed))
    } else {
        Box::new(packed)
    };
    let mut text = BufReader::with_capacity(BUFFER, text);
    let mut begun = Vec::new();
    loop {
        let buffer = text.fill_buf();
        let buffer = buffer.map_err(|why| broken(&failure, key, &why))?;
        if buffer.is_empty() {
            if !begun.is_empty() {
                take(&begun)?;
            }
            return Ok(());
        }
        let mut rest = buffer;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end);
            if begun.is_empty() {
                take(line)?;
            } else {
                begun.extend_from_slice(line);
                take(&begun)?;
                begun.clear();
            }
            rest = after.get(1..).unwrap_or_default();
        }
        begun.extend_from_slice(rest);
        if begun.len() > LONGEST_LINE {
            let why = format!("object `{key}` has a line of more than {LONGEST_LINE} bytes");
            return Err(Failure::new(Reason::InvalidResponse, why));
        }
        let used = buffer.len();
        text.consume(used);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use super::*;

    pub(in crate::usage::objects) fn packed(text: &[u8]) -> Vec<u8> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(text).unwrap();
        gz.finish().unwrap()
    }

    fn read(bytes: Vec<u8>) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        lines("k", Body::of(bytes), |line| {
            found.push(String::from_utf8(line.to_vec()).unwrap());
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn lines_of_one_and_of_several_members_and_of_plain_text_are_read() {
        let expected = ["a", "", "bc"];
        assert_eq!(read(packed(b"a\n\nbc")).unwrap(), expected);
        let members = [packed(b"a\n\nb"), packed(b"c\n")].concat();
        assert_eq!(read(members).unwrap(), expected);
        assert_eq!(read(b"a\n\nbc\n".to_vec()).unwrap(), expected);
        assert!(read(Vec::new()).unwrap().is_empty());
    }

    #[test]
    fn a_broken_or_half_object_is_refused_and_nothing_of_it_counts_twice() {
        let whole = packed("a line of text\n".repeat(1000).as_bytes());
        let half = whole[..whole.len() / 2].to_vec();
        assert_eq!(read(half).unwrap_err().reason, Reason::InvalidResponse);
        let mut flipped = whole.clone();
        let at = flipped.len() - 5;
        flipped[at] ^= 0xff;
        assert_eq!(read(flipped).unwrap_err().reason, Reason::InvalidResponse);
    }

    #[test]
    fn a_line_of_40_mib_is_refused_within_bounded_memory() {
        let bomb = packed(&vec![b'x'; 40 << 20]);
        assert!(bomb.len() < 1 << 20);
        let failure = read(bomb).unwrap_err();
        assert_eq!(failure.reason, Reason::InvalidResponse);
        assert!(failure.message.contains("a line of more than"));
    }

    #[test]
    fn a_gzip_bomb_of_short_lines_is_read_line_by_line() {
        let bomb = packed(&b"x\n".repeat(16 << 20));
        assert!(bomb.len() < 1 << 20);
        let (mut count, mut longest) = (0_u64, 0);
        lines("k", Body::of(bomb), |line| {
            count += 1;
            longest = longest.max(line.len());
            Ok(())
        })
        .unwrap();
        assert_eq!((count, longest), (16 << 20, 1));
    }
}
