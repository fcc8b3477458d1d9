//! The facts of a run, read from the store once: every row is checked against its checksum, all of them
//! against what the run was finished with, and each Region's are kept in a file of their own, from
//! which they are read as often as they are needed.
//!
//! Rows come in the order of their index, which is that of their places. So an index that is damaged
//! shows as well: as a row that comes out of order, or as one that is missing or comes twice.

use std::{cell::RefCell, collections::BTreeSet, path::PathBuf};

use hashbrown::{HashMap, hash_map::EntryRef};
use serde::de::DeserializeOwned;

use super::{
    Record, Store, StoreError, damaged,
    schema::give_back_pages,
    scratch::Scratch,
    sound_rows::{Column, Place},
    spool::{Spool, SpoolReader},
    verify::{TableDigest, written},
};
use crate::model::{
    coverage::{Cell, Outcome, Step},
    facts::{Finished, Found},
    id::{AccountId, Region},
    outcomes::StepOutcome,
    target::Target,
};

/// A cell as it stands in the store.
#[derive(Clone, Debug)]
pub struct StoredCell<'c> {
    /// The account; none for the step `organization`.
    pub account: Option<AccountId>,
    /// The Region; none for steps of a whole account.
    pub region: Option<Region>,
    /// How the step ended.
    pub ended: StepOutcome,
    /// The service's error code.
    pub error_code: Option<&'c str>,
    /// One line for people.
    pub message: Option<&'c str>,
    /// The request id of the call that failed.
    pub request_id: Option<&'c str>,
    /// HTTP attempts made.
    pub attempts: u64,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
    found: Option<&'c str>,
    file: &'c PathBuf,
}

impl StoredCell<'_> {
    /// What was read.
    ///
    /// # Errors
    ///
    /// If it cannot be understood.
    pub fn found(&self) -> Result<Found, StoreError> {
        let found = self.found.map(serde_json::from_str).transpose();
        let found = found.map_err(|error| damaged(self.file, &error))?;
        Ok(found.unwrap_or_default())
    }

    /// How the step ended, as a cell with nothing else.
    fn bare_cell(account: Option<AccountId>, region: Option<Region>, ended: StepOutcome) -> Cell {
        Cell {
            outcome: ended.outcome,
            reason: ended.reason,
            ..Cell::complete(account, region, ended.step)
        }
    }
}

/// The cells and parts of a run, Region by Region.
#[derive(Debug)]
pub struct RegionFacts {
    store: PathBuf,
    scratch: Scratch,
    regions: RefCell<HashMap<Region, RegionFile>>,
    /// How cells ended: a record has the place of its own here.
    endings: RefCell<Vec<StepOutcome>>,
    /// Regions that have a part.
    with_parts: BTreeSet<Region>,
}

/// The facts of a Region: its cells, then its parts, account by account.
#[derive(Debug)]
struct RegionFile {
    spool: Spool,
    /// Where the parts begin.
    parts: u64,
}

/// What begins a record: kind, the number of how it ended, and account.
type Head = [u8; 15];

/// The kinds of records.
const CELL: u8 = 0;
const PART: u8 = 1;

