//! Logs in S3: the account that reads a bucket, how much there is, and the reading unit by unit.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};

use super::{
    cells::{Cells, Measured},
    log_group_sizes::LogGroupSizes,
    opened::open,
    planned_read::PlannedRead,
};
use crate::{
    aws::budget::gb,
    config::{Config, Engine},
    model::{
        coverage::{Failure, Reason, Step},
        event::Event,
        flow::{FlowPart, FlowRead, FlowUsage},
        id::AccountId,
        log_place::{LogPlace, ObjectPlace},
        money::BYTES_PER_GB,
        run::Window,
        usage::GroupUsage,
    },
    org::session::{Access, AccountAccess},
    usage::{
        athena::{
            reader::{AthenaReader, AthenaScan},
            run::Workgroup,
        },
        flow::{self, source::Source},
        objects::{self, Bucket, Listing, ObjectReader},
    },
};

/// What reads the objects of a scan.
#[derive(Clone, Copy)]
pub(super) struct ObjectLogs<'s> {
    pub(super) access: &'s Access,
    pub(super) config: &'s Config,
    pub(super) cells: &'s Cells,
    pub(super) window: Window,
    pub(super) reader: &'s ObjectReader,
    pub(super) athena: &'s AthenaReader,
    pub(super) sizes: &'s LogGroupSizes,
}

