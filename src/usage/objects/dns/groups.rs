//! What is counted of query log records: names with their codes, first addresses and sources, and all
//! records by VPC.

use std::{collections::BTreeMap, hash::BuildHasher, net::IpAddr};

use hashbrown::{DefaultHashBuilder, HashSet, HashTable};

use super::answers::Answers;
use crate::{
    model::coverage::{Failure, Reason},
    usage::{flow::ipv4::v4, insights::Row},
};

/// Groups that a unit may have.
const MOST_GROUPS: usize = 5_000_000;
/// Bytes of their texts.
const MOST_TEXT: usize = 1 << 30;
/// Sources that are kept apart.
const MOST_SOURCES: usize = 50_000_000;
/// Sources that are looked up at once: mostly they are in no cache of the processor, and several are fetched from
/// memory side by side.
const PENDING: usize = 256;

/// One spelling of a name with one response code and one first address, each as the record writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name<'r> {
    /// The number of its VPC.
    pub(super) vpc: u32,
    pub(super) asked: &'r str,
    /// None if empty.
    pub(super) code: &'r str,
    /// None if empty.
    pub(super) address: &'r str,
}

impl Name<'_> {
    /// Where the name and the code end if the texts stand one behind the other.
    fn ends(&self) -> [u32; 2] {
        let end = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let asked = self.asked.len();
        [end(asked), end(asked + self.code.len())]
    }
}

/// The counts of a name.
#[derive(Debug)]
struct Group {
    vpc: u32,
    /// The name, the code and the address, one behind the other.
    text: Box<str>,
    /// Where the name and the code end.
    ends: [u32; 2],
    queries: u64,
    answers: Option<Answers>,
}

/// Counts of all records of a VPC.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Total {
    pub(super) events: u64,
    pub(super) named: u64,
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
}

/// Counts by name and by VPC.
#[derive(Debug, Default)]
pub(super) struct Groups {
    hasher: DefaultHashBuilder,
    numbers: HashTable<u32>,
    by_number: Vec<Group>,
    /// Sources of groups: the number of the group and an address of IPv4.
    sources: HashSet<(u32, u32)>,
    /// Some of them that are not in the set yet, or are.
    pending: Vec<(u32, u32)>,
    /// The others.
    long_sources: HashSet<(u32, u128)>,
    text: usize,
    /// By VPC; none for records that name no VPC.
    vpcs: BTreeMap<Option<Box<str>>, u32>,
    totals: Vec<Total>,
}

impl Groups {
    /// The number of a VPC.
    pub(super) fn vpc(&mut self, id: Option<&str>) -> u32 {
        let next = u32::try_from(self.totals.len()).unwrap_or(u32::MAX);
        let number = *self.vpcs.entry(id.map(Box::from)).or_insert(next);
        if number == next {
            self.totals.push(Total::default());
        }
        number
    }

    /// Counts a record of a VPC.
    pub(super) fn event(&mut self, vpc: u32, second: i64, is_named: bool) {
        let total = usize::try_from(vpc).ok();
        if let Some(total) = total.and_then(|it| self.totals.get_mut(it)) {
            total.absorb(Total {
                events: 1,
                named: u64::from(is_named),
                first: Some(second),
                last: Some(second),
            });
        }
    }

    /// Counts queries for a name, and returns its number.
    pub(super) fn count(&mut self, name: Name<'_>, queries: u64) -> u32 {
        let (hasher, groups) = (&self.hasher, &self.by_number);
        let of = |number: u32| usize::try_from(number).ok().and_then(|it| groups.get(it));
        let hash = hasher.hash_one(name);
        let is_name = |number: &u32| of(*number).is_some_and(|it| it.is(&name));
        let number = if let Some(number) = self.numbers.find(hash, is_name) {
            *number
        } else {
            let number = u32::try_from(groups.len()).unwrap_or(u32::MAX);
            let hash_of = |number: &u32| of(*number).map_or(0, |it| hasher.hash_one(it.name()));
            self.numbers.insert_unique(hash, number, hash_of);
            let group = Group::new(name);
            self.text += group.text.len();
            self.by_number.push(group);
            number
        };
        let at = usize::try_from(number).ok();
        if let Some(group) = at.and_then(|it| self.by_number.get_mut(it)) {
            group.queries = group.queries.saturating_add(queries);
        }
        number
    }

