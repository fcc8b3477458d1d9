//! A scan fills the price file by itself where it is missing or old and the caller may read the price
//! list. Whatever goes wrong is a remark: the prices stay as they were, and so does the scan.

use std::{fs, path::Path, time::Duration};

use crate::{
    config::Config,
    org::session::Access,
    scan::price_list,
    store::{Record, Store},
};

/// How long a scan waits for the price list.
const LONGEST: Duration = Duration::from_mins(1);

/// Refreshes the price file and the prices that are kept with a run that begins; a remark if that was
/// tried.
pub(in super::super) async fn if_old(
    config: &Config,
    access: &Access,
    store: &Store,
    record: &Record,
) -> anyhow::Result<Option<String>> {
    let days = config.prices.refresh_days;
    // A file that was named is the user's own. Shards that read the list each for itself, or could not,
    // would have different prices, and could not be merged.
    if days == 0 || config.prices.file.is_some() || config.scope.shard.is_some() {
        return Ok(None);
    }
    let path = super::file::path(config)?;
    if !is_old(&path, days) {
        return Ok(None);
    }
    let why = match tokio::time::timeout(LONGEST, read(config, access, &path)).await {
        Ok(Ok(count)) => {
            store.set_prices(record.key, &super::in_force(config)?.to_toml()?)?;
            let text = format!("{count} prices read from the price list of AWS; see `prices show`");
            return Ok(Some(text));
        }
        Ok(Err(error)) => crate::exit::describe(&error),
        Err(_) => format!("no answer within {} seconds", LONGEST.as_secs()),
    };
    Ok(Some(format!(
        "the price list of AWS was not read, and prices are those of before: {why}"
    )))
}

async fn read(config: &Config, access: &Access, path: &Path) -> anyhow::Result<usize> {
    let before = super::file::read(path)?.unwrap_or_default();
    let answers = price_list::ask_with(access, config, None, |_| {}, || {}).await?;
    Ok(super::update::keep(answers, before, path)?.0)
}

/// Whether a file is missing, or was written more than so many days ago.
fn is_old(path: &Path, days: u32) -> bool {
    let age = fs::metadata(path).and_then(|it| it.modified());
    let age = age.ok().and_then(|it| it.elapsed().ok());
    // Of a time in the future there is no age, and nothing is known to be old.
    match (path.exists(), age) {
        (false, _) => true,
        (true, age) => age.is_some_and(|it| it.as_secs() > u64::from(days) * 24 * 3600),
    }
}