impl Store {
    /// Reads the cells and parts of a run. Each cell is handed to `take` as it comes, in the order of
    /// accounts, Regions and the names of steps; those without account or Region come first.
    ///
    /// # Errors
    ///
    /// [`StoreError::DamagedRun`] with the cells whose rows are damaged; what `take` returns.
    pub fn facts_by_region<E: From<StoreError>>(
        &self,
        record: &Record,
        take: impl FnMut(&StoredCell<'_>) -> Result<(), E>,
    ) -> Result<RegionFacts, E> {
        let mut facts = RegionFacts {
            store: self.file.clone(),
            scratch: self.scratch(),
            regions: RefCell::default(),
            endings: RefCell::default(),
            with_parts: BTreeSet::new(),
        };
        // As it is now: a run that is resumed is finished again.
        let record = &self.run(&record.run.id)?;
        let cells = self.read_cells(record.key, &facts, take);
        let read = cells.and_then(|cells| {
            let parts = self.read_parts(record.key, &mut facts)?;
            give_back_pages(&self.connection).map_err(|error| self.error(error))?;
            Ok(written(&[cells, parts]))
        });
        match read {
            Ok(contents) if record.contents.as_ref().is_none_or(|it| *it == contents) => Ok(facts),
            failed => {
                // Whatever it was: damaged rows are named first.
                self.verify(record)?;
                failed?;
                Err(damaged(&self.file, &"rows of the run are missing or new").into())
            }
        }
    }

    fn read_cells<E: From<StoreError>>(
        &self,
        run: i64,
        facts: &RegionFacts,
        mut take: impl FnMut(&StoredCell<'_>) -> Result<(), E>,
    ) -> Result<TableDigest, E> {
        let mut regions = facts.regions.borrow_mut();
        let mut place = Place::default();
        self.each_sound_row("cell", "account_id, region, step", run, |row| {
            let text = |column| row.text(column);
            place.advance(row)?;
            let cell = StoredCell {
                account: place.account.clone(),
                region: place.region.clone(),
                ended: StepOutcome {
                    step: row.word(Column::Step)?,
                    outcome: row.word(Column::Outcome)?,
                    reason: text(Column::Reason)?
                        .map(|_| row.word(Column::Reason))
                        .transpose()?,
                },
                error_code: text(Column::ErrorCode)?,
                message: text(Column::Message)?,
                request_id: text(Column::RequestId)?,
                attempts: row.count(Column::Attempts)?,
                duration_ms: row.count(Column::DurationMs)?,
                found: text(Column::Found)?,
                file: &self.file,
            };
            take(&cell)?;
            if let (Some(account), Some(region)) = (&cell.account, &cell.region) {
                let file = facts.file(&mut regions, region)?;
                let found = cell.found.unwrap_or_default().as_bytes();
                file.add(CELL, facts.number_of(cell.ended), account, &[found])
                    .map_err(|source| facts.scratch.error(source))?;
                file.parts = file.spool.end();
            }
            Ok(())
        })
    }

    fn read_parts(&self, run: i64, facts: &mut RegionFacts) -> Result<TableDigest, StoreError> {
        let mut regions = facts.regions.take();
        let mut place = Place::default();
        let digest = self.each_sound_row("part", "account_id, region, step, name", run, |row| {
            place.advance(row)?;
            if let (Some(account), Some(region)) = (&place.account, &place.region) {
                let file = facts.file(&mut regions, region)?;
                let ended = StepOutcome {
                    step: row.word(Column::Step)?,
                    outcome: Outcome::Complete,
                    reason: None,
                };
                let name = place.name.as_bytes();
                let length = u32::try_from(name.len()).unwrap_or(u32::MAX).to_le_bytes();
                let content = row.text(Column::Content)?.unwrap_or_default().as_bytes();
                file.add(
                    PART,
                    facts.number_of(ended),
                    account,
                    &[&length, name, content],
                )
                .map_err(|source| facts.scratch.error(source))?;
                if !facts.with_parts.contains(region) {
                    facts.with_parts.insert(region.clone());
                }
            }
            Ok(())
        })?;
        for file in regions.values_mut() {
            let rest = file.spool.rest();
            rest.map_err(|source| facts.scratch.error(source))?;
        }
        facts.regions = RefCell::new(regions);
        Ok(digest)
    }
}

impl RegionFacts {
    fn file<'f>(
        &self,
        files: &'f mut HashMap<Region, RegionFile>,
        region: &Region,
    ) -> Result<&'f mut RegionFile, StoreError> {
        match files.entry_ref(region) {
            EntryRef::Occupied(file) => Ok(file.into_mut()),
            EntryRef::Vacant(place) => {
                let spool = self.scratch.spool()?;
                Ok(place.insert(RegionFile { spool, parts: 0 }))
            }
        }
    }

    /// The Regions that have a part.
    pub fn with_parts(&self) -> &BTreeSet<Region> {
        &self.with_parts
    }

