//! Which runs are merged, and whether they are the shards of one scan.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::{MergeError, ShardStore};
use crate::{
    model::{run::Window, shard::Shard},
    store::{Record, StoreError},
};

/// The longest time between the starts of two shards: what is older may show another day.
const LONGEST_APART: SignedDuration = SignedDuration::from_hours(24);

/// The run of a shard that is merged.
#[derive(Clone, Debug)]
pub(super) struct Chosen<'s> {
    pub(super) from: &'s ShardStore,
    pub(super) record: Record,
    pub(super) shard: Shard,
}

impl Chosen<'_> {
    /// The run as messages name it.
    fn describe(&self) -> String {
        let (shard, id, name) = (self.shard, &self.record.run.id, &self.from.name);
        format!("the shard {shard} (run {id} in `{name}`)")
    }
}

/// What is merged.
#[derive(Debug)]
pub(super) struct Choice<'s> {
    /// By number.
    pub(super) chosen: Vec<Chosen<'s>>,
    /// Stands for their number.
    pub(super) shard: Shard,
    /// Shards that are not there, and why.
    pub(super) missing: Vec<(Shard, String)>,
}

impl Choice<'_> {
    /// The first shard that is there.
    pub(super) fn chosen_first(&self) -> Result<&Chosen<'_>, MergeError> {
        let none = || MergeError::Unlike("no shard is finished".to_owned());
        self.chosen.first().ok_or_else(none)
    }
}

/// Chooses the latest run of every shard and compares them with one another.
pub(super) fn choose(stores: &[ShardStore], allow_missing: bool) -> Result<Choice<'_>, MergeError> {
    let mut problems = Vec::new();
    let mut found: BTreeMap<Shard, Vec<Chosen<'_>>> = BTreeMap::new();
    for from in stores {
        if from.latest.is_empty() {
            let name = &from.name;
            problems.push(format!(
                "`{name}` holds no shard: `vpce-scout scan --shard I/N` makes one"
            ));
        }
        for (shard, record) in &from.latest {
            found.entry(*shard).or_default().push(Chosen {
                from,
                record: record.clone(),
                shard: *shard,
            });
        }
    }
    let Some(shard) = found.keys().next().copied() else {
        return Err(MergeError::Unlike(problems.join("\n")));
    };
    let mut all: Vec<Chosen<'_>> = Vec::new();
    for mut of_shard in found.into_values() {
        if let [first, second, ..] = of_shard.as_slice() {
            problems.push(format!(
                "{} is there twice: also as run {} in `{}`",
                first.describe(),
                second.record.run.id,
                second.from.name
            ));
        }
        all.extend(of_shard.drain(..).take(1));
    }
    if let Some(other) = all.iter().find(|it| it.shard.count() != shard.count()) {
        problems.push(format!(
            "{} is one of {}, and {} is one of {}",
            all.first().map(Chosen::describe).unwrap_or_default(),
            shard.count(),
            other.describe(),
            other.shard.count()
        ));
        return Err(MergeError::Unlike(problems.join("\n")));
    }
    let (chosen, missing) = finished(all, shard, allow_missing, &mut problems);
    check_consistency(&chosen, &mut problems)?;
    if problems.is_empty() {
        return Ok(Choice {
            chosen,
            shard,
            missing,
        });
    }
    Err(MergeError::Unlike(problems.join("\n")))
}

/// Divides the shards into those that can be merged and those that are missing, which are problems unless
/// they may be missing.
fn finished<'s>(
    all: Vec<Chosen<'s>>,
    shard: Shard,
    allow_missing: bool,
    problems: &mut Vec<String>,
) -> (Vec<Chosen<'s>>, Vec<(Shard, String)>) {
    let mut there: BTreeMap<Shard, Chosen<'s>> = BTreeMap::new();
    there.extend(all.into_iter().map(|it| (it.shard, it)));
    let (mut chosen, mut missing) = (Vec::new(), Vec::new());
    for shard in shard.all() {
        let why = match there.remove(&shard) {
            None => format!("the shard {shard} is missing"),
            Some(it) if !it.record.finished || (!it.record.settled && !allow_missing) => {
                let state = if it.record.finished {
                    "was stopped before its end"
                } else {
                    "is not finished"
                };
                format!(
                    "{} {state}: `vpce-scout scan --resume {}` with its --state-dir continues it",
                    it.describe(),
                    it.record.run.id
                )
            }
            Some(it) => {
                chosen.push(it);
                continue;
            }
        };
        missing.push((shard, why));
    }
    if !allow_missing {
        let hint = "; --allow-missing makes its accounts gaps";
        problems.extend(missing.iter().map(|(_, why)| format!("{why}{hint}")));
    }
    (chosen, missing)
}

