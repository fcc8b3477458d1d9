//! Plans and manifests as files.

use std::{fs, io::Write as _, path::Path};

use anyhow::Context;

/// Writes a document to a temporary file and renames it, so that a partial one is never read.
pub(super) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write `{}`", path.display()))
}

/// Reads a document.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}