    /// The cells of a Region with their facts and how they ended, account by account: all steps, or
    /// some.
    ///
    /// # Errors
    ///
    /// If they cannot be read or understood.
    pub fn each_cell(
        &self,
        region: &Region,
        steps: Option<&[Step]>,
        mut take: impl FnMut(Finished),
    ) -> Result<(), StoreError> {
        self.each_record(region, CELL, |account, ended, found| {
            if steps.is_none_or(|steps| steps.contains(&ended.step)) {
                let found = match found {
                    b"" => Found::Nothing,
                    found => self.read(found)?,
                };
                let cell = StoredCell::bare_cell(Some(account), Some(region.clone()), ended);
                take(Finished { cell, found });
            }
            Ok(())
        })
    }

    /// The parts of a step in a Region with their targets and names, account by account.
    ///
    /// # Errors
    ///
    /// If they cannot be read or understood.
    pub fn each_part<T: DeserializeOwned>(
        &self,
        region: &Region,
        step: Step,
        mut take: impl FnMut(Target, String, T),
    ) -> Result<(), StoreError> {
        self.each_record(region, PART, |account_id, ended, rest| {
            if ended.step == step {
                let (length, rest) = rest.split_first_chunk().unwrap_or((&[0; 4], &[]));
                let length = u32::from_le_bytes(*length) as usize;
                let (name, content) = rest.split_at_checked(length).unwrap_or_default();
                let target = Target {
                    account_id,
                    region: region.clone(),
                };
                let name = String::from_utf8_lossy(name).into_owned();
                take(target, name, self.read(content)?);
            }
            Ok(())
        })
    }

    fn each_record(
        &self,
        region: &Region,
        kind: u8,
        mut take: impl FnMut(AccountId, StepOutcome, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut files = self.regions.borrow_mut();
        let Some(file) = files.get_mut(region) else {
            return Ok(());
        };
        let range = match kind {
            CELL => 0..file.parts,
            _ => file.parts..file.spool.end(),
        };
        let mut reader = file
            .spool
            .read(range)
            .map_err(|it| self.scratch.error(it))?;
        while reader.advance().map_err(|it| self.scratch.error(it))? {
            let record = self.parse(&reader);
            let (account, ended, rest) =
                record.ok_or_else(|| self.scratch.error(std::io::ErrorKind::InvalidData.into()))?;
            take(account, ended, rest)?;
        }
        Ok(())
    }

    /// The number of how a cell ended: there are few different ones.
    fn number_of(&self, ended: StepOutcome) -> u16 {
        let mut endings = self.endings.borrow_mut();
        let at = endings.iter().position(|it| *it == ended);
        let at = at.unwrap_or_else(|| {
            endings.push(ended);
            endings.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    /// The account, how the step ended, and what else is in a record.
    fn parse<'r>(&self, reader: &'r SpoolReader) -> Option<(AccountId, StepOutcome, &'r [u8])> {
        let (head, rest) = reader
            .record()
            .split_first_chunk::<{ size_of::<Head>() }>()?;
        let ([_, low, high], account) = head.split_first_chunk()?;
        let account = std::str::from_utf8(account).ok()?.parse().ok()?;
        let ended = usize::from(u16::from_le_bytes([*low, *high]));
        Some((account, *self.endings.borrow().get(ended)?, rest))
    }

    fn read<T: DeserializeOwned>(&self, json: &[u8]) -> Result<T, StoreError> {
        serde_json::from_slice(json).map_err(|error| damaged(&self.store, &error))
    }
}

impl RegionFile {
    fn add(
        &mut self,
        kind: u8,
        ended: u16,
        account: &AccountId,
        rest: &[&[u8]],
    ) -> std::io::Result<()> {
        let [low, high] = ended.to_le_bytes();
        let words = [kind, low, high];
        let mut parts = [&[] as &[u8]; 5];
        let all = [&words, account.as_str().as_bytes()];
        let all = all.into_iter().chain(rest.iter().copied());
        for (part, bytes) in parts.iter_mut().zip(all) {
            *part = bytes;
        }
        self.spool.append(&parts)
    }
}
