//! Query logs and flow logs as Athena counts them, folded as the rows of every other engine.
//!
//! The query logs of one account, bucket and prefix are one statement about all of their VPCs, which the
//! first of them starts and the others wait for. A flow log is a statement for each source.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::future::try_join_all;
use tokio::sync::{OnceCell, Semaphore};

use super::{
    rows::{split, usage_of, vpc_of},
    run::{Answer, Workgroup},
    sql::LENGTH,
    table::{Table, TableRecords},
};
use crate::{
    config::Objects,
    model::{
        coverage::{Failure, Reason},
        flow::FlowUsage,
        id::VpcId,
        log_place::{LogPlace, ObjectPlace, ObjectRecords},
        object_reads::{ObjectCounts, ObjectReads, ObjectRoute},
        run::Window,
        usage::GroupUsage,
    },
    usage::{
        dns,
        flow::{self, source::Source, statement::Scan},
        insights::Row,
        objects::{Bucket, ObjectReader, lateness, listing},
    },
};

/// What all places of a scan share.
#[derive(Debug)]
pub struct AthenaReader {
    slots: Semaphore,
    chosen: AtomicBool,
    /// The places of query logs, all of them: the text of a statement does not depend on what an
    /// earlier process has read.
    places: OnceLock<Vec<ObjectPlace>>,
    checked: Mutex<HashMap<Table, Arc<CheckCell>>>,
    counted: Mutex<HashMap<Table, HashMap<ObjectPlace, Arc<QueriesCell>>>>,
}

/// Why a table cannot be read, if so.
type CheckCell = OnceCell<Result<(), Failure>>;

/// The rows of the query logs of one account, bucket and prefix, by VPC, or why there are none.
type QueriesCell = OnceCell<Queries>;

#[derive(Debug)]
struct Queries {
    rows: Result<BTreeMap<String, Vec<Row>>, Failure>,
    /// Bytes billed; the first place that asks for its rows takes them.
    bytes_billed: Mutex<u64>,
}

/// What reads a place.
#[derive(Clone, Copy, Debug)]
pub struct AthenaScan<'s> {
    /// Where queries run.
    pub workgroup: &'s Workgroup<'s>,
    /// The bucket of the place.
    pub bucket: &'s Bucket,
    /// What has listed the bucket.
    pub listed: &'s ObjectReader,
    /// The settings of logs in S3.
    pub settings: &'s Objects,
    /// What counts.
    pub window: Window,
}

impl AthenaScan<'_> {
    /// What reading took: bytes as Athena bills them.
    fn reads(&self, athena_bytes: u64) -> ObjectReads {
        let route = ObjectRoute {
            reader: self.workgroup.session.target().region.clone(),
            ..self.bucket.route()
        };
        let counts = ObjectCounts {
            athena_bytes,
            ..ObjectCounts::default()
        };
        ObjectReads { route, counts }
    }
}

impl AthenaReader {
    /// With so many queries at once.
    pub fn new(queries: usize) -> Self {
        Self {
            slots: Semaphore::new(queries.max(1)),
            chosen: AtomicBool::new(false),
            places: OnceLock::new(),
            checked: Mutex::default(),
            counted: Mutex::default(),
        }
    }

    /// Lets Athena read what the embedded engine would not by itself.
    pub fn choose(&self) {
        self.chosen.store(true, Ordering::Relaxed);
    }

    /// Whether it has been chosen.
    pub fn is_chosen(&self) -> bool {
        self.chosen.load(Ordering::Relaxed)
    }

