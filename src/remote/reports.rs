//! The files of a report in S3.

use std::{env, path::PathBuf};

use super::{bucket::Bucket, error::RemoteError, upload::Condition};
use crate::{model::s3_location::S3Location, temporary};

/// The files whose arrival shows that a report is complete, the last of them that there is.
const LAST: [&str; 5] = [
    "coverage.csv",
    "report.md",
    "report.html",
    "report.xlsx",
    "report.json",
];

/// Whether reports can be written to the place of the bucket, without writing them.
///
/// # Errors
///
/// If they cannot.
pub async fn prove(bucket: &Bucket) -> Result<(), RemoteError> {
    bucket.prove(&bucket.location.key("report.json")).await?;
    // They are made here before they are uploaded.
    let made = temporary::Directory::make().map(drop);
    made.map_err(RemoteError::file(env::temp_dir()))
}

/// Whether reports were written to the place of a bucket before.
///
/// # Errors
///
/// If the bucket cannot be listed.
pub async fn exist(bucket: &Bucket) -> Result<bool, RemoteError> {
    let objects = bucket.objects().await?;
    let is_report = |key: &str| LAST.iter().any(|name| *key == bucket.location.key(name));
    Ok(objects.iter().any(|object| is_report(&object.key)))
}

/// Writes files to a place of the bucket under their names, `report.json` last. Returns their URLs.
///
/// # Errors
///
/// If a file cannot be uploaded: then nothing has changed in the bucket, unless S3 refuses to complete
/// an upload after the first.
pub async fn write(
    bucket: &Bucket,
    location: &S3Location,
    files: &[PathBuf],
) -> Result<Vec<String>, RemoteError> {
    let mut files: Vec<(PathBuf, String)> = files
        .iter()
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            Some((path.clone(), name.to_owned()))
        })
        .collect();
    files.sort_by_key(|(_, name)| LAST.iter().position(|last| last == name));
    for (_, name) in &mut files {
        *name = location.key(name);
    }
    bucket.upload(&files, &Condition::None).await?;
    Ok(files.iter().map(|(_, key)| bucket.url(key)).collect())
}
