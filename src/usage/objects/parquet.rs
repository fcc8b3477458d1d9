//! Flow log records as Apache Parquet: columns by their names, which have underscores
//! (<https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs-parquet.html>).
//!
//! Texts are read as dictionaries: what is to know of a text is looked up once for each value of a
//! dictionary, and not for each record.

mod columns;

use std::{
    fs::File,
    io::{self, Seek},
    sync::Arc,
};

use arrow_schema::{DataType, Schema};
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
};

use self::columns::Columns;
use super::{
    flow_sums::Flows,
    workers::{Body, broken},
};
use crate::{
    model::coverage::{Failure, Reason},
    usage::flow::record::{FIELDS, START},
};

/// Records in memory at once.
const BATCH: usize = 8192;
/// Bytes that the needed columns of a row group may have unpacked.
const MOST_OF_ROW_GROUP: i64 = 2 << 30;

/// Reads an object. The end of a Parquet file shows what is in it, so the object goes to a temporary file first.
pub(super) fn read(key: &str, mut body: Body, flows: &mut Flows) -> Result<(), Failure> {
    let failure = body.failure();
    let mut file = tempfile::tempfile().map_err(|why| {
        let why = format!("a temporary file cannot be made: {why}");
        Failure::new(Reason::Other, why)
    })?;
    io::copy(&mut body, &mut file).map_err(|why| broken(&failure, key, &why))?;
    file.rewind().map_err(|why| broken(&failure, key, &why))?;
    let invalid = |why: String| {
        let why = format!("object `{key}` cannot be read as Parquet: {why}");
        Failure::new(Reason::InvalidResponse, why)
    };
    let metadata = metadata(&file).map_err(invalid)?;
    let fields = metadata.schema().fields().iter().enumerate();
    let places: Vec<(usize, usize)> = fields
        .filter_map(|(at, field)| {
            let name = field.name().replace('_', "-");
            Some((at, FIELDS.iter().position(|it| *it == name)?))
        })
        .collect();
    check(&places).map_err(invalid)?;
    flows.has_start &= places.iter().any(|(_, place)| *place == START);
    let places: Vec<_> = places
        .into_iter()
        .filter(|(_, place)| flows.needs(*place))
        .collect();
    let mask = ProjectionMask::roots(metadata.parquet_schema(), places.iter().map(|(at, _)| *at));
    for group in metadata.metadata().row_groups() {
        let columns = group.columns().iter().enumerate();
        let needed = columns.filter(|(at, _)| mask.leaf_included(*at));
        let bytes = needed.map(|(_, it)| it.uncompressed_size()).sum::<i64>();
        if bytes > MOST_OF_ROW_GROUP {
            return Err(invalid(format!("a row group has {bytes} bytes")));
        }
    }
    let batches = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
        .with_projection(mask)
        .with_batch_size(BATCH)
        .build();
    let mut columns = Columns::new(&places);
    for batch in batches.map_err(|why| invalid(why.to_string()))? {
        let batch = batch.map_err(|why| invalid(why.to_string()))?;
        columns.fill(&batch, &mut flows.texts).map_err(invalid)?;
        for record in columns.records() {
            flows.record(record.start(), &record);
        }
        flows.check_size()?;
    }
    Ok(())
}

/// The metadata of a file, with its texts as dictionaries.
fn metadata(file: &File) -> Result<ArrowReaderMetadata, String> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let plain = ArrowReaderMetadata::load(file, options.clone()).map_err(|it| it.to_string())?;
    let fields = plain.schema().fields().iter().map(|field| {
        let is_text = matches!(field.data_type(), DataType::Utf8 | DataType::Binary);
        let text = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let field = field.as_ref().clone();
        if is_text {
            field.with_data_type(text)
        } else {
            field
        }
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let schema = schema.with_metadata(plain.schema().metadata().clone());
    let metadata = Arc::clone(plain.metadata());
    ArrowReaderMetadata::try_new(metadata, options.with_schema(Arc::new(schema)))
        .map_err(|it| it.to_string())
}

/// That the columns show bytes between two addresses.
fn check(places: &[(usize, usize)]) -> Result<(), String> {
    let has = |name: &str| {
        let mut places = places.iter();
        places.any(|(_, place)| FIELDS.get(*place) == Some(&name))
    };
    for needed in ["srcaddr", "dstaddr", "bytes"] {
        if !has(needed) {
            return Err(format!("there is no column {needed}"));
        }
    }
    if !has("interface-id") && !has("tgw-src-vpc-id") {
        let why = "there is no column interface-id, and none of a transit gateway";
        return Err(why.to_owned());
    }
    Ok(())
}
