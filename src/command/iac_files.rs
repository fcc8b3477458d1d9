//! The files of `iac`: units as they are generated, and `left_out.csv` beside them.

use std::path::Path;

use crate::{
    iac::{File, LeftOut},
    model::{
        id::Region,
        report::{OpportunityRow, field_names},
    },
    report,
};

/// Writes files below a directory that can be written to, each as a whole.
pub(super) fn write(files: &[File], out: &Path) -> anyhow::Result<()> {
    // Those of a unit come one after the other.
    let mut open = None;
    for file in files {
        let path = out.join(&file.path);
        let directory = path.parent().filter(|it| open.as_deref() != Some(*it));
        if let Some(directory) = directory {
            report::make_directory(directory)?;
            open = Some(directory.to_owned());
        }
        report::write_file(&path, |out| out.write_all(file.contents.as_bytes()))?;
    }
    Ok(())
}

/// Writes `left_out.csv` while the Regions are generated; stops at the first that fails.
pub(super) fn write_left_out<'r>(
    out: &Path,
    regions: impl Iterator<Item = &'r Region>,
    mut generate: impl FnMut(&Region) -> anyhow::Result<Vec<LeftOut>>,
) -> anyhow::Result<()> {
    let opportunity = field_names::<OpportunityRow>().iter().copied();
    let columns: Vec<&str> = opportunity.chain(["why"]).collect();
    let mut failed = None;
    let rows = regions.map_while(|region| match generate(region) {
        Ok(rows) => Some(rows),
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    report::write_file(&out.join("left_out.csv"), |out| {
        report::write_csv(&columns, rows.flatten(), out)
    })?;
    failed.map_or(Ok(()), Err)
}