    /// Notes who asked.
    pub(super) fn source(&mut self, group: u32, source: &str) {
        match number_of(source) {
            Ok(address) => {
                self.pending.push((group, address));
                if self.pending.len() >= PENDING {
                    self.flush();
                }
            }
            Err(other) => drop(self.long_sources.insert((group, other))),
        }
    }

    /// Adds what is pending to the set of sources.
    pub(super) fn flush(&mut self) {
        for source in self.pending.drain(..) {
            self.sources.insert(source);
        }
    }

    /// Notes the answers of a record. Of several at the same second, the smaller text counts as the first
    /// and the greater as the last.
    pub(super) fn answered(&mut self, group: u32, second: i64, list: &str) {
        let at = usize::try_from(group).ok();
        if let Some(group) = at.and_then(|it| self.by_number.get_mut(it)) {
            self.text = self
                .text
                .saturating_add_signed(group.answered(second, list));
        }
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.by_number.len()
    }

    /// That all fits into memory.
    pub(super) fn check_size(&self) -> Result<(), Failure> {
        let sources = self.sources.len() + self.long_sources.len();
        let fits = self.by_number.len() <= MOST_GROUPS
            && self.totals.len() <= MOST_GROUPS
            && self.text <= MOST_TEXT
            && sources <= MOST_SOURCES;
        if fits {
            return Ok(());
        }
        let why = format!("there are more than {MOST_GROUPS} names and answers to count");
        Err(Failure::new(Reason::Truncated, why))
    }

    pub(super) fn absorb(&mut self, mut other: Self) {
        other.flush();
        let mut vpcs = vec![0; other.totals.len()];
        for (id, there) in &other.vpcs {
            let at = usize::try_from(*there).unwrap_or(usize::MAX);
            let number = self.vpc(id.as_deref());
            if let (Some(slot), Some(total)) = (vpcs.get_mut(at), other.totals.get(at)) {
                *slot = number;
                let here = usize::try_from(number).ok();
                if let Some(here) = here.and_then(|it| self.totals.get_mut(it)) {
                    here.absorb(*total);
                }
            }
        }
        let here = |number: u32, all: &[u32]| {
            let at = usize::try_from(number).unwrap_or(usize::MAX);
            all.get(at).copied().unwrap_or(0)
        };
        let mut numbers = Vec::with_capacity(other.by_number.len());
        for group in other.by_number {
            let name = Name {
                vpc: here(group.vpc, &vpcs),
                ..group.name()
            };
            let number = self.count(name, group.queries);
            if let Some(answers) = group.answers {
                for (second, list) in answers.both() {
                    self.answered(number, second, list);
                }
            }
            numbers.push(number);
        }
        let sources = other.sources.into_iter();
        self.sources
            .extend(sources.map(|(group, it)| (here(group, &numbers), it)));
        let sources = other.long_sources.into_iter();
        self.long_sources
            .extend(sources.map(|(group, it)| (here(group, &numbers), it)));
    }

    /// Rows as the question by names has them.
    pub(super) fn by_name(&self) -> impl Iterator<Item = Row> {
        let mut sources = vec![0_u64; self.by_number.len()];
        let mut pending: HashSet<_> = self.pending.iter().copied().collect();
        pending.retain(|it| !self.sources.contains(it));
        let all = self.sources.iter().chain(&pending).map(|(group, _)| *group);
        for group in all.chain(self.long_sources.iter().map(|(group, _)| *group)) {
            let count = usize::try_from(group).ok();
            if let Some(count) = count.and_then(|it| sources.get_mut(it)) {
                *count += 1;
            }
        }
        let mut vpcs: Vec<Option<&str>> = vec![None; self.totals.len()];
        for (id, number) in &self.vpcs {
            let slot = usize::try_from(*number).ok();
            if let Some(slot) = slot.and_then(|it| vpcs.get_mut(it)) {
                *slot = id.as_deref();
            }
        }
        self.by_number
            .iter()
            .zip(sources)
            .map(move |(group, sources)| {
                let name = group.name();
                let text = |it: &str| (!it.is_empty()).then(|| it.to_owned());
                let list = |of: fn(&Answers) -> &str| group.answers.as_ref().map(of);
                let vpc = usize::try_from(name.vpc).ok();
                let vpc = vpc.and_then(|it| vpcs.get(it)).copied().flatten();
                row([
                    ("vpc", vpc.map(str::to_owned)),
                    ("asked", Some(name.asked.to_owned())),
                    ("code", text(name.code)),
                    ("address", text(name.address)),
                    ("queries", Some(group.queries.to_string())),
                    ("sources", Some(sources.to_string())),
                    ("first_answers", list(Answers::first).map(str::to_owned)),
                    ("last_answers", list(Answers::last).map(str::to_owned)),
                ])
            })
    }

