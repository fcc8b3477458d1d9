//! The engine of a scan: asks AWS about every account, Region and resource, and fills the store cell
//! by cell. Nothing is judged here.

mod bill;
mod cells;
mod client_interfaces;
mod dns_outcome;
mod dns_usage;
mod endpoint_services;
mod estimate;
mod flow_outcome;
mod flow_usage;
mod hub_interfaces;
mod inventory;
mod log_group_sizes;
mod log_readers;
pub mod merged;
mod object_logs;
mod opened;
mod partner_services;
mod planned_query_logs;
mod planned_read;
mod prefix_lists;
pub mod price_list;
mod region_logs;
mod resources;
mod shared_log_groups;
mod target;
mod transit_gateways;
mod vpc_dns_attributes;

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

pub use self::resources::actions;
use self::{
    cells::Cells, log_group_sizes::LogGroupSizes, object_logs::ObjectLogs,
    shared_log_groups::other_readers,
};
use crate::{
    aws::cancellation::CancellationToken,
    config::Config,
    cost::price_book::PriceBook,
    model::{event::Event, shard::OtherShards, target::Account},
    org::{
        accounts::{self, OrganizationError},
        session::Access,
    },
    store::{Record, Store, StoreError},
    usage::{athena::reader::AthenaReader, objects::ObjectReader},
};

/// What is scanned, and where its results go.
#[derive(Debug)]
pub struct Scan<'s> {
    /// The settings of the run.
    pub config: &'s Config,
    /// The store that holds the run.
    pub store: &'s Store,
    /// The run.
    pub record: &'s Record,
    /// Whether an earlier process may have recorded cells of the run: they are not asked again.
    pub resumed: bool,
    /// The prices that the estimate of the scan's own cost is made with.
    pub prices: &'s PriceBook,
    /// Cancelled when the scan has to stop.
    pub stop: CancellationToken,
}

/// Why a scan ends without a result. Failures of single calls are no error: they are cells.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The store cannot be written or read.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
    /// The accounts cannot be listed, or the filters select none.
    #[error(transparent)]
    Organization(#[from] OrganizationError),
    /// The filters select no Region.
    #[error("the filters leave no Region to scan; see {0} and {1}")]
    NoRegion(String, String),
}

impl From<StoreError> for ScanError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl Scan<'_> {
    /// Makes all calls of the scan. Reports are computed from what is in the store afterwards.
    ///
    /// # Errors
    ///
    /// [`ScanError`].
    pub async fn run(
        &self,
        access: &Access,
        events: &UnboundedSender<Event>,
    ) -> Result<(), ScanError> {
        let (config, record) = (self.config, self.record);
        self.store.set_caller(record.key, access.caller_account())?;
        let cells = Cells::new(
            self.store.reopen()?,
            record,
            self.resumed,
            self.stop.clone(),
            events.clone(),
        )?;
        let accounts = cells
            .organization(accounts::list(access, &config.scope))
            .await?;
        if let Some(shard) = config.scope.shard {
            cells.leave_to_others(OtherShards::new(shard, &accounts));
        }
        let ours = |it: &&Account| it.selected && cells.other_shard(&it.id).is_none();
        cells.send_event(Event::Accounts {
            known: accounts.len(),
            selected: accounts.iter().filter(ours).count(),
        });
        inventory::gather(access, config, record.window(), &accounts, &cells).await;
        drop(accounts);
        cells.flush().await?;
        // Of a shard, that may be right: there may be more shards than accounts.
        if cells.other_shards().is_none() && !cells.are_worth_keeping() {
            self.store.forget(record.key)?;
            let places = &config.scope.places;
            let (regions, excluded) = (&places.regions, &places.exclude_regions);
            return Err(ScanError::NoRegion(regions.clone(), excluded.clone()));
        }
        transit_gateways::gather(access, config, &cells).await?;
        hub_interfaces::gather(access, config, &cells).await?;
        endpoint_services::gather(access, config, &cells).await;
        cells.flush().await?;
        self.read_logs(access, &cells).await?;
        vpc_dns_attributes::of_called(access, config, &cells).await?;
        if config.bill.enabled {
            cells.flush().await?;
            bill::gather(access, config, &cells, record.window(), self.prices).await;
        }
        Ok(cells.flush().await?)
    }

    /// Reads the logs, unless that is switched off or would cost more than it may.
    async fn read_logs(&self, access: &Access, cells: &Cells) -> Result<(), Arc<StoreError>> {
        let (config, window) = (self.config, self.record.window());
        if !config.usage.enabled {
            dns_usage::left_out(cells);
            return Ok(());
        }
        let readers = Box::pin(other_readers(access, config, cells)).await;
        let query_logs = planned_query_logs::planned(cells, &readers);
        let mut to_read = query_logs.reads();
        let flow_logs = flow_usage::wanted(cells, window);
        let flow_log_count = flow_logs.len();
        to_read.extend(flow_logs);
        to_read.retain(|it| !planned_read::is_kept(cells, it));
        let reader = ObjectReader::default();
        let athena = AthenaReader::new(config.athena.queries);
        let sizes = LogGroupSizes::of(&to_read);
        let objects = ObjectLogs {
            access,
            config,
            cells,
            window,
            reader: &reader,
            athena: &athena,
            sizes: &sizes,
        };
        let listing = objects.list(&to_read).await;
        objects.refuse_too_many(&listing);
        if let Some(why) = estimate::refused(objects, self.prices, to_read, listing).await {
            dns_usage::left_out_for(cells, &readers, &why);
            flow_usage::left_out_for(cells, window, &why);
        } else {
            dns_usage::gather(objects, &readers, query_logs).await?;
            partner_services::gather(access, config, cells).await?;
            flow_usage::gather(objects, flow_log_count).await?;
        }
        Ok(())
    }
}