    /// Names all places of query logs. Called once, before any is read.
    pub fn plan<'p>(&self, places: impl Iterator<Item = &'p LogPlace>) {
        let objects = places.filter_map(|it| match it {
            LogPlace::Objects(place) => Some(place.clone()),
            LogPlace::LogGroup(_) => None,
        });
        let _ = self.places.set(objects.collect());
    }

    /// The queries of the VPC of a place.
    pub async fn queries(
        &self,
        scan: AthenaScan<'_>,
        place: &ObjectPlace,
        zones: &[String],
    ) -> GroupUsage {
        let table = Table {
            bucket: scan.bucket.name().to_owned(),
            prefix: scan.bucket.prefix().to_owned(),
            records: TableRecords::Queries,
        };
        let cell = {
            let mut all = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
            let of_table = all.entry(table.clone()).or_default();
            // One cell for all VPCs of what delivers: the key is the place without its VPC.
            let key = ObjectPlace {
                records: ObjectRecords::Queries {
                    vpc_id: VpcId::default(),
                },
                ..place.clone()
            };
            Arc::clone(of_table.entry(key).or_default())
        };
        let count = || self.count_queries(scan, place, &table, zones);
        let counted = cell.get_or_init(count).await;
        let bytes_billed = {
            let mut bytes = counted.bytes_billed.lock();
            let bytes = bytes.as_deref_mut().map(std::mem::take);
            bytes.unwrap_or_default()
        };
        let rows = match &counted.rows {
            Ok(rows) => rows,
            Err(failure) => {
                let place = LogPlace::Objects(place.clone());
                let failed = GroupUsage::failed(place.failed(failure.clone()));
                return GroupUsage {
                    objects: Some(scan.reads(bytes_billed)),
                    ..failed
                };
            }
        };
        let rows = vpc_of(place).and_then(|it| rows.get(it));
        let mut usage = usage_of(place, rows.map_or(&[], Vec::as_slice));
        usage.objects = Some(scan.reads(bytes_billed));
        if let Some(remark) = lateness(scan.window, scan.settings) {
            usage.add_remark(&remark);
        }
        usage
    }

    async fn count_queries(
        &self,
        scan: AthenaScan<'_>,
        place: &ObjectPlace,
        table: &Table,
        zones: &[String],
    ) -> Queries {
        let mut bytes_billed = 0;
        let rows = self.rows_by_vpc(scan, place, table, zones, &mut bytes_billed);
        let rows = rows.await;
        Queries {
            rows,
            bytes_billed: Mutex::new(bytes_billed),
        }
    }

    async fn rows_by_vpc(
        &self,
        scan: AthenaScan<'_>,
        place: &ObjectPlace,
        table: &Table,
        zones: &[String],
        bytes_billed: &mut u64,
    ) -> Result<BTreeMap<String, Vec<Row>>, Failure> {
        let planned = self.places.get().map_or(&[][..], Vec::as_slice);
        let of_delivery = |it: &&ObjectPlace| {
            (&it.target, &it.bucket, &it.prefix) == (&place.target, &place.bucket, &place.prefix)
        };
        let together = planned.iter().filter(of_delivery).chain([place]);
        let vpcs: BTreeSet<VpcId> = together.filter_map(vpc_of).map(Into::into).collect();
        let accounts = listing::accounts(scan.listed, scan.bucket, &vpcs).await?;
        if accounts.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.check(scan.workgroup, table).await?;
        let name = scan.workgroup.table_name(table);
        let times = listing::stamps(place, scan.window, scan.settings);
        let statement = |vpcs: &BTreeSet<VpcId>| {
            let condition = table.condition(&accounts, vpcs, times);
            dns::statement::statement(&name, &condition, zones, scan.window)
        };
        let most = Table::vpcs_at_once(accounts.len(), times);
        let statements = split(vpcs, most, &statement);
        let answers = self.run_all(scan.workgroup, &statements).await;
        let answers = answers.map_err(|(failure, scanned)| {
            *bytes_billed = ObjectCounts::billed(scanned);
            failure
        })?;
        let mut found: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for answer in answers {
            *bytes_billed = bytes_billed.saturating_add(answer.bytes_billed());
            for mut row in answer.rows {
                let vpc = row.remove("log_vpc").unwrap_or_default();
                found.entry(vpc).or_default().push(row);
            }
        }
        Ok(found)
    }

    /// The bytes of a flow log.
    pub async fn flows(
        &self,
        scan: AthenaScan<'_>,
        place: &ObjectPlace,
        sources: &[Source],
    ) -> FlowUsage {
        let mut bytes_billed: u64 = 0;
        let mut rows = Vec::new();
        let mut has_start = true;
        for source in sources {
            has_start &= source.format().has("start");
            match self.rows_of(scan, place, source).await {
                Ok((found, scanned)) => {
                    bytes_billed = bytes_billed.saturating_add(scanned);
                    rows.push(found.into_iter());
                }
                Err((failure, scanned)) => {
                    let place = LogPlace::Objects(place.clone());
                    return FlowUsage {
                        failure: Some(place.failed(failure)),
                        objects: Some(
                            scan.reads(bytes_billed.saturating_add(ObjectCounts::billed(scanned))),
                        ),
                        ..FlowUsage::default()
                    };
                }
            }
        }
        let shown = LogPlace::Objects(place.clone()).to_string();
        let mut usage = flow::of_rows(&shown, sources, rows.into_iter());
        usage.objects = Some(scan.reads(bytes_billed));
        let without_start = (!has_start).then(|| {
            format!(
                "the records of {shown} lack ${{start}}: those at the ends of the window are chosen by \
                 the names of their objects"
            )
        });
        let late = lateness(scan.window, scan.settings);
        for why in without_start.into_iter().chain(late) {
            let before = usage.remark.take();
            usage.remark = Some(before.map_or(why.clone(), |it| format!("{it}; {why}")));
        }
        usage
    }

    /// The rows of a source, and the bytes that they took.
    async fn rows_of(
        &self,
        scan: AthenaScan<'_>,
        place: &ObjectPlace,
        source: &Source,
    ) -> Result<(Vec<Row>, u64), (Failure, u64)> {
        let ObjectRecords::Flows {
            flow_log_id,
            layout,
            ..
        } = &place.records
        else {
            return Ok((Vec::new(), 0));
        };
        let table = Table {
            bucket: scan.bucket.name().to_owned(),
            prefix: scan.bucket.prefix().to_owned(),
            records: TableRecords::Flows {
                format: source.format().clone(),
                parquet: layout.parquet,
                hive: layout.hive,
            },
        };
        let checked = self.check(scan.workgroup, &table).await;
        checked.map_err(|failure| (failure, 0))?;
        let accounts = [place.target.account_id.to_string()].into();
        let regions = [place.target.region.to_string()].into();
        let times = listing::stamps(place, scan.window, scan.settings);
        let statements = flow::statement::statements(
            source,
            Scan {
                table: &scan.workgroup.table_name(&table),
                condition: &table.condition(&accounts, &regions, times),
                flow_log_id,
                window: scan.window,
            },
        );
        let texts: Vec<String> = statements.iter().map(|it| it.text.clone()).collect();
        let answers = self.run_all(scan.workgroup, &texts).await?;
        let mut rows = Vec::new();
        let mut bytes_billed: u64 = 0;
        for (statement, answer) in statements.iter().zip(answers) {
            bytes_billed = bytes_billed.saturating_add(answer.bytes_billed());
            // What was not captured is asked about once.
            let counts =
                |row: &Row| statement.is_first || row.get("stat").is_none_or(|it| it != "SKIPDATA");
            rows.extend(answer.rows.into_iter().filter(counts));
        }
        Ok((rows, bytes_billed))
    }

    async fn run_all(
        &self,
        workgroup: &Workgroup<'_>,
        statements: &[String],
    ) -> Result<Vec<Answer>, (Failure, u64)> {
        let run = async |statement: &String| {
            if statement.len() > LENGTH {
                let why = format!("the statement has more than {LENGTH} bytes");
                return Err((Failure::new(Reason::Truncated, why), 0));
            }
            let _slot = self.slots.acquire().await;
            Box::pin(workgroup.run(statement)).await
        };
        try_join_all(statements.iter().map(run)).await
    }

    /// Checks the workgroup and a table, once.
    async fn check(&self, workgroup: &Workgroup<'_>, table: &Table) -> Result<(), Failure> {
        let cell = {
            let mut all = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(table.clone()).or_default())
        };
        let check = async || workgroup.check(table).await;
        cell.get_or_init(check).await.clone()
    }
}