    /// Rows as the question for totals has them.
    pub(super) fn totals(&self) -> impl Iterator<Item = Row> {
        let of = |number: u32| {
            usize::try_from(number)
                .ok()
                .and_then(|it| self.totals.get(it))
        };
        let known = self.vpcs.iter();
        let known = known.filter_map(move |(vpc, number)| Some((vpc, of(*number)?)));
        known
            .filter(|(_, total)| total.events > 0)
            .map(|(vpc, total)| {
                let time = |at: Option<i64>| at.map(|at| (at * 1000).to_string());
                row([
                    ("vpc", vpc.as_deref().map(str::to_owned)),
                    ("events", Some(total.events.to_string())),
                    ("named", Some(total.named.to_string())),
                    ("first_event", time(total.first)),
                    ("last_event", time(total.last)),
                ])
            })
    }
}

impl Total {
    fn absorb(&mut self, other: Self) {
        self.events = self.events.saturating_add(other.events);
        self.named = self.named.saturating_add(other.named);
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
    }
}

impl Group {
    fn new(name: Name<'_>) -> Self {
        let text = [name.asked, name.code, name.address].concat();
        Self {
            vpc: name.vpc,
            ends: name.ends(),
            text: text.into(),
            queries: 0,
            answers: None,
        }
    }

    fn name(&self) -> Name<'_> {
        let at = |end: u32| usize::try_from(end).unwrap_or(usize::MAX);
        let (asked, code) = (at(self.ends[0]), at(self.ends[1]));
        Name {
            vpc: self.vpc,
            asked: self.text.get(..asked).unwrap_or_default(),
            code: self.text.get(asked..code).unwrap_or_default(),
            address: self.text.get(code..).unwrap_or_default(),
        }
    }

    /// Whether its name is this one, as [`name`](Self::name) has it.
    fn is(&self, name: &Name<'_>) -> bool {
        let rest = self.text.strip_prefix(name.asked);
        let rest = rest.and_then(|it| it.strip_prefix(name.code));
        self.vpc == name.vpc && self.ends == name.ends() && rest == Some(name.address)
    }

    /// Notes the answers of a record. Returns the bytes that they take more, or less.
    fn answered(&mut self, second: i64, list: &str) -> isize {
        if let Some(answers) = &mut self.answers {
            let before = answers.bytes();
            answers.add(second, list);
            return answers.bytes().cast_signed() - before.cast_signed();
        }
        self.answers = Some(Answers::of(second, list));
        list.len().cast_signed()
    }
}

/// The number of an address of IPv4, else one that stands for the text.
fn number_of(text: &str) -> Result<u32, u128> {
    if let Some(address) = v4(text.as_bytes()) {
        return Ok(address);
    }
    match text.parse::<IpAddr>().map(|it| it.to_canonical()) {
        Ok(IpAddr::V4(address)) => Ok(address.to_bits()),
        Ok(IpAddr::V6(address)) => Err(address.to_bits()),
        Err(_) => {
            Err(text
                .bytes()
                .fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
                    (hash ^ u128::from(byte))
                        .wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
                }))
        }
    }
}

fn row<const N: usize>(fields: [(&str, Option<String>); N]) -> Row {
    let known = fields.into_iter();
    known
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}
