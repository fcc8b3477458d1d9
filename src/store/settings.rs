//! What this room reads in the settings that a run is stored with: whether it scanned a shard of the
//! accounts, and whether it was merged of several.

use toml::{Table, Value};

use super::Record;
use crate::model::shard::Shard;

/// Marks the settings of a run that was merged.
const MERGE: &str = "merge";

fn table(settings: &str) -> Table {
    settings.parse().unwrap_or_default()
}

/// The shard of a run.
pub(super) fn shard(settings: &str) -> Option<Shard> {
    let table = table(settings);
    table.get("scope")?.get("shard")?.as_str()?.parse().ok()
}

impl Record {
    /// Whether the run was merged of shards: AWS is never asked on behalf of it.
    pub fn is_merged(&self) -> bool {
        table(&self.settings).contains_key(MERGE)
    }

    /// Whether the run was to read logs.
    pub fn reads_logs(&self) -> bool {
        let table = table(&self.settings);
        let enabled = table.get("usage").and_then(|it| it.get("enabled"));
        enabled.and_then(Value::as_bool).unwrap_or(true)
    }

    /// What shards of one scan have in common, setting by setting: all but the shard itself and where
    /// reports go.
    pub fn shared_settings(&self) -> Vec<(String, String)> {
        let mut shared = Vec::new();
        for (section, values) in table(&self.settings) {
            let Value::Table(values) = values else {
                continue;
            };
            let kept = |key: &str| section != "output" && (section != "scope" || key != "shard");
            for (key, value) in values.into_iter().filter(|(key, _)| kept(key)) {
                shared.push((format!("{section}.{key}"), value.to_string()));
            }
        }
        shared.sort();
        shared
    }

    /// The settings of a run that is merged of shards like this one.
    pub fn settings_of_merged(&self) -> String {
        let mut all = table(&self.settings);
        if let Some(scope) = all.get_mut("scope").and_then(Value::as_table_mut) {
            scope.remove("shard");
        }
        let count = self.run.shard.map_or(1, Shard::count);
        let shards = Table::from_iter([("shards".to_owned(), Value::from(i64::from(count)))]);
        all.insert(MERGE.to_owned(), Value::Table(shards));
        all.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_read_from_the_settings_and_older_runs_have_none() {
        assert_eq!(
            shard("[scope]\nshard = \"2/3\"\n"),
            "2/3".parse().ok(),
            "the second of three"
        );
        for without in ["", "[scope]\nshard = \"\"\n", "[scope]\naccounts = []\n"] {
            assert_eq!(shard(without), None, "{without}");
        }
    }
}