/// Holds the shards against the one whose window ends last.
fn check_consistency(chosen: &[Chosen<'_>], problems: &mut Vec<String>) -> Result<(), MergeError> {
    let newest = |it: &&Chosen<'_>| (it.record.run.window_end, it.record.run.started_at);
    let Some(newest) = chosen.iter().max_by_key(newest) else {
        return Ok(());
    };
    let started = chosen.iter().map(|it| it.record.run.started_at).max();
    let settings = of_most(chosen.iter().map(|it| it.record.shared_settings()));
    let books = price_books(chosen)?;
    let book = of_most(books.iter().copied());
    for (it, its_book) in chosen.iter().zip(books) {
        let run = &it.record.run;
        let apart = started.map(|started| started.duration_since(run.started_at));
        if it.record.window() != newest.record.window() {
            problems.push(other_window(it, newest));
        } else if apart.is_some_and(|apart| apart > LONGEST_APART) {
            problems.push(format!(
                "{} is older: it was started at {}, more than a day before the others",
                it.describe(),
                run.started_at
            ));
        }
        let theirs = it.record.shared_settings();
        if let Some(difference) = settings.as_ref().and_then(|it| other_setting(&theirs, it)) {
            problems.push(format!("{} was scanned with {difference}", it.describe()));
        }
        if book != Some(its_book) {
            problems.push(format!(
                "{} was scanned with other prices: give all shards one price file",
                it.describe()
            ));
        }
        tracing::debug!(shard = %it.shard, file = %it.from.file.display(), "shard");
    }
    Ok(())
}

/// Which price book each has: equal ones have one number. All have the same, as a rule, and none is small.
fn price_books(chosen: &[Chosen<'_>]) -> Result<Vec<usize>, StoreError> {
    let mut known: Vec<Option<String>> = Vec::new();
    let number = |it: &Chosen<'_>| {
        let prices = it.from.store()?.prices(it.record.key)?;
        let number = known.iter().position(|book| *book == prices);
        Ok(number.unwrap_or_else(|| {
            known.push(prices);
            known.len() - 1
        }))
    };
    chosen.iter().map(number).collect()
}

/// The value that most have; of those that as many have, the first.
fn of_most<T: PartialEq>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counted: Vec<(T, usize)> = Vec::new();
    for value in values {
        match counted.iter_mut().find(|(it, _)| *it == value) {
            Some((_, count)) => *count += 1,
            None => counted.push((value, 1)),
        }
    }
    let most = counted.iter().map(|(_, count)| *count).max()?;
    let found = counted.into_iter().find(|(_, count)| *count == most);
    found.map(|(value, _)| value)
}

fn other_window(it: &Chosen<'_>, newest: &Chosen<'_>) -> String {
    let text = |window: Window| format!("{} to {}", window.start, window.end);
    let (window, theirs) = (it.record.window(), newest.record.window());
    let older = if window.end < theirs.end {
        "is older: it has"
    } else {
        "has"
    };
    format!(
        "{} {older} the window {}, not {}, that of {}: start all shards with the same --start and --end",
        it.describe(),
        text(window),
        text(theirs),
        newest.describe()
    )
}

/// The first setting that differs, with both values.
fn other_setting(here: &[(String, String)], there: &[(String, String)]) -> Option<String> {
    let value = |all: &[(String, String)], key: &str| {
        let found = all.iter().find(|(it, _)| it == key);
        found.map_or_else(|| "(not set)".to_owned(), |(_, value)| value.clone())
    };
    let mut keys = here.iter().chain(there).map(|(key, _)| key);
    let key = keys.find(|key| value(here, key) != value(there, key))?;
    Some(format!(
        "{key} = {}, not {}",
        value(here, key),
        value(there, key)
    ))
}