impl ObjectLogs<'_> {
    /// The account whose credentials read a place: that of the settings, else the one that delivers, else
    /// the caller's.
    async fn account(&self, place: &ObjectPlace) -> Result<AccountAccess, Failure> {
        let set = self.config.objects.account.parse::<AccountId>().ok();
        let owner = set.as_ref().unwrap_or(&place.target.account_id);
        let opened = open(
            self.access,
            self.cells,
            owner,
            "assumed to read its buckets",
        )
        .await;
        match opened.result {
            Err(_) if set.is_none() => {
                let caller = self.access.caller_account();
                self.access.account(caller).await
            }
            opened => opened,
        }
    }

    async fn bucket(&self, place: &ObjectPlace) -> Result<Bucket, Failure> {
        if let Some(why) = self.reader.refusal() {
            return Err(why.clone());
        }
        let account = self.account(place).await?;
        self.open(&account, place).await
    }

    async fn open(&self, account: &AccountAccess, place: &ObjectPlace) -> Result<Bucket, Failure> {
        let home = self.access.home_region()?;
        Bucket::open(account, place, &self.config.objects, &home).await
    }

    pub(super) fn reads_by_athena(&self) -> bool {
        self.config.objects.engine == Engine::Athena || self.athena.is_chosen()
    }

    /// Reads a place by Athena, with the account that reads its bucket.
    async fn by_athena<T>(
        &self,
        place: &ObjectPlace,
        work: impl AsyncFnOnce(AthenaScan<'_>) -> T,
    ) -> Result<T, Failure> {
        let account = self.account(place).await?;
        let bucket = self.open(&account, place).await?;
        let region = self.config.athena.region.parse();
        let region = region.unwrap_or_else(|_| place.target.region.clone());
        let workgroup = Workgroup {
            session: &account.session(&region),
            settings: &self.config.athena,
            polling: &self.config.usage,
            run: self.cells.run_id(),
        };
        let scan = AthenaScan {
            workgroup: &workgroup,
            bucket: &bucket,
            listed: self.reader,
            settings: &self.config.objects,
            window: self.window,
        };
        Ok(work(scan).await)
    }

    /// The queries of the VPC of a place.
    pub(super) async fn queries(
        &self,
        place: &ObjectPlace,
        zones: &[String],
    ) -> Measured<GroupUsage> {
        let work = async {
            if self.reads_by_athena() {
                let read = async |scan: AthenaScan<'_>| {
                    Box::pin(self.athena.queries(scan, place, zones)).await
                };
                return self.by_athena(place, read).await;
            }
            let bucket = self.bucket(place).await?;
            let settings = &self.config.objects;
            objects::dns::read(self.reader, &bucket, place, zones, self.window, settings).await
        };
        self.measured(work).await
    }

    /// The bytes of a flow log, day by day. A day that an earlier process read is not read again.
    pub(super) async fn flows(
        &self,
        place: &ObjectPlace,
        sources: &[Source],
    ) -> Measured<FlowUsage> {
        let work = async {
            if self.reads_by_athena() {
                let read = async |scan: AthenaScan<'_>| {
                    Box::pin(self.athena.flows(scan, place, sources)).await
                };
                return self.by_athena(place, read).await;
            }
            let mut bucket = None;
            let mut days = objects::flow::Days::default();
            for day in objects::flow::days(place, self.window, &self.config.objects) {
                let name = format!("{}/{day}", place.name());
                if let Some(kept) = self.kept_day(place, &name, sources) {
                    days.add(kept);
                    continue;
                }
                let bucket = match &mut bucket {
                    Some(bucket) => bucket,
                    none => none.insert(self.bucket(place).await?),
                };
                let (at, settings) = ((self.window, day), &self.config.objects);
                let read =
                    objects::flow::read_day(self.reader, bucket, place, sources, at, settings);
                let usage = read.await?;
                self.keep_day(place, &name, sources, &usage)?;
                days.add(usage);
            }
            Ok(days.usage(self.window, &self.config.objects))
        };
        self.measured(work).await
    }

    fn kept_day(&self, place: &ObjectPlace, name: &str, sources: &[Source]) -> Option<FlowUsage> {
        let part = self
            .cells
            .part::<FlowPart>(&place.target, Step::FlowUsage, name);
        match part? {
            (FlowPart::Day(read), false) if read.question == flow::fingerprint(sources) => {
                Some(read.usage)
            }
            _ => None,
        }
    }

    fn keep_day(
        &self,
        place: &ObjectPlace,
        name: &str,
        sources: &[Source],
        usage: &FlowUsage,
    ) -> Result<(), Failure> {
        let part = FlowPart::Day(FlowRead {
            usage: usage.clone(),
            question: flow::fingerprint(sources),
            ..FlowRead::default()
        });
        let reason = usage.failure.as_ref().map(|it| it.reason);
        let kept = self
            .cells
            .keep(&place.target, Step::FlowUsage, name, reason, &part);
        kept.map_err(|error| Failure::new(Reason::Other, error.to_string()))
    }

    async fn measured<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Measured<T> {
        let measured = self.cells.measure_to_the_end(work).await;
        Measured {
            result: measured.result.flatten(),
            counts: measured.counts,
            duration_ms: measured.duration_ms,
        }
    }

    /// How much there is to read. A place that cannot be listed has its own failure when it is read.
    pub(super) async fn list(&self, wanted: &[PlannedRead]) -> Listing {
        let mut places: BTreeSet<&ObjectPlace> = BTreeSet::new();
        for it in wanted {
            if let LogPlace::Objects(place) = &it.place {
                places.insert(place);
            }
        }
        stream::iter(places)
            .map(|place| async move {
                let bucket = Box::pin(self.bucket(place)).await.ok()?;
                let settings = &self.config.objects;
                let counted =
                    objects::count(self.reader, &bucket, place, self.window, settings).await;
                counted.ok()
            })
            .buffer_unordered(self.config.objects.fetchers)
            .fold(Listing::default(), async |mut sum, found| {
                sum.absorb(found.unwrap_or_default());
                sum
            })
            .await
    }

    /// Takes Athena if there are more objects than the embedded engine reads by itself; refuses all if Athena is
    /// not set up.
    pub(super) fn refuse_too_many(&self, listing: &Listing) {
        let settings = &self.config.objects;
        let (most_gb, most) = (settings.embedded_max_gb, settings.embedded_max_objects);
        let fits = listing.bytes <= most_gb.saturating_mul(BYTES_PER_GB) && listing.objects <= most;
        if fits || settings.engine != Engine::Auto {
            return;
        }
        if self.config.athena.is_set() {
            self.athena.choose();
            return;
        }
        let why = format!(
            "the window has at least {} objects of {} in S3, more than objects.embedded_max_objects ({most}) or \
             objects.embedded_max_gb ({most_gb}): set athena.workgroup and create the tables that \
             `vpce-scout athena ddl` prints, or read them all with --engine embedded, or scan a shorter window \
             or fewer accounts",
            listing.objects,
            gb(listing.bytes)
        );
        self.cells.send_event(Event::OverBudget(why.clone()));
        self.reader.refuse(Failure::new(Reason::Budget, why));
    }
}
