//! The columns of a batch of records, each value looked up once.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray,
    types::Int32Type,
};
use hashbrown::HashMap;

use super::super::flow_sums::Start;
use crate::usage::flow::{
    record::{ADDRESSES, BYTES, FIELDS, Record, START},
    texts::{Address, MISSING, Texts},
};

/// A number in a field; none where the record has something else.
#[derive(Clone, Copy)]
enum Number {
    /// `-`, or nothing.
    Nothing,
    Unreadable,
    Of(i64),
}

/// What the values of a field mean, by record.
enum Column {
    Ids(Vec<u32>),
    Addresses(Vec<Address>),
    Numbers(Vec<Number>),
}

/// What the values of the dictionary that was read last mean.
#[derive(Default)]
struct DictionaryCache {
    dictionary: Option<ArrayRef>,
    ids: Vec<u32>,
    addresses: Vec<Address>,
    numbers: HashMap<i64, u32>,
}

/// The columns of a batch.
pub(super) struct Columns {
    /// By the place in [`FIELDS`].
    by_field: [Option<Column>; FIELDS.len()],
    known: Vec<(usize, DictionaryCache)>,
    records: usize,
}

/// A record of a batch.
pub(super) struct Row<'c> {
    columns: &'c Columns,
    at: usize,
}

impl Columns {
    /// Columns by where they stand in a file and in [`FIELDS`].
    pub(super) fn new(places: &[(usize, usize)]) -> Self {
        Self {
            by_field: [const { None }; FIELDS.len()],
            known: places
                .iter()
                .map(|(_, place)| (*place, DictionaryCache::default()))
                .collect(),
            records: 0,
        }
    }

    /// Reads a batch, in place of the last.
    pub(super) fn fill(&mut self, batch: &RecordBatch, texts: &mut Texts) -> Result<(), String> {
        self.records = batch.num_rows();
        for ((place, known), array) in self.known.iter_mut().zip(batch.columns()) {
            let column = column(*place, array, known, texts)?;
            if let Some(slot) = self.by_field.get_mut(*place) {
                *slot = Some(column);
            }
        }
        Ok(())
    }

    pub(super) fn records(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.records).map(|at| Row { columns: self, at })
    }
}

fn column(
    place: usize,
    array: &ArrayRef,
    known: &mut DictionaryCache,
    texts: &mut Texts,
) -> Result<Column, String> {
    let any = array.as_any();
    if let Some(array) = any.downcast_ref::<DictionaryArray<Int32Type>>() {
        return text_column(place, array, known, texts);
    }
    let numbers: Vec<Option<i64>> = if let Some(array) = any.downcast_ref::<Int64Array>() {
        array.iter().collect()
    } else if let Some(array) = any.downcast_ref::<Int32Array>() {
        array.iter().map(|it| it.map(i64::from)).collect()
    } else {
        return Err(format!("a column has the type {}", array.data_type()));
    };
    if place == BYTES || place == START {
        let number = |it: Option<i64>| it.map_or(Number::Nothing, Number::Of);
        return Ok(Column::Numbers(numbers.into_iter().map(number).collect()));
    }
    let none = texts.id("-");
    let mut id = |it: Option<i64>| {
        let Some(number) = it else { return none };
        let of = || texts.id(&number.to_string());
        *known.numbers.entry(number).or_insert_with(of)
    };
    let ids: Vec<u32> = numbers.into_iter().map(&mut id).collect();
    let address = |id: u32| Address::Text(id);
    Ok(if ADDRESSES.contains(&place) {
        Column::Addresses(ids.into_iter().map(address).collect())
    } else {
        Column::Ids(ids)
    })
}

fn text_column(
    place: usize,
    array: &DictionaryArray<Int32Type>,
    known: &mut DictionaryCache,
    texts: &mut Texts,
) -> Result<Column, String> {
    let values = array.values();
    let strings = values.as_any().downcast_ref::<StringArray>();
    let strings = strings.ok_or_else(|| format!("a column has the type {}", array.data_type()))?;
    let at = |key: Option<i32>| key.and_then(|it| usize::try_from(it).ok());
    let keys = array.keys().iter().map(at);
    let text = |it: Option<usize>| {
        let text = it.filter(|it| *it < strings.len() && strings.is_valid(*it));
        text.map_or("-", |it| strings.value(it))
    };
    if place == BYTES || place == START {
        let number = |text: &str| match (text, text.parse()) {
            ("-", _) => Number::Nothing,
            (_, Ok(number)) => Number::Of(number),
            _ => Number::Unreadable,
        };
        return Ok(Column::Numbers(keys.map(|it| number(text(it))).collect()));
    }
    let is_known = known
        .dictionary
        .as_ref()
        .is_some_and(|it| Arc::ptr_eq(it, values));
    let all = (0..strings.len()).map(Some);
    if ADDRESSES.contains(&place) {
        if !is_known {
            known.addresses = all.map(|it| Address::read(text(it), texts)).collect();
            known.dictionary = Some(Arc::clone(values));
        }
        let none = Address::read("-", texts);
        let address = |it: Option<usize>| it.and_then(|it| known.addresses.get(it)).copied();
        return Ok(Column::Addresses(
            keys.map(|it| address(it).unwrap_or(none)).collect(),
        ));
    }
    if !is_known {
        known.ids = all.map(|it| texts.id(text(it))).collect();
        known.dictionary = Some(Arc::clone(values));
    }
    let none = texts.id("-");
    let id = |it: Option<usize>| it.and_then(|it| known.ids.get(it)).copied();
    Ok(Column::Ids(keys.map(|it| id(it).unwrap_or(none)).collect()))
}

impl Row<'_> {
    fn number(&self, field: usize) -> Option<Number> {
        match self.columns.by_field.get(field)? {
            Some(Column::Numbers(numbers)) => numbers.get(self.at).copied(),
            _ => None,
        }
    }

    /// When it starts.
    pub(super) fn start(&self) -> Start {
        match self.number(START) {
            None => Start::Unknown,
            Some(Number::Of(second)) => Start::At(second),
            Some(_) => Start::Unreadable,
        }
    }
}

impl Record for Row<'_> {
    fn id(&self, field: usize, _: &mut Texts) -> u32 {
        match self.columns.by_field.get(field) {
            Some(Some(Column::Ids(ids))) => ids.get(self.at).copied().unwrap_or(MISSING),
            _ => MISSING,
        }
    }

    fn address(&self, field: usize, _: &mut Texts) -> Address {
        match self.columns.by_field.get(field) {
            Some(Some(Column::Addresses(all))) => all.get(self.at).copied().unwrap_or_default(),
            _ => Address::Missing,
        }
    }

    fn bytes(&self) -> Option<u64> {
        match self.number(BYTES)? {
            Number::Of(bytes) => u64::try_from(bytes).ok(),
            Number::Nothing | Number::Unreadable => None,
        }
    }

    fn is_without_bytes(&self) -> bool {
        matches!(self.number(BYTES), Some(Number::Nothing))
    }
}
