//! Files and directories that are not finished, how a file is written as a whole, and what killed
//! processes left of both.
//!
//! Each has a name that nothing else has, and is locked by the operating system as long as its process
//! works on it. Whatever has such a name and no lock was left behind: the next process that works in the
//! same directory removes it.

use std::{
    env,
    fs::{self, File, TryLockError},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use tempfile::{Builder, NamedTempFile, TempDir};

/// How the names begin and end, and how many letters and digits are between.
const PREFIX: &str = ".vpce-scout-";
const SUFFIX: &str = ".unfinished";
const RANDOM: usize = 12;

/// Bytes of a file that are written at once.
const BUFFER: usize = 64 * 1024;

/// Names of what this process writes to already, whatever that is.
const STREAMS: [&str; 4] = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"];

/// How often something is made anew that another process took for a leftover before it was locked.
const ATTEMPTS: usize = 5;

/// How long one waits for a lock before the next attempt.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readable {
    /// Its user alone.
    Private,
    /// Whom the umask lets.
    ByUmask,
}

/// Where what is written for a path goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file, which is replaced as a whole. Of a link, what it leads to.
    File(PathBuf),
    /// What is no file, such as `/dev/stdout` or a device: it stays, and is written to.
    Stream,
    /// A named pipe: the same, but opening it waits for a reader.
    Pipe,
}

impl Place {
    /// The place of a path.
    ///
    /// # Errors
    ///
    /// If it is a directory, or in one that is missing.
    pub fn of(path: &Path) -> io::Result<Self> {
        if STREAMS.iter().any(|it| path.starts_with(it)) {
            return Ok(Self::Stream);
        }
        let file = match fs::metadata(path) {
            Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(there) if is_pipe(there.file_type()) => return Ok(Self::Pipe),
            Ok(there) if !there.is_file() => return Ok(Self::Stream),
            Ok(_) if path.is_symlink() => fs::canonicalize(path)?,
            Err(error) if path.is_symlink() => {
                let target = directory_of(path).join(fs::read_link(path)?);
                // What the link leads to is not there yet; a link to a link, a circle or a link that may not
                // be followed is nothing to guess at.
                if error.kind() != io::ErrorKind::NotFound || target.is_symlink() {
                    return Err(error);
                }
                target
            }
            _ => path.to_owned(),
        };
        // One that is missing is so described without the name of a temporary file.
        fs::metadata(directory_of(&file))?;
        Ok(Self::File(file))
    }
}

#[cfg(unix)]
fn is_pipe(kind: fs::FileType) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    kind.is_fifo()
}

#[cfg(not(unix))]
fn is_pipe(_: fs::FileType) -> bool {
    false
}

/// Writes a file under a temporary name and renames it, so that nobody reads a part of it. What is no file
/// is written to.
///
/// # Errors
///
/// If it cannot be written.
pub fn write(
    path: &Path,
    readable: Readable,
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match Place::of(path)? {
        Place::Stream | Place::Pipe => {
            render_to(&mut File::options().append(true).open(path)?, render)
        }
        Place::File(path) => {
            sweep(directory_of(&path));
            let file = beside(&path, readable, render)?;
            if readable == Readable::Private {
                file.as_file().sync_all()?;
            }
            file.persist(&path).map_err(|error| error.error).map(drop)
        }
    }
}

/// Writes a file under a temporary name beside its own.
///
/// # Errors
///
/// If it cannot be written.
pub fn beside(
    path: &Path,
    readable: Readable,
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<NamedTempFile> {
    let mut file = file_in(directory_of(path), readable)?;
    render_to(file.as_file_mut(), render)?;
    Ok(file)
}

fn render_to(
    to: &mut File,
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, to);
    render(&mut out)?;
    out.flush()
}

/// The directory that a file is in.
pub fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Makes a file.
///
/// # Errors
///
/// If it cannot be made.
pub fn file_in(directory: &Path, readable: Readable) -> io::Result<NamedTempFile> {
    file_with(directory, readable, false)
}

/// The same for one to whose end everything is written.
///
/// # Errors
///
/// If it cannot be made.
pub fn appended_in(directory: &Path) -> io::Result<NamedTempFile> {
    file_with(directory, Readable::Private, true)
}

fn file_with(directory: &Path, readable: Readable, append: bool) -> io::Result<NamedTempFile> {
    let mode = match readable {
        Readable::Private => 0o600,
        Readable::ByUmask => 0o666,
    };
    for _ in 0..ATTEMPTS {
        let file = builder(mode).append(append).tempfile_in(directory)?;
        if is_kept(file.as_file(), file.path()) {
            return Ok(file);
        }
    }
    Err(taken(directory))
}

fn builder(mode: u32) -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    builder
}

/// A directory that goes with its contents when this does.
#[derive(Debug)]
pub struct Directory {
    directory: TempDir,
    _lock: File,
}

