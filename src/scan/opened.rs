//! Accounts that logs are read in, which may be no targets of the scan.

use super::cells::{Cells, Measured};
use crate::{
    model::{
        coverage::{Cell, Reason, Step},
        facts::{Finished, Found},
        id::AccountId,
    },
    org::session::{Access, AccountAccess},
    store::Place,
};

/// An account that logs are read in, opened. That may be no target of the scan, but its role is
/// assumed: then the coverage has that as a remark, with `what` for.
pub(super) async fn open(
    access: &Access,
    cells: &Cells,
    owner: &AccountId,
    what: &str,
) -> Measured<AccountAccess> {
    let opened = cells.measure(access.account(owner)).await;
    let cell = opened.add_to(Cell::complete(Some(owner.clone()), None, Step::AssumeRole));
    let known = cells.recorded(Place::of(&cell));
    if known.is_none_or(|cell| cell.reason == Some(Reason::Excluded)) {
        let cell = match &opened.result {
            Ok(_) => cell.remark(what),
            Err(failure) => cell.failed(failure.clone()),
        };
        let found = Found::Nothing;
        cells.record(vec![Finished { cell, found }]);
    }
    opened
}
