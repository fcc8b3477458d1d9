//! From the rows of a report to files and to the summary.
//!
//! The directory is checked before the first call of a scan, each file is written under a
//! temporary name and then renamed, and only this module writes. The renderers are pure.
//!
//! # For a renderer
//!
//! ```text
//! for table in report::tables() {                    // the tables, in the order of the contract
//!     table.name; table.description;
//!     for column in &table.columns {                 // made from the row types in model/report/
//!         column.name; column.meaning; column.empty_when;
//!         column.kind;                               // Id, Text, Time, Bool, List, Integer, Bytes, Gb,
//!     }                                              // Usd, Hours, Share, Percent, Number
//!     reader.each(table, &mut |cells| { .. })?;      // a Cell for each column, streamed from the store
//! }
//! reader.each_row(|row: OpportunityRow| { .. })?;    // the same rows, typed
//! reader.first(5, |row: &OpportunityRow| ..)?;       // the first that are wanted
//! reader.header();                                   // run, totals, prices
//! ```
//!
//! Every reading of one [`ReportReader`] sees the same rows, in the same order; nothing but the row at
//! hand is in memory. A renderer never holds a table, judges nothing and prices nothing.

mod cells;
mod csv;
mod estimate;
mod figures;
mod html;
mod json;
mod json_value;
mod markdown;
mod meaning;
pub mod open_metrics;
mod reader;
mod row;
pub mod summary;
mod table_files;
mod tables;
mod text;
mod vpc_hosts;
mod xlsx;

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;
use tempfile::NamedTempFile;

use self::figures::Figures;
pub use self::{
    cells::Cell,
    estimate::estimate_text,
    reader::{ReportReader, RowSink},
    tables::{Column, Kind, Table, table, tables},
};
use crate::temporary::{self, Place, Readable};

/// How the names of directories begin that hold reports of runs that were stopped.
const INTERRUPTED: &str = "interrupted-";

/// Bytes of a file that are written at once.
const BUFFER: usize = 64 * 1024;

/// The file of each format that no other program writes.
const MAIN_FILES: [&str; 5] = [
    "coverage.csv",
    "report.json",
    "report.xlsx",
    "report.html",
    "report.md",
];

/// A report file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`; see {flag}", path.display())]
pub struct WriteError {
    path: PathBuf,
    /// The flag that names the file, or the directory of it.
    flag: &'static str,
    source: io::Error,
}

/// Which files are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a file that is written or not"
)]
pub struct Formats {
    /// One file a table.
    pub csv: bool,
    /// `report.json` and `vpc_hosts.json`.
    pub json: bool,
    /// `report.xlsx`.
    pub xlsx: bool,
    /// `report.html`.
    pub html: bool,
    /// `report.md`.
    pub markdown: bool,
    /// CSV files begin with a byte order mark, for Excel.
    pub csv_bom: bool,
}

/// Makes a directory below one that can be written to, and takes away what an earlier write left unfinished there.
///
/// # Errors
///
/// If it cannot be made.
pub fn make_directory(path: &Path) -> Result<(), WriteError> {
    fs::create_dir_all(path).map_err(|source| unwritable(path, source))?;
    temporary::sweep(path);
    Ok(())
}

/// A directory that reports can be written to.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// Others leave a directory that is held, also while it is empty.
    _held: Option<File>,
}

impl Directory {
    /// Makes the directory if need be, and proves that a file can be made in it.
    pub fn open(path: &Path) -> Result<Self, WriteError> {
        let proven = temporary::hold(path).and_then(|held| temporary(path).map(|_| held));
        let held = proven.map_err(|source| unwritable(path, source))?;
        sweep(path);
        Ok(Self {
            path: path.to_owned(),
            _held: held,
        })
    }

    /// Whether reports were written here before.
    pub fn holds_reports(&self) -> bool {
        MAIN_FILES.iter().any(|name| self.path.join(name).is_file())
    }

