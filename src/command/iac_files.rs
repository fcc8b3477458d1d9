//! The files of `iac`: units as they are generated, and `left_out.csv` beside them.

use std::{fs, path::Path};

use crate::{
    iac::{File, LeftOut},
    model::{
        id::{AccountId, Region},
        report::{OpportunityRow, field_names},
    },
    report, temporary,
};

/// Takes away what a process left in the units below a directory that was killed, also in those that are no
/// longer made.
pub(super) fn sweep(out: &Path) {
    let below = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten();
    let is_unit = |name: &str| name.parse::<AccountId>().is_ok();
    for account in below(out).filter(|it| it.file_name().to_str().is_some_and(is_unit)) {
        for region in below(&account.path()) {
            temporary::sweep(&region.path());
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_in_a_unit_goes_although_the_unit_is_not_made_again() {
        let out = tempfile::tempdir().unwrap();
        let unit = out.path().join("111122223333/eu-west-1");
        let other = out.path().join("modules/eu-west-1");
        let left = ".vpce-scout-AbC012345678.unfinished";
        for directory in [&unit, &other] {
            fs::create_dir_all(directory).unwrap();
            fs::write(directory.join(left), "half").unwrap();
            fs::write(directory.join("README.md"), "finished").unwrap();
        }
        sweep(out.path());
        let count = |directory: &Path| fs::read_dir(directory).unwrap().count();
        assert_eq!((count(&unit), count(&other)), (1, 2));
    }
}
