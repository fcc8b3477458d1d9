//! Reading the cells and parts of a run.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Params, Row, params};
use serde::de::DeserializeOwned;

use super::{
    Store, StoreError,
    rows::{self, AFTER_CELL, CELL},
};
use crate::model::{
    coverage::{Cell, Reason, Step},
    facts::{Finished, Found},
    id::{AccountId, Region},
    target::Target,
};

/// Where a cell is: account, region and step.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    /// The account, if the step has one.
    pub account: Option<&'p AccountId>,
    /// The region, if the step has one.
    pub region: Option<&'p Region>,
    /// The step.
    pub step: Step,
}

impl<'p> Place<'p> {
    /// The place of a cell.
    pub fn of(cell: &'p Cell) -> Self {
        Self {
            account: cell.account_id.as_ref(),
            region: cell.region.as_ref(),
            step: cell.step,
        }
    }

    /// The place of a step in a target.
    pub fn at(target: &'p Target, step: Step) -> Self {
        Self {
            account: Some(&target.account_id),
            region: Some(&target.region),
            step,
        }
    }

    pub(super) fn account(&self) -> &'p str {
        self.account.map_or("", AccountId::as_str)
    }

    pub(super) fn region(&self) -> &'p str {
        self.region.map_or("", Region::as_str)
    }
}

impl Store {
    /// The cell of a place, unless it is to be asked again.
    pub fn settled(&self, run: i64, place: Place<'_>) -> Result<Option<Cell>, StoreError> {
        self.one(
            &format!("SELECT {CELL} FROM cell WHERE {AT_PLACE} AND again = 0"),
            run,
            place,
            rows::cell,
        )
    }

    /// What the cell of a place found; nothing if it is to be asked again.
    pub fn found(&self, run: i64, place: Place<'_>) -> Result<Found, StoreError> {
        let sql = format!("SELECT found FROM cell WHERE {AT_PLACE} AND again = 0");
        let found = self.one(&sql, run, place, |row| rows::found(row, 0))?;
        Ok(found.unwrap_or_default())
    }

