//! The run store in S3, and its copy in a local directory on which the program works.
//!
//! The copy remembers the entity tag of the object that it was made from, and which runs it holds that
//! were not uploaded yet. It is used again as long as the object is the same; replaced if the object
//! has changed; and never replaced while it holds something that S3 does not. An upload replaces
//! exactly the object that the copy was made from: of two runs that began with the same one, the
//! second finds it changed, and its store goes beside.

use std::{
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{
    bucket::{Bucket, Object},
    error::RemoteError,
    upload::Condition,
};
use crate::{
    model::s3_location::S3Location,
    store::{FILE, Store},
    temporary::{self, Readable},
};

/// The directory of a copy below those of its bucket and prefix; no prefix has this letter.
const COPY: &str = "%store";
/// The file that holds the entity tag.
const ETAG: &str = "etag";
/// How the files begin that name runs which were not uploaded.
const PENDING: &str = "pending-";
/// The file that holds the name of the upload that was begun last, and its run: its answer may be lost, or
/// the process be killed before it comes.
const UPLOAD: &str = "upload";
/// How long the copy is waited for while another process makes it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A copy that this process uses.
#[derive(Debug)]
pub struct StoreCopy {
    directory: PathBuf,
    key: String,
    /// Locked as shared while the copy is used, and alone while it is replaced.
    used: File,
}

/// Something that was not uploaded yet; held by the process that changes the copy.
#[derive(Debug)]
pub struct Pending {
    _file: File,
}

/// Where an upload went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uploaded {
    /// To its place.
    InPlace,
    /// Beside it, since another run has written the object meanwhile.
    Conflict(S3Location),
}

impl StoreCopy {
    /// Makes the copy of the store at a place of S3, or brings it up to date. Where there is no store
    /// yet, there is no copy either.
    ///
    /// # Errors
    ///
    /// Also if the copy holds runs that S3 does not, and S3 has others.
    pub async fn open(bucket: &Bucket, state_dir: &Path) -> Result<Self, RemoteError> {
        let place = state_dir.join("s3").join(bucket.location.to_path());
        let directory = place.join(COPY);
        make_private(&directory).map_err(RemoteError::file(&directory))?;
        let lock = directory.join("use.lock");
        let used = open_lock(&lock).map_err(RemoteError::file(&lock))?;
        used.lock_shared().map_err(RemoteError::file(&lock))?;
        let copy = Self {
            key: bucket.location.key(FILE),
            directory,
            used,
        };
        let object = bucket.find(&copy.key).await?;
        if copy.is_current(object.as_ref()) {
            return Ok(copy);
        }
        if copy.is_pending() {
            return match object {
                None => copy.forget_object().map(|()| copy),
                Some(object) if copy.is_uploaded(bucket, &object).await? => Ok(copy),
                Some(_) => Err(RemoteError::Diverged {
                    url: bucket.url(&copy.key),
                    path: copy.directory,
                }),
            };
        }
        copy.replace(bucket, object, &lock).await?;
        Ok(copy)
    }

    /// The directory of the copy.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Notes that a run changes the copy. The note stays until an upload, also if the process is
    /// killed.
    pub fn begin(&self, run_id: &str) -> Result<Pending, RemoteError> {
        let path = self.directory.join(format!("{PENDING}{run_id}"));
        let noted = open_lock(&path).and_then(|file| {
            file.lock_shared()?;
            Ok(Pending { _file: file })
        });
        noted.map_err(RemoteError::file(path))
    }

    /// Uploads the store, if the object is still the one that the copy was made from, and beside it
    /// (`conflict-RUN/`) if not.
    pub async fn upload(
        &self,
        bucket: &Bucket,
        store: &Store,
        pending: Pending,
        run_id: &str,
    ) -> Result<Uploaded, RemoteError> {
        let lock = self.directory.join("upload.lock");
        let uploading = open_lock(&lock).map_err(RemoteError::file(&lock))?;
        uploading.lock().map_err(RemoteError::file(&lock))?;
        let snapshot = temporary::Directory::make_in(&self.directory)
            .map_err(RemoteError::file(&self.directory))?;
        let file = snapshot.path().join(FILE);
        store.copy_to(&file)?;
        let condition = self.etag().map_or(Condition::Absent, Condition::Unchanged);
        let staged = bucket.stage(&file, &self.key).await?;
        if let Err(error) = self.note_upload(&staged.name, run_id) {
            bucket.abort(staged).await;
            return Err(error);
        }
        let uploaded = match bucket.complete(staged, &condition).await {
            Ok(etag) => {
                self.set_etag(&etag)?;
                Uploaded::InPlace
            }
            Err(RemoteError::Changed { .. }) => {
                let beside = bucket.location.below(&format!("conflict-{run_id}"));
                let files = [(file, beside.key(FILE))];
                bucket.upload(&files, &Condition::None).await?;
                Uploaded::Conflict(beside)
            }
            Err(error) => return Err(error),
        };
        drop(pending);
        self.clear_pending();
        remove(&self.directory.join(UPLOAD))?;
        Ok(uploaded)
    }

    fn note_upload(&self, name: &str, run_id: &str) -> Result<(), RemoteError> {
        self.note(UPLOAD, &format!("{name} {run_id}"))
    }

    /// Whether the object is what this copy uploaded last, although no answer came here; that is noted, as
    /// the upload would have done.
    async fn is_uploaded(&self, bucket: &Bucket, object: &Object) -> Result<bool, RemoteError> {
        let note = fs::read_to_string(self.directory.join(UPLOAD)).unwrap_or_default();
        let Some((name, run_id)) = note.trim().split_once(' ') else {
            return Ok(false);
        };
        if !bucket.is_of_upload(object, name).await? {
            return Ok(false);
        }
        self.set_etag(&object.etag)?;
        // Of other runs, some may have been written after it.
        clear(&self.directory.join(format!("{PENDING}{run_id}")));
        Ok(true)
    }

