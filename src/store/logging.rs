//! The manifest of `logging`: every changing call is on the disk before it is made.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::{RunLock, Store, StoreError, rows};
use crate::model::logging::{Action, Item, ItemState, Plan};

/// Only one process at a time turns logs on or off.
const LOCK: &str = "logging";

/// A run of `logging enable --apply` that was ended early.
#[derive(Clone, Debug)]
pub struct Unfinished {
    /// Its id.
    pub run: String,
    /// When its things expire.
    pub expires_at: Timestamp,
    /// The plan that it carried out, as JSON.
    pub plan: String,
}

const ITEM: &str = "item.run, logging_run.expires_at, item.state, item.resource_id, \
                    item.changed_at, item.action
                    FROM logging_item item JOIN logging_run ON logging_run.id = item.run";

fn item(row: &Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        run: row.get(0)?,
        expires_at: rows::required(row, 1)?,
        state: rows::required(row, 2)?,
        resource_id: row.get(3)?,
        changed_at: rows::required(row, 4)?,
        action: rows::json(row, 5)?,
    })
}

impl Store {
    /// Takes the lock of all changing; goes with the process.
    pub fn lock_logging(&self) -> Result<RunLock, StoreError> {
        self.lock(LOCK)?
            .ok_or_else(|| StoreError::LoggingInProgress {
                path: self.file.clone(),
            })
    }

    /// Begins a run, or resumes it.
    pub fn begin_logging(&self, plan: &Plan) -> Result<(), StoreError> {
        let text = rows::to_json(plan).map_err(|error| self.error(error))?;
        self.in_transaction(|| {
            self.change(
                "INSERT INTO logging_run (id, started_at, expires_at, plan) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET finished_at = NULL",
                params![
                    plan.run,
                    plan.made_at.to_string(),
                    plan.expires_at.to_string(),
                    text
                ],
            )?;
            self.seal("logging_run", "id = ?1", params![plan.run])
        })
    }

    /// Ends a run.
    pub fn finish_logging(&self, run: &str, at: Timestamp) -> Result<(), StoreError> {
        self.in_transaction(|| {
            self.change(
                "UPDATE logging_run SET finished_at = ?2 WHERE id = ?1",
                params![run, at.to_string()],
            )?;
            self.seal("logging_run", "id = ?1", params![run])
        })
    }

    /// Runs that were ended before they were done, the latest first.
    pub fn unfinished_logging(&self) -> Result<Vec<Unfinished>, StoreError> {
        let read = |row: &Row<'_>| {
            Ok(Unfinished {
                run: row.get(0)?,
                expires_at: rows::required(row, 1)?,
                plan: row.get(2)?,
            })
        };
        let sql = "SELECT id, expires_at, plan FROM logging_run WHERE finished_at IS NULL
                   ORDER BY started_at DESC";
        self.list_logging(sql, [], read)
    }

    /// Puts down how far an action came. A `begun` one is on the disk when this returns.
    pub fn note_logging(
        &self,
        run: &str,
        action: &Action,
        state: ItemState,
        resource_id: Option<&str>,
    ) -> Result<(), StoreError> {
        let failed = |error| self.error(error);
        let text = rows::to_json(action).map_err(failed)?;
        let state = rows::to_json(&state).map_err(failed)?;
        let sql = "INSERT INTO logging_item
                 (run, account_id, region, action_key, state, resource_id, changed_at, action)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (run, account_id, region, action_key) DO UPDATE SET
                 state = excluded.state, changed_at = excluded.changed_at,
                 resource_id = coalesce(excluded.resource_id, resource_id)";
        let account = action.account_id.as_str();
        let region = action.region.as_ref().map_or("", |region| region.as_str());
        let values = params![
            run,
            account,
            region,
            action.key,
            state.trim_matches('"'),
            resource_id,
            Timestamp::now().to_string(),
            text
        ];
        self.in_transaction(|| {
            self.change(sql, values)?;
            let place = "run = ?1 AND account_id = ?2 AND region = ?3 AND action_key = ?4";
            self.seal(
                "logging_item",
                place,
                params![run, account, region, action.key],
            )
        })
    }

    /// Everything that was ever begun, the earliest run first, and in each in the order of its plan.
    pub fn logging_items(&self) -> Result<Vec<Item>, StoreError> {
        let sql = format!("SELECT {ITEM} ORDER BY logging_run.started_at, item.rowid");
        self.list_logging(&sql, [], item)
    }

    fn list_logging<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        for table in ["logging_run", "logging_item"] {
            self.verify_table(table)?;
        }
        let failed = |error| self.error(error);
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let found = statement
            .query_map(values, |row| read(row))
            .map_err(failed)?;
        found.collect::<Result<_, _>>().map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::logging::{VERSION, Work};

    fn plan(run: &str) -> Plan {
        Plan {
            version: VERSION,
            run: run.to_owned(),
            made_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            expires_at: "2026-01-15T00:00:00Z".parse().unwrap(),
            request: None,
            fingerprint: String::new(),
            tags: [].into(),
            actions: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn action(key: &str) -> Action {
        Action {
            key: key.to_owned(),
            account_id: "123456789012".parse().unwrap(),
            region: None,
            name: key.to_owned(),
            work: Work::DeleteRole {
                role_name: "r".to_owned(),
            },
            depends_on: Vec::new(),
        }
    }

    #[test]
    fn what_was_begun_is_there_after_the_process_is_gone_and_keeps_its_id() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        store.begin_logging(&plan("a")).unwrap();
        for (state, id) in [(ItemState::Begun, None), (ItemState::Made, Some("rqlc-1"))] {
            store.note_logging("a", &action("one"), state, id).unwrap();
        }
        store
            .note_logging("a", &action("two"), ItemState::Begun, None)
            .unwrap();
        drop(store);
        let store = Store::open(home.path()).unwrap();
        store
            .note_logging("a", &action("one"), ItemState::Undone, None)
            .unwrap();
        let items = store.logging_items().unwrap();
        let seen: Vec<_> = items
            .iter()
            .map(|it| (it.action.key.as_str(), it.state, it.resource_id.as_deref()))
            .collect();
        assert_eq!(
            seen,
            [
                ("one", ItemState::Undone, Some("rqlc-1")),
                ("two", ItemState::Begun, None)
            ]
        );
        assert_eq!(store.unfinished_logging().unwrap()[0].run, "a");
        store.finish_logging("a", Timestamp::now()).unwrap();
        assert!(store.unfinished_logging().unwrap().is_empty());
    }

    #[test]
    fn two_processes_never_change_logging_at_once() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let held = store.lock_logging().unwrap();
        assert!(store.lock_logging().is_err());
        drop(held);
        assert!(store.lock_logging().is_ok());
    }
}
