//! The bytes of a gzip file, of one member or of several one behind the other.
//!
//! What flate2's `MultiGzDecoder` does, but with the checksum of crc32fast: that of zlib-rs, which flate2
//! takes, needs three times as long, a fifth of what it takes to read query logs.

use std::io::{self, BufRead, Read};

use crc32fast::Hasher;
use flate2::bufread::{DeflateDecoder, GzDecoder};

/// Unpacks the members of a gzip file (RFC 1952).
#[derive(Debug)]
pub(super) struct GzipMembers<R> {
    /// Nothing behind the end, or behind an error.
    part: Option<Part<R>>,
}

#[derive(Debug)]
enum Part<R> {
    /// A member begins here, or the file ends.
    Header(R),
    Body(Body<R>),
}

#[derive(Debug)]
struct Body<R> {
    packed: DeflateDecoder<R>,
    checksum: Hasher,
    /// Bytes that were unpacked, in 32 bits as the file has them.
    length: u32,
}

impl<R: BufRead> GzipMembers<R> {
    pub(super) fn new(file: R) -> Self {
        Self {
            part: Some(Part::Header(file)),
        }
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(part) = self.part.take() {
            self.part = match part {
                Part::Header(file) => Body::begin(file)?.map(Part::Body),
                Part::Body(mut body) => {
                    let length = body.read(buffer)?;
                    if length > 0 {
                        self.part = Some(Part::Body(body));
                        return Ok(length);
                    }
                    Some(Part::Header(body.end()?))
                }
            };
        }
        Ok(0)
    }
}

impl<R: BufRead> Body<R> {
    /// The body behind the header that stands here; none if the file ends here.
    fn begin(mut file: R) -> io::Result<Option<Self>> {
        if file.fill_buf()?.is_empty() {
            return Ok(None);
        }
        // It reads the header at once, and nothing of what stands behind it.
        let mut member = GzDecoder::new(file);
        if member.header().is_none() {
            let failed = member.read(&mut [0]).err();
            return Err(failed.unwrap_or_else(|| invalid("a gzip header is damaged")));
        }
        Ok(Some(Self {
            packed: DeflateDecoder::new(member.into_inner()),
            checksum: Hasher::new(),
            length: 0,
        }))
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.packed.read(buffer)?;
        let unpacked = buffer.get(..length).unwrap_or_default();
        self.checksum.update(unpacked);
        // Its remainder by 2^32 is what the file has.
        self.length = self.length.wrapping_add(u32::try_from(length).unwrap_or(0));
        Ok(length)
    }

    /// Checks the checksum and the length that stand behind the body. Returns the file behind them.
    fn end(self) -> io::Result<R> {
        let mut file = self.packed.into_inner();
        let mut trailer = [0; 8];
        file.read_exact(&mut trailer)?;
        let found = u64::from(self.length) << 32 | u64::from(self.checksum.finalize());
        if found == u64::from_le_bytes(trailer) {
            Ok(file)
        } else {
            Err(invalid(
                "its checksum or length differs from that of its content",
            ))
        }
    }
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, GzBuilder, bufread::MultiGzDecoder};
    use proptest::sample::Index;

    use super::*;

    /// A member whose header has the fields that are given.
    fn member(text: &[u8], [name, comment, extra]: [bool; 3]) -> Vec<u8> {
        let mut header = GzBuilder::new();
        if name {
            header = header.filename("queries.log");
        }
        if comment {
            header = header.comment("of one day");
        }
        if extra {
            header = header.extra([1, 2, 3]);
        }
        let mut packed = header.write(Vec::new(), Compression::fast());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    /// What is read before the end or the first error, and whether there is one.
    fn read(mut file: impl Read, at_once: usize) -> (Vec<u8>, bool) {
        let (mut found, mut buffer) = (Vec::new(), vec![0; at_once]);
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return (found, true),
                Ok(length) => found.extend_from_slice(&buffer[..length]),
                Err(_) => return (found, false),
            }
        }
    }

    #[test]
    fn a_wrong_checksum_or_length_is_an_error() {
        let packed = member(b"a line of text\n", [false; 3]);
        assert!(read(GzipMembers::new(&*packed), 64).1);
        for behind in 1..=8 {
            let mut damaged = packed.clone();
            let at = damaged.len() - behind;
            damaged[at] ^= 1;
            assert!(!read(GzipMembers::new(&*damaged), 64).1, "{behind}");
        }
    }

    proptest::proptest! {
        #[test]
        fn files_are_read_and_refused_as_flate2_does(
            members in proptest::collection::vec(("[ab\n]{0,300}", proptest::array::uniform3(proptest::bool::ANY)), 1..4),
            damage in proptest::option::of((proptest::prelude::any::<Index>(), 1_u8..)),
            cut in proptest::option::of(proptest::prelude::any::<Index>()),
            behind in proptest::sample::select(vec!["", "\0\0", "text"]),
            at_once in 1_usize..100,
        ) {
            let members = members.iter().map(|(text, fields)| member(text.as_bytes(), *fields));
            let mut file: Vec<u8> = members.flatten().collect();
            file.extend_from_slice(behind.as_bytes());
            if let Some((at, bits)) = damage {
                let at = at.index(file.len());
                file[at] ^= bits;
            }
            if let Some(cut) = cut {
                file.truncate(cut.index(file.len()));
            }
            let expected = read(MultiGzDecoder::new(&*file), at_once);
            let found = read(GzipMembers::new(&*file), at_once);
            // An empty file has no member, which flate2 calls an error.
            if !file.is_empty() {
                proptest::prop_assert_eq!(found, expected);
            }
        }
    }
}