impl Directory {
    /// Makes one where temporary files are made.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn make() -> io::Result<Self> {
        let parent = env::temp_dir();
        Self::make_in(&parent).map_err(|error| {
            let why = format!(
                "cannot make a directory in `{}`; see TMPDIR: {error}",
                parent.display()
            );
            io::Error::new(error.kind(), why)
        })
    }

    /// Makes one for its user alone, and takes away what is left beside it of others.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn make_in(parent: &Path) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let directory = builder(0o700).tempdir_in(parent)?;
            let lock = match File::open(directory.path()) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                lock => lock?,
            };
            if is_kept(&lock, directory.path()) {
                // Others may work in the same place.
                sweep_if(parent, |left| is_of_one_user(left, &lock));
                return Ok(Self {
                    directory,
                    _lock: lock,
                });
            }
        }
        Err(taken(parent))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Keeps it, under a name that begins with `prefix`, for its user to look at.
    pub fn keep(self, prefix: &str) -> PathBuf {
        let unfinished = self.directory.keep();
        let random = unfinished
            .file_name()
            .and_then(|it| random_part(it.to_str()?));
        let kept = unfinished.with_file_name(format!("{prefix}{}", random.unwrap_or_default()));
        match fs::rename(&unfinished, &kept) {
            Ok(()) => kept,
            Err(_) => unfinished,
        }
    }
}

/// Locks what was just made; false if another process found it without a lock, and removes it.
fn is_kept(file: &File, path: &Path) -> bool {
    // Shared, so that others of this process may hold it too.
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => false,
        // Without locks in this file system, nobody asks.
        _ => path.symlink_metadata().is_ok(),
    }
}

fn taken(directory: &Path) -> io::Error {
    let why = format!(
        "another process removes what is made in `{}`",
        directory.display()
    );
    io::Error::other(why)
}

/// What is between the ends of a name.
fn random_part(name: &str) -> Option<&str> {
    let random = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let fits = random.len() == RANDOM && random.bytes().all(|it| it.is_ascii_alphanumeric());
    fits.then_some(random)
}

/// Removes what processes left in a directory that were killed: nobody holds its locks.
pub fn sweep(directory: &Path) {
    sweep_if(directory, |_| true);
}

fn sweep_if(directory: &Path, wanted: impl Fn(&File) -> bool) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().and_then(random_part).is_some() {
            // What cannot be removed does no harm.
            let _ = remove_left(&entry.path(), &wanted);
        }
    }
}

fn remove_left(path: &Path, wanted: impl Fn(&File) -> bool) -> io::Result<()> {
    let is_directory = match path.symlink_metadata()?.file_type() {
        it if it.is_dir() => true,
        it if it.is_file() => false,
        _ => return Ok(()),
    };
    let left = File::open(path)?;
    left.try_lock()?;
    match (wanted(&left), is_directory) {
        (false, _) => Ok(()),
        (true, true) => fs::remove_dir_all(path),
        (true, false) => fs::remove_file(path),
    }
}

#[cfg(unix)]
fn is_of_one_user(left: &File, ours: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let user = |file: &File| file.metadata().map(|it| it.uid()).ok();
    user(left).is_some_and(|it| user(ours) == Some(it))
}

#[cfg(not(unix))]
fn is_of_one_user(_: &File, _: &File) -> bool {
    true
}

/// Holds a directory, which is made if need be, so that [`remove_if_left`] leaves it, also while it is empty.
///
/// # Errors
///
/// If it cannot be made.
pub fn hold(directory: &Path) -> io::Result<Option<File>> {
    let mut others = None;
    for _ in 0..ATTEMPTS {
        fs::create_dir_all(directory)?;
        let held = match File::open(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            // One that cannot be read can be written all the same.
            held => held.ok(),
        };
        // Without locks in this file system, nobody asks.
        let is_locked = held.as_ref().map(File::try_lock_shared);
        if matches!(is_locked, Some(Err(TryLockError::WouldBlock))) {
            // Another process is about to remove it, for a moment; or the user holds it, for as long as that
            // takes.
            thread::sleep(BETWEEN_ATTEMPTS);
            others = held;
        } else if directory.is_dir() {
            return Ok(held);
        }
    }
    match others {
        Some(held) if directory.is_dir() => Ok(Some(held)),
        _ => Err(taken(directory)),
    }
}

