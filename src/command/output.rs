//! Writing to stdout: without what a terminal would act on, and quietly where the reader has gone
//! away (`| head`).

use std::io::{self, BufWriter, IsTerminal, Write};

use crate::{
    Exit,
    model::text::{is_unprintable, printable_lines},
};

/// The styles that the program itself writes: plain, bold, green and yellow.
const STYLES: [&str; 4] = ["[0m", "[1m", "[32m", "[33m"];

/// Writes what was asked for to stdout.
pub(super) fn print(text: &str) -> anyhow::Result<Exit> {
    print_as(text, printable_lines)
}

/// The same for text with colours: of all that a terminal acts on, they alone stay.
pub(super) fn print_styled(text: &str) -> anyhow::Result<Exit> {
    print_as(text, styled_lines)
}

fn print_as(text: &str, on_terminal: fn(&str) -> String) -> anyhow::Result<Exit> {
    let stdout = io::stdout();
    let written = if stdout.is_terminal() {
        write(stdout, &on_terminal(text))
    } else {
        write(stdout, text)
    };
    match written {
        Err(error) if !is_closed(&error) => {
            Err(anyhow::Error::new(error).context("cannot write to stdout"))
        }
        _ => Ok(Exit::Complete),
    }
}

/// Lines without what a terminal would act on, but for the styles.
fn styled_lines(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut kept = parts.next().map(printable_lines).unwrap_or_default();
    for part in parts {
        if STYLES.iter().any(|style| part.starts_with(style)) {
            kept.push('\u{1b}');
        }
        kept.push_str(&printable_lines(part));
    }
    kept
}

fn write(mut out: impl Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Whether the reader of a pipe has gone away, which is no failure.
pub(super) fn is_closed(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// Stdout for rows that are written one by one.
pub(super) fn rows() -> Box<dyn Write> {
    let stdout = io::stdout().lock();
    let harmless = stdout.is_terminal();
    let out = BufWriter::with_capacity(1 << 16, stdout);
    if harmless {
        Box::new(PrintableWriter(out))
    } else {
        Box::new(out)
    }
}

/// Drops what a terminal would act on from whole lines of text.
struct PrintableWriter<W>(W);

impl<W: Write> Write for PrintableWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A letter that is cut at the end of the bytes is for the next call.
        let (text, used) = match std::str::from_utf8(bytes) {
            Ok(text) => (text.into(), bytes.len()),
            Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
                let valid = bytes.get(..error.valid_up_to()).unwrap_or(bytes);
                (String::from_utf8_lossy(valid), valid.len())
            }
            Err(_) => (String::from_utf8_lossy(bytes), bytes.len()),
        };
        let kept: String = text
            .chars()
            .filter(|it| *it == '\n' || !is_unprintable(*it))
            .collect();
        self.0.write_all(kept.as_bytes()).map(|()| used)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests;
