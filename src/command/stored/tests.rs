//! Hints and errors of stored runs.

use jiff::Timestamp;

use super::*;
use crate::{
    command::record_of_finished_run,
    model::run::{Run, Window},
};

#[test]
fn hints_lead_to_the_store_that_was_meant() {
    let home = tempfile::tempdir().unwrap();
    let stored = Stored {
        store: Store::open(home.path())
            .unwrap()
            .with_flags(" --state-dir there".to_owned()),
        place: StatePlace::Directory(home.path().to_owned()),
    };
    let now = Timestamp::now();
    let window = Window {
        start: now,
        end: now,
    };
    let run = stored
        .begin(&Run::begun(now, window, Vec::new()), "")
        .unwrap();
    let id = &run.record.run.id;
    for (error, hint) in [
        (
            record_of_finished_run(&stored, "latest").unwrap_err(),
            "`vpce-scout runs --state-dir there`".to_owned(),
        ),
        (
            record_of_finished_run(&stored, "nothing").unwrap_err(),
            "`vpce-scout runs --state-dir there`".to_owned(),
        ),
        (
            record_of_finished_run(&stored, id).unwrap_err(),
            format!("`vpce-scout scan --resume {id} --state-dir there`"),
        ),
    ] {
        assert!(error.to_string().contains(&hint), "{error}");
    }
}