/// Takes away what is left in a directory that is held while it is used, and itself if it is empty then.
pub fn remove_if_left(directory: &Path) {
    sweep(directory);
    let removed = || -> io::Result<()> {
        let held = File::open(directory)?;
        held.try_lock()?;
        // Only an empty one is.
        fs::remove_dir(directory)
    };
    // What cannot be removed does no harm.
    let _ = removed();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let names = fs::read_dir(directory).unwrap();
        let name = |it: io::Result<fs::DirEntry>| it.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<_> = names.map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_left_is_removed_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::write(at(".vpce-scout-AbC012345678.unfinished"), "half").unwrap();
        fs::create_dir(at(".vpce-scout-000000000000.unfinished")).unwrap();
        fs::write(
            at(".vpce-scout-000000000000.unfinished/runs.sqlite3"),
            "half",
        )
        .unwrap();
        let others = [
            ".vpce-scout-config",
            ".vpce-scout-AbC01234567.unfinished",
            ".vpce-scout-AbC0123456-8.unfinished",
            ".vpce-scout-AbC012345678.unfinished.toml",
        ];
        for name in others {
            fs::write(at(name), "mine").unwrap();
        }
        let file = file_in(home.path(), Readable::Private).unwrap();
        let directory = Directory::make_in(home.path()).unwrap();
        fs::write(directory.path().join("report.json"), "half").unwrap();
        sweep(home.path());
        assert_eq!(names(home.path()).len(), others.len() + 2);
        assert!(file.path().exists() && directory.path().join("report.json").exists());
        drop((file, directory));
        let mut others = others.map(str::to_owned);
        others.sort();
        assert_eq!(names(home.path()), others);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_and_what_is_no_file_stay_what_they_are() {
        use std::{os::unix::fs::symlink, process::Command, thread};
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        let write = |path: &Path| write(path, Readable::ByUmask, |out| out.write_all(b"text"));
        fs::create_dir(at("real")).unwrap();
        fs::write(at("real/there"), "before").unwrap();
        for name in ["there", "dangling"] {
            symlink(format!("real/{name}"), at(name)).unwrap();
            write(&at(name)).unwrap();
            assert!(at(name).is_symlink());
            let found = fs::read_to_string(at("real").join(name)).unwrap();
            assert_eq!(found, "text");
        }
        let pipe = at("pipe");
        symlink("pipe", at("to pipe")).unwrap();
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        for name in ["pipe", "to pipe"] {
            assert_eq!(Place::of(&at(name)).unwrap(), Place::Pipe, "{name}");
        }
        let path = pipe.clone();
        let reader = thread::spawn(move || fs::read_to_string(path).unwrap());
        write(&pipe).unwrap();
        assert_eq!(reader.join().unwrap(), "text");
        assert!(!fs::metadata(&pipe).unwrap().is_file());
        assert_eq!(Place::of(Path::new("/dev/null")).unwrap(), Place::Stream);
        assert_eq!(Place::of(Path::new("/dev/stdout")).unwrap(), Place::Stream);
        let missing = write(&at("missing/x")).unwrap_err().to_string();
        assert!(!missing.contains(PREFIX), "{missing}");
        assert_eq!(
            names(home.path()),
            ["dangling", "pipe", "real", "there", "to pipe"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_link_that_leads_nowhere_and_a_circle_stay() {
        use std::os::unix::fs::symlink;
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        symlink("second", at("first")).unwrap();
        symlink("missing", at("second")).unwrap();
        symlink("circle", at("circle")).unwrap();
        for name in ["first", "circle"] {
            let written = write(&at(name), Readable::ByUmask, |out| out.write_all(b"text"));
            assert!(written.is_err(), "{name}");
            assert!(at(name).is_symlink(), "{name}");
        }
        assert_eq!(names(home.path()), ["circle", "first", "second"]);
    }

    #[test]
    fn a_directory_that_its_user_has_locked_is_held_all_the_same() {
        let home = tempfile::tempdir().unwrap();
        let lock = File::open(home.path()).unwrap();
        lock.lock().unwrap();
        assert!(hold(home.path()).unwrap().is_some());
    }

    #[test]
    fn a_directory_that_is_kept_is_no_leftover() {
        let home = tempfile::tempdir().unwrap();
        let directory = Directory::make_in(home.path()).unwrap();
        fs::write(directory.path().join("report.json"), "whole").unwrap();
        let kept = directory.keep("vpce-scout-reports-");
        sweep(home.path());
        assert_eq!(
            fs::read_to_string(kept.join("report.json")).unwrap(),
            "whole"
        );
    }

    #[test]
    fn a_directory_can_be_held_by_who_writes_to_it() {
        let home = tempfile::tempdir().unwrap();
        let directory = Directory::make_in(home.path()).unwrap();
        let held = hold(directory.path()).unwrap();
        drop(held);
        sweep(home.path());
        assert!(directory.path().exists());
    }

    #[test]
    fn a_link_is_not_followed() {
        let home = tempfile::tempdir().unwrap();
        let real = home.path().join("real");
        fs::create_dir(&real).unwrap();
        fs::write(real.join("mine"), "mine").unwrap();
        let link = home.path().join(".vpce-scout-000000000000.unfinished");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        sweep(home.path());
        assert!(real.join("mine").exists() && link.exists());
    }

    #[test]
    fn a_directory_is_removed_if_it_is_empty_and_nobody_holds_it() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("below/interrupted");
        let held = hold(&directory).unwrap();
        remove_if_left(&directory);
        assert!(directory.exists());
        drop(held);
        fs::write(
            directory.join(".vpce-scout-AbC012345678.unfinished"),
            "half",
        )
        .unwrap();
        fs::write(directory.join("report.json"), "whole").unwrap();
        remove_if_left(&directory);
        assert_eq!(names(&directory), ["report.json"]);
        fs::remove_file(directory.join("report.json")).unwrap();
        remove_if_left(&directory);
        assert!(!directory.exists());
    }
}