    /// A directory below this one for the reports of a run that was stopped, which never replace
    /// those of a finished run.
    pub fn of_interrupted(&self, run_id: &str) -> Result<Self, WriteError> {
        Self::open(&self.path.join(format!("{INTERRUPTED}{run_id}")))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the report and returns which files there are now. All files are complete under
    /// temporary names before the first replaces an earlier one.
    pub fn write(
        &self,
        report: &ReportReader,
        formats: Formats,
    ) -> Result<Vec<PathBuf>, WriteError> {
        let mut staged = Vec::new();
        if formats.csv || formats.json {
            staged = table_files::write(self, report, formats)?;
        }
        if formats.json {
            let vpc_hosts = vpc_hosts::VpcHosts(report);
            staged.push(self.stage("vpc_hosts.json", |out| write_json(&vpc_hosts, out))?);
        }
        if formats.xlsx || formats.html || formats.markdown {
            self.documents(report, formats, &mut staged)?;
        }
        if let Some((path, _)) = staged.iter().find(|(path, _)| path.is_dir()) {
            return Err(unwritable(path, io::ErrorKind::IsADirectory.into()));
        }
        let persist = |(path, file): (PathBuf, NamedTempFile)| match file.persist(&path) {
            Ok(_) => Ok(path),
            Err(error) => Err(unwritable(&path, error.error)),
        };
        staged.into_iter().map(persist).collect()
    }

    /// What begins with the figures of the whole.
    fn documents(
        &self,
        reader: &ReportReader,
        formats: Formats,
        staged: &mut Vec<(PathBuf, NamedTempFile)>,
    ) -> Result<(), WriteError> {
        let figures = Figures::of(reader).map_err(|source| unwritable(&self.path, source))?;
        if formats.xlsx {
            let path = self.path.join("report.xlsx");
            let mut file = temporary(&self.path).map_err(|source| unwritable(&path, source))?;
            xlsx::write(reader, &figures, &self.path, file.as_file_mut())
                .map_err(|source| unwritable(&path, source))?;
            staged.push((path, file));
        }
        if formats.html {
            let page = self.stage("report.html", |out| html::write(reader, &figures, out));
            staged.push(page?);
        }
        if formats.markdown {
            let document = self.stage("report.md", |out| {
                let text = markdown::text_of(reader.header(), &figures)?;
                out.write_all(text.as_bytes())
            });
            staged.push(document?);
        }
        Ok(())
    }

    fn stage(
        &self,
        name: &str,
        render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(PathBuf, NamedTempFile), WriteError> {
        let path = self.path.join(name);
        match temporary::beside(&path, Readable::ByUmask, render) {
            Ok(file) => Ok((path, file)),
            Err(source) => Err(unwritable(&path, source)),
        }
    }
}

fn unwritable(path: &Path, source: io::Error) -> WriteError {
    WriteError {
        path: path.to_owned(),
        flag: "--out",
        source,
    }
}

/// Writes a file under a temporary name and renames it.
pub fn write_file(
    path: &Path,
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    let written = temporary::write(path, Readable::ByUmask, render);
    written.map_err(|source| unwritable(path, source))
}

/// The file of `--metrics`, which a scan writes last.
#[derive(Clone, Debug)]
pub struct MetricsFile(PathBuf);

impl MetricsFile {
    /// Proves that the file can be written, so that a scan does not end with an error for it.
    ///
    /// # Errors
    ///
    /// If it is a directory, or in one where no file can be made.
    pub fn open(path: &Path) -> Result<Self, WriteError> {
        let proven = Place::of(path).and_then(|place| match place {
            Place::File(file) => temporary(temporary::directory_of(&file)).map(drop),
            // Opening it would wait for a reader, at the end of the scan.
            Place::Pipe => Err(io::Error::other(
                "it is a pipe: name a file, or /dev/stdout",
            )),
            Place::Stream => Ok(()),
        });
        proven.map_err(|source| Self::unwritable(unwritable(path, source)))?;
        Ok(Self(path.to_owned()))
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write(&self, text: &str) -> Result<(), WriteError> {
        write_file(&self.0, |out| out.write_all(text.as_bytes())).map_err(Self::unwritable)
    }

    fn unwritable(error: WriteError) -> WriteError {
        WriteError {
            flag: "--metrics",
            ..error
        }
    }
}

/// Writes rows of the caller's own as CSV, in the manner of the tables: the fields of a row are the
/// columns.
///
/// # Errors
///
/// If `out` cannot be written.
pub fn write_csv<T: Serialize>(
    columns: &[&str],
    rows: impl IntoIterator<Item = T>,
    out: &mut dyn Write,
) -> io::Result<()> {
    csv::write_rows(columns, out, |take| {
        rows.into_iter().try_for_each(|row| {
            let row = serde_json::to_string(&row)?;
            let cells::Cells(cells) = serde_json::from_str(&row)?;
            take(&cells)
        })
    })
}

/// Writes a document as `report.json` is written.
///
/// # Errors
///
/// If the value cannot be serialized, or `out` cannot be written.
pub fn write_json(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    // Each token is a write of its own: into a buffer whose type is known, that is a copy, not a call.
    let mut out = BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// A file under a temporary name, readable to whom the umask lets read.
fn temporary(directory: &Path) -> io::Result<NamedTempFile> {
    temporary::file_in(directory, Readable::ByUmask)
}

/// Removes what a process left which was killed while it wrote reports to a directory.
fn sweep(directory: &Path) {
    temporary::sweep(directory);
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if is_of_interrupted(&name.to_string_lossy())
            && entry.file_type().is_ok_and(|it| it.is_dir())
        {
            temporary::remove_if_left(&entry.path());
        }
    }
}

/// Whether a directory has the name of one for the reports of a run that was stopped.
fn is_of_interrupted(name: &str) -> bool {
    let id = name.strip_prefix(INTERRUPTED).unwrap_or_default();
    id.starts_with(|it: char| it.is_ascii_digit())
        && id
            .bytes()
            .all(|it| it.is_ascii_digit() || b"TZ-".contains(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_made_with_those_above_it_and_keeps_what_is_finished() {
        let home = tempfile::tempdir().unwrap();
        let unit = home.path().join("111122223333/eu-west-1");
        make_directory(&unit).unwrap();
        fs::write(unit.join("main.tf"), "finished").unwrap();
        fs::write(unit.join(".vpce-scout-AbC012345678.unfinished"), "half").unwrap();
        make_directory(&unit).unwrap();
        let names = fs::read_dir(&unit).unwrap();
        let names: Vec<_> = names.map(|it| it.unwrap().file_name()).collect();
        assert_eq!(names, ["main.tf"]);
        make_directory(&unit.join("main.tf")).unwrap_err();
    }

    #[test]
    fn a_file_that_a_killed_process_left_is_removed_and_one_in_writing_is_not() {
        let home = tempfile::tempdir().unwrap();
        let left = home.path().join(".vpce-scout-AbC012345678.unfinished");
        fs::write(&left, "half of a rep").unwrap();
        let in_writing = temporary(home.path()).unwrap();
        Directory::open(home.path()).unwrap();
        assert!(!left.exists());
        assert!(in_writing.path().exists());
    }

    #[test]
    fn what_a_killed_process_left_of_reports_of_a_stopped_run_is_removed_and_finished_ones_stay() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let left = ".vpce-scout-AbC012345678.unfinished";
        for (name, file) in [
            ("interrupted-20260109T060000Z", left),
            ("interrupted-20260110T060000Z-2", left),
            ("interrupted-20260110T060000Z-2", "report.json"),
            ("interrupted-by-me", left),
        ] {
            fs::create_dir_all(at(name)).unwrap();
            fs::write(at(name).join(file), "half").unwrap();
        }
        fs::create_dir(at("interrupted-20260111T060000Z")).unwrap();
        let out = Directory::open(home.path()).unwrap();
        let in_use = out.of_interrupted("20260112T060000Z").unwrap();
        Directory::open(home.path()).unwrap();
        assert!(in_use.path().exists());
        assert!(!at("interrupted-20260109T060000Z").exists());
        assert!(!at("interrupted-20260111T060000Z").exists());
        let kept = fs::read_dir(at("interrupted-20260110T060000Z-2")).unwrap();
        let kept: Vec<_> = kept.map(|it| it.unwrap().file_name()).collect();
        assert_eq!(kept, ["report.json"]);
        assert!(at("interrupted-by-me").join(left).exists());
    }

    #[test]
    fn a_metrics_file_that_cannot_be_written_is_refused_before_the_scan_by_its_own_flag() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("scout.prom");
        MetricsFile::open(&path).unwrap().write("# EOF\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "# EOF\n");
        let below = path.join("x");
        let missing = home.path().join("missing/x");
        for odd in [home.path(), &below, &missing] {
            let error = MetricsFile::open(odd).unwrap_err().to_string();
            assert!(error.contains("see --metrics"), "{error}");
        }
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_in_the_place_of_the_directory_is_reported_with_its_path() {
        let file = NamedTempFile::new().unwrap();
        let error = Directory::open(&file.path().join("out")).unwrap_err();
        assert!(error.to_string().contains("out"), "{error}");
    }
}
