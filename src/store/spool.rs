//! Files of records beside the run store that one process makes, reads and loses: they have no name
//! once they are open, and go with the process, however that ends.
//!
//! A record is its length and its bytes. Records are appended, and read from one place to another.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    ops::Range,
    path::Path,
};

use crate::temporary;

/// Bytes that are written, or read, at once.
const BUFFER: usize = 32 * 1024;

/// Bytes of a record's length.
const LENGTH: usize = size_of::<u32>();

/// A file of records.
#[derive(Debug)]
pub(super) struct Spool {
    file: File,
    /// What is not in the file yet.
    pending: Vec<u8>,
    /// Bytes in the file.
    written: u64,
}

impl Spool {
    /// An empty file in a directory.
    pub(super) fn in_directory(directory: &Path) -> io::Result<Self> {
        // Reading moves the place in the file: whatever is written goes to its end all the same.
        let named = temporary::appended_in(directory)?;
        let (file, name) = named.into_parts();
        // From here on it has no name that a killed process could leave.
        name.close()?;
        Ok(Self {
            file,
            pending: Vec::new(),
            written: 0,
        })
    }

    /// Where the next record begins.
    pub(super) fn end(&self) -> u64 {
        self.written + self.pending.len() as u64
    }

    /// Appends a record, which consists of some parts.
    pub(super) fn append(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        let length = u32::try_from(length).map_err(io::Error::other)?;
        self.pending.extend_from_slice(&length.to_le_bytes());
        for part in parts {
            self.pending.extend_from_slice(part);
        }
        if self.pending.len() >= BUFFER {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.pending)?;
        self.written += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// Gives back the memory of what is to be written, where nothing more is for some time.
    pub(super) fn rest(&mut self) -> io::Result<()> {
        self.flush()?;
        self.pending = Vec::new();
        Ok(())
    }

    /// Reads the record that is between two places that [`Spool::end`] returned into `record`.
    pub(super) fn read_one(&mut self, range: &Range<u64>, record: &mut Vec<u8>) -> io::Result<()> {
        self.flush()?;
        let start = range.start + LENGTH as u64;
        let length = usize::try_from(range.end.saturating_sub(start)).map_err(io::Error::other)?;
        record.resize(length, 0);
        self.file.seek(SeekFrom::Start(start))?;
        self.file.read_exact(record)
    }

    /// Reads the records between two places that [`Spool::end`] returned. One thread reads at a time.
    pub(super) fn read(&mut self, range: Range<u64>) -> io::Result<SpoolReader> {
        self.rest()?;
        Ok(SpoolReader {
            file: self.file.try_clone()?,
            range,
            buffer: Vec::new(),
            at: 0,
            record: 0..0,
        })
    }
}

/// Reads records one after the other.
#[derive(Debug)]
pub(super) struct SpoolReader {
    file: File,
    /// What was not read from the file yet.
    range: Range<u64>,
    buffer: Vec<u8>,
    /// Where the next record begins in the buffer.
    at: usize,
    /// Where the record at hand is in the buffer.
    record: Range<usize>,
}

impl SpoolReader {
    /// Steps to the next record; false behind the last.
    pub(super) fn advance(&mut self) -> io::Result<bool> {
        if self.at == self.buffer.len() && self.range.is_empty() {
            return Ok(false);
        }
        let head = self.take(LENGTH)?;
        let head = self.buffer.get(head).and_then(|it| it.as_array());
        let length = head.map_or(0, |it| u32::from_le_bytes(*it)) as usize;
        self.record = self.take(length)?;
        Ok(true)
    }

    /// The record at hand.
    pub(super) fn record(&self) -> &[u8] {
        self.buffer.get(self.record.clone()).unwrap_or_default()
    }

    /// Where the next bytes are in the buffer, read into it if need be.
    fn take(&mut self, length: usize) -> io::Result<Range<usize>> {
        let rest = self.buffer.len() - self.at;
        if rest < length {
            self.buffer.drain(..self.at);
            self.at = 0;
            let left = self.range.end - self.range.start;
            let wanted = (length - rest).max(BUFFER.saturating_sub(rest)) as u64;
            let wanted = wanted.min(left);
            self.file.seek(SeekFrom::Start(self.range.start))?;
            (&self.file).take(wanted).read_to_end(&mut self.buffer)?;
            self.range.start += wanted;
            if self.buffer.len() < length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let range = self.at..self.at + length;
        self.at = range.end;
        Ok(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(reader: &mut SpoolReader) -> Vec<usize> {
        let mut lengths = Vec::new();
        while reader.advance().unwrap() {
            let record = reader.record();
            assert!(record.windows(2).all(|pair| pair[0] == pair[1]));
            lengths.push(record.len());
        }
        lengths
    }

    #[test]
    fn records_of_any_length_are_read_as_they_were_written_and_more_can_be_written_then() {
        let home = tempfile::tempdir().unwrap();
        let mut spool = Spool::in_directory(home.path()).unwrap();
        assert_eq!(home.path().read_dir().unwrap().count(), 0, "it has no name");
        let lengths = [1, BUFFER, 0, 3 * BUFFER + 1, 7, BUFFER - LENGTH];
        let mut middle = 0;
        for (at, length) in lengths.into_iter().enumerate() {
            let bytes = vec![u8::try_from(at).unwrap(); length];
            let (one, two) = bytes.split_at(length / 2);
            if at == 3 {
                middle = spool.end();
            }
            spool.append(&[one, two]).unwrap();
        }
        let end = spool.end();
        let mut all = spool.read(0..end).unwrap();
        assert!(all.advance().unwrap());
        spool.append(&[b"333333"]).unwrap();
        let mut last = spool.read(middle..end).unwrap();
        assert_eq!(records(&mut last), lengths[3..]);
        assert_eq!(records(&mut all), lengths[1..]);
        let behind = end..spool.end();
        assert_eq!(records(&mut spool.read(behind).unwrap()), [6]);
    }
}