    fn etag(&self) -> Option<String> {
        let text = fs::read_to_string(self.directory.join(ETAG)).ok()?;
        Some(text.trim().to_owned()).filter(|it| !it.is_empty())
    }

    fn set_etag(&self, etag: &str) -> Result<(), RemoteError> {
        self.note(ETAG, etag)
    }

    /// Keeps a text in a file of the copy.
    fn note(&self, file: &str, text: &str) -> Result<(), RemoteError> {
        let path = self.directory.join(file);
        let written = temporary::write(&path, Readable::Private, |out| {
            out.write_all(text.as_bytes())
        });
        written.map_err(RemoteError::file(path))
    }

    /// Forgets the entity tag: the copy is of no object any more, and an upload makes a new one.
    fn forget_object(&self) -> Result<(), RemoteError> {
        remove(&self.directory.join(ETAG))
    }

    fn is_current(&self, object: Option<&Object>) -> bool {
        let copied = self.directory.join(FILE).is_file();
        match (object, self.etag()) {
            (Some(object), Some(etag)) => copied && object.etag == etag,
            (None, None) => !copied,
            _ => false,
        }
    }

    /// The notes of runs that were not uploaded.
    fn pending(&self) -> impl Iterator<Item = PathBuf> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten();
        entries.flatten().map(|entry| entry.path()).filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(PENDING))
        })
    }

    fn is_pending(&self) -> bool {
        self.pending().next().is_some()
    }

    /// Removes the notes of runs on which no other process works: what they wrote is uploaded.
    fn clear_pending(&self) {
        for path in self.pending() {
            clear(&path);
        }
    }

    /// Replaces the copy, while no other process uses it.
    async fn replace(
        &self,
        bucket: &Bucket,
        object: Option<Object>,
        lock: &Path,
    ) -> Result<(), RemoteError> {
        let used = &self.used;
        used.unlock().map_err(RemoteError::file(lock))?;
        let start = Instant::now();
        while used.try_lock().is_err() {
            if start.elapsed() > PATIENCE {
                return Err(RemoteError::InUse {
                    url: bucket.url(&self.key),
                    path: self.directory.clone(),
                });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Another process may have made it meanwhile.
        if !self.is_current(object.as_ref()) {
            self.fetch(bucket, object).await?;
        }
        used.unlock().map_err(RemoteError::file(lock))?;
        used.lock_shared().map_err(RemoteError::file(lock))
    }

    async fn fetch(&self, bucket: &Bucket, object: Option<Object>) -> Result<(), RemoteError> {
        let file = self.directory.join(FILE);
        let whole = match &object {
            None => None,
            Some(object) => {
                let whole = self.directory.join("download");
                bucket.download(object, &whole).await?;
                Some(whole)
            }
        };
        // Without its tag the copy is made anew, wherever this is broken off.
        let beside = ["sqlite3-wal", "sqlite3-shm"].map(|it| file.with_extension(it));
        for path in [self.directory.join(ETAG), file.clone()]
            .iter()
            .chain(&beside)
        {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(RemoteError::file(path)(error));
                }
                _ => {}
            }
        }
        if let (Some(whole), Some(object)) = (whole, object) {
            fs::rename(whole, &file).map_err(RemoteError::file(file))?;
            self.set_etag(&object.etag)?;
        }
        Ok(())
    }
}

/// Whether the store at a place of the bucket can be written, without writing it.
pub async fn prove(bucket: &Bucket) -> Result<(), RemoteError> {
    bucket.prove(&bucket.location.key(FILE)).await
}

/// Whether the store at a place can be used, if there is one: it is read.
///
/// # Errors
///
/// Also if the object is no sound store of this version of the program or of an earlier one.
pub async fn inspect(bucket: &Bucket) -> Result<(), RemoteError> {
    let Some(object) = bucket.find(&bucket.location.key(FILE)).await? else {
        return Ok(());
    };
    let home = temporary::Directory::make();
    let home = home.map_err(RemoteError::file(env::temp_dir()))?;
    bucket.download(&object, &home.path().join(FILE)).await?;
    Store::inspect(home.path()).map_err(RemoteError::from)
}

/// Downloads all stores below a place of the bucket, each into a directory of its own below `into`:
/// their URLs and files. A store at the place itself counts only if there is no other.
///
/// # Errors
///
/// Also if there is none.
pub async fn download_parts(
    bucket: &Bucket,
    into: &Path,
) -> Result<Vec<(String, PathBuf)>, RemoteError> {
    let mut stores = bucket.objects().await?;
    stores.retain(|object| object.key.rsplit('/').next() == Some(FILE));
    if stores.len() > 1 {
        stores.retain(|object| object.key != bucket.location.key(FILE));
    }
    if stores.is_empty() {
        return Err(RemoteError::Missing {
            url: bucket.location.to_string(),
        });
    }
    let mut parts = Vec::new();
    for (number, object) in stores.iter().enumerate() {
        let directory = into.join(number.to_string());
        make_private(&directory).map_err(RemoteError::file(&directory))?;
        let file = directory.join(FILE);
        bucket.download(object, &file).await?;
        parts.push((bucket.url(&object.key), file));
    }
    Ok(parts)
}

/// Removes the note of a run, unless a process works on it.
fn clear(path: &Path) {
    if File::open(path).is_ok_and(|file| file.try_lock().is_ok()) {
        let _ = fs::remove_file(path);
    }
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), RemoteError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(RemoteError::file(path)(error))
        }
        _ => Ok(()),
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    options.open(path)
}

/// What is in the directory concerns its user alone.
fn make_private(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(directory)
}
