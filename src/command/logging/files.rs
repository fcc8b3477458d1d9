//! Plans and manifests as files.

use std::{fs, path::Path};

use anyhow::Context;

use crate::{
    model::logging::DocumentError,
    temporary::{self, Readable},
};

/// Writes a document to a temporary file and renames it, so that a partial one is never read.
pub(super) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = temporary::write(path, Readable::Private, |out| {
        out.write_all(text.as_bytes())
    });
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

/// Reads a document; an error names the file.
pub(super) fn parse<T>(
    path: &Path,
    document: impl Fn(&[u8]) -> Result<T, DocumentError>,
) -> anyhow::Result<T> {
    let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    document(&bytes).with_context(|| format!("cannot use `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::logging::{read_manifest, read_plan};

    #[test]
    fn a_file_that_is_no_document_is_named_in_the_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let name = file.path().display().to_string();
        for error in [
            parse(file.path(), read_plan).unwrap_err(),
            parse(file.path(), read_manifest).unwrap_err(),
        ] {
            let error = format!("{error:#}");
            assert!(
                error.contains(&name) && error.contains("of vpce-scout"),
                "{error}"
            );
        }
    }
}