    /// Every cell with its facts, in a fixed order, one at a time; also those to be asked again.
    pub fn each_cell(&self, run: i64, mut take: impl FnMut(Finished)) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT {CELL}, found FROM cell WHERE run = ?1 ORDER BY account_id, region, step"
        );
        self.each(&sql, params![run], |row| {
            take(Finished {
                cell: rows::cell(row)?,
                found: rows::found(row, AFTER_CELL)?,
            });
            Ok(())
        })
    }

    /// The cells of a Region with their facts: those of some accounts, in the order of these, all steps
    /// or only some.
    pub fn each_cell_in(
        &self,
        run: i64,
        region: &Region,
        accounts: &[AccountId],
        steps: Option<&[Step]>,
        mut take: impl FnMut(Finished),
    ) -> Result<(), StoreError> {
        let among = match steps {
            Some(_) => "AND step IN (SELECT value FROM json_each(?4))",
            None => "AND ?4 = 'null'",
        };
        let sql = format!(
            "SELECT {CELL}, found FROM cell WHERE run = ?1 AND account_id = ?2 AND region = ?3
             {among} ORDER BY step"
        );
        let mut all = || {
            let steps = rows::to_json(&steps)?;
            let mut statement = self.connection.prepare(&sql)?;
            for account in accounts {
                let place = params![run, account.as_str(), region.as_str(), steps];
                let mut found = statement.query(place)?;
                while let Some(row) = found.next()? {
                    take(Finished {
                        cell: rows::cell(row)?,
                        found: rows::found(row, AFTER_CELL)?,
                    });
                }
            }
            Ok(())
        };
        all().map_err(|error| self.error(error))
    }

    /// Every cell without its facts, by account and region, until `take` wants no more.
    pub fn each_cell_alone(
        &self,
        run: i64,
        mut take: impl FnMut(Cell) -> bool,
    ) -> Result<(), StoreError> {
        let sql =
            format!("SELECT {CELL} FROM cell WHERE run = ?1 ORDER BY account_id, region, step");
        let mut all = || {
            let mut statement = self.connection.prepare(&sql)?;
            let mut found = statement.query(params![run])?;
            while let Some(row) = found.next()? {
                if !take(rows::cell(row)?) {
                    break;
                }
            }
            Ok(())
        };
        all().map_err(|error| self.error(error))
    }

    /// The facts of some steps, in a fixed order, one cell at a time.
    pub fn each_of(
        &self,
        run: i64,
        steps: &[Step],
        mut take: impl FnMut(Finished),
    ) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT {CELL}, found FROM cell WHERE run = ?1
             AND step IN (SELECT value FROM json_each(?2)) ORDER BY account_id, region, step"
        );
        let steps = rows::to_json(&steps).map_err(|error| self.error(error))?;
        self.each(&sql, params![run, steps], |row| {
            take(Finished {
                cell: rows::cell(row)?,
                found: rows::found(row, AFTER_CELL)?,
            });
            Ok(())
        })
    }

    /// The targets that have a cell of a step, by account and Region, one at a time.
    pub fn each_target_of(
        &self,
        run: i64,
        step: Step,
        mut take: impl FnMut(Target),
    ) -> Result<(), StoreError> {
        let sql = "SELECT account_id, region FROM cell WHERE run = ?1 AND step = ?2
                   AND account_id <> '' AND region <> '' ORDER BY account_id, region";
        self.each(sql, params![run, step.name()], |row| {
            take(rows::target(row)?);
            Ok(())
        })
    }

    /// How many cells of an account's regions and these steps need not be asked again.
    pub fn settled_count(
        &self,
        run: i64,
        account: &AccountId,
        steps: &[Step],
    ) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM cell WHERE run = ?1 AND account_id = ?2 AND region <> ''
                   AND again = 0 AND step IN (SELECT value FROM json_each(?3))";
        let steps = rows::to_json(&steps).map_err(|error| self.error(error))?;
        self.connection
            .prepare(sql)
            .and_then(|mut it| {
                it.query_one(params![run, account.as_str(), steps], |row| {
                    rows::count(row, 0)
                })
            })
            .map_err(|error| self.error(error))
    }

    /// A part of a step, and whether it is to be asked again.
    pub fn part<T: DeserializeOwned>(
        &self,
        run: i64,
        target: &Target,
        step: Step,
        name: &str,
    ) -> Result<Option<(T, bool)>, StoreError> {
        let sql = "SELECT content, again FROM part WHERE run = ?1 AND account_id = ?2
                   AND region = ?3 AND step = ?4 AND name = ?5";
        let (account, region) = (target.account_id.as_str(), target.region.as_str());
        self.connection
            .prepare(sql)
            .and_then(|mut it| {
                let found = it.query_row(params![run, account, region, step.name(), name], |row| {
                    Ok((rows::json(row, 0)?, row.get(1)?))
                });
                found.optional()
            })
            .map_err(|error| self.error(error))
    }

    /// Every part of a step with its target and name, in a fixed order, one at a time.
    pub fn each_part<T: DeserializeOwned>(
        &self,
        run: i64,
        step: Step,
        mut take: impl FnMut(Target, String, T),
    ) -> Result<(), StoreError> {
        let sql = "SELECT account_id, region, name, content FROM part WHERE run = ?1 AND step = ?2
                   ORDER BY account_id, region, name";
        self.each(sql, params![run, step.name()], |row| {
            take(rows::target(row)?, row.get(2)?, rows::json(row, 3)?);
            Ok(())
        })
    }

    /// The parts of a step with one name, with their targets.
    pub fn each_part_named<T: DeserializeOwned>(
        &self,
        run: i64,
        step: Step,
        name: &str,
        mut take: impl FnMut(Target, T),
    ) -> Result<(), StoreError> {
        let sql = "SELECT account_id, region, content FROM part
                   WHERE run = ?1 AND step = ?2 AND name = ?3 ORDER BY account_id, region";
        self.each(sql, params![run, step.name(), name], |row| {
            take(rows::target(row)?, rows::json(row, 2)?);
            Ok(())
        })
    }

    /// Targets and names of the parts of a step, all or those with this reason, in a fixed order.
    pub fn part_names(
        &self,
        run: i64,
        step: Step,
        reason: Option<Reason>,
    ) -> Result<Vec<(Target, String)>, StoreError> {
        let sql = "SELECT account_id, region, name FROM part WHERE run = ?1 AND step = ?2
                   AND (?3 IS NULL OR reason = ?3) ORDER BY account_id, region, name";
        let mut names = Vec::new();
        let reason = reason.map(Reason::name);
        self.each(sql, params![run, step.name(), reason], |row| {
            names.push((rows::target(row)?, row.get(2)?));
            Ok(())
        })?;
        Ok(names)
    }

    /// The Regions that have a part.
    pub fn regions_of_parts(&self, run: i64) -> Result<BTreeSet<Region>, StoreError> {
        let sql = "SELECT DISTINCT region FROM part WHERE run = ?1";
        let mut regions = BTreeSet::new();
        self.each(sql, params![run], |row| {
            regions.insert(rows::required(row, 0)?);
            Ok(())
        })?;
        Ok(regions)
    }

    fn one<T>(
        &self,
        sql: &str,
        run: i64,
        place: Place<'_>,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let at = params![run, place.account(), place.region(), place.step.name()];
        self.connection
            .prepare(sql)
            .and_then(|mut it| it.query_row(at, read).optional())
            .map_err(|error| self.error(error))
    }

    pub(super) fn each(
        &self,
        sql: &str,
        values: impl Params,
        mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        let all = || {
            let mut statement = self.connection.prepare(sql)?;
            let mut found = statement.query(values)?;
            while let Some(row) = found.next()? {
                take(row)?;
            }
            Ok(())
        };
        all().map_err(|error| self.error(error))
    }
}

const AT_PLACE: &str = "run = ?1 AND account_id = ?2 AND region = ?3 AND step = ?4";
