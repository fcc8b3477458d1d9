//! Flow log records as Apache Parquet: columns by their names, which have underscores
//! (<https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs-parquet.html>).

use std::io::{self, Seek};

use arrow_array::{Array, Int32Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder};

use super::{
    flow_sums::Flows,
    workers::{Body, broken},
};
use crate::{
    model::coverage::{Failure, Reason},
    usage::flow::record::{FIELDS, START, Values},
};

/// Records in memory at once.
const BATCH: usize = 8192;

/// Reads an object. The end of a Parquet file tells what is in it, so the object goes to a temporary file first.
pub(super) fn read(key: &str, mut body: Body, flows: &mut Flows) -> Result<(), Failure> {
    let failure = body.failure();
    let mut file = tempfile::tempfile().map_err(|why| {
        Failure::new(
            Reason::Other,
            format!("a temporary file cannot be made: {why}"),
        )
    })?;
    io::copy(&mut body, &mut file).map_err(|why| broken(&failure, key, &why))?;
    file.rewind().map_err(|why| broken(&failure, key, &why))?;
    let invalid = |why: &dyn std::fmt::Display| {
        let why = format!("object `{key}` cannot be read as Parquet: {why}");
        Failure::new(Reason::InvalidResponse, why)
    };
    let file = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|why| invalid(&why))?;
    let fields = file.schema().fields().iter().enumerate();
    let columns: Vec<(usize, usize)> = fields
        .filter_map(|(at, field)| {
            let name = field.name().replace('_', "-");
            Some((at, FIELDS.iter().position(|it| *it == name)?))
        })
        .collect();
    let has = |name: &str| {
        columns
            .iter()
            .any(|(_, place)| FIELDS.get(*place) == Some(&name))
    };
    for needed in ["srcaddr", "dstaddr", "bytes"] {
        if !has(needed) {
            return Err(invalid(&format!("there is no column {needed}")));
        }
    }
    if !has("interface-id") && !has("tgw-src-vpc-id") {
        let why = "there is no column interface-id, and none of a transit gateway";
        return Err(invalid(&why));
    }
    flows.has_start &= columns.iter().any(|(_, place)| *place == START);
    let mask = ProjectionMask::roots(file.parquet_schema(), columns.iter().map(|(at, _)| *at));
    let batches = file.with_projection(mask).with_batch_size(BATCH).build();
    for batch in batches.map_err(|why| invalid(&why))? {
        let batch = batch.map_err(|why| invalid(&why))?;
        add(&batch, &columns, flows).map_err(|why| invalid(&why))?;
    }
    Ok(())
}

/// A column of one of the types that flow logs have.
enum Column<'b> {
    Text(&'b StringArray),
    Int(&'b Int32Array),
    Long(&'b Int64Array),
}

impl<'b> Column<'b> {
    fn of(array: &'b dyn Array) -> Option<Self> {
        let any = array.as_any();
        any.downcast_ref()
            .map(Self::Text)
            .or_else(|| any.downcast_ref().map(Self::Int))
            .or_else(|| any.downcast_ref().map(Self::Long))
    }

    /// A value; `-` where there is none, as in text.
    fn value<'v>(&'v self, row: usize, number: &'v mut String) -> &'v str {
        use std::fmt::Write as _;
        let is_null = match self {
            Self::Text(it) => it.is_null(row),
            Self::Int(it) => it.is_null(row),
            Self::Long(it) => it.is_null(row),
        };
        number.clear();
        match self {
            _ if is_null => return "-",
            Self::Text(it) => return it.value(row),
            Self::Int(it) => drop(write!(number, "{}", it.value(row))),
            Self::Long(it) => drop(write!(number, "{}", it.value(row))),
        }
        number
    }
}

fn add(batch: &RecordBatch, places: &[(usize, usize)], flows: &mut Flows) -> Result<(), String> {
    let mut columns = Vec::new();
    for ((_, place), array) in places.iter().zip(batch.columns()) {
        let column = Column::of(array.as_ref());
        let column =
            column.ok_or_else(|| format!("a column has the type {}", array.data_type()))?;
        columns.push((*place, column));
    }
    let mut numbers = vec![String::new(); columns.len()];
    for row in 0..batch.num_rows() {
        let mut values: Values<'_> = [None; FIELDS.len()];
        for ((place, column), number) in columns.iter().zip(&mut numbers) {
            if let Some(slot) = values.get_mut(*place) {
                *slot = Some(column.value(row, number));
            }
        }
        flows.unreadable += u64::from(!flows.record(&values));
    }
    Ok(())
}
