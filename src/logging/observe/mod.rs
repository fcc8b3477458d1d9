//! Reads the accounts and Regions of the scope, as far as a plan or the status needs it.

mod bucket;
mod disable;
mod enable;
mod observer;
mod region;
mod status;

use std::collections::BTreeSet;

use tokio::sync::mpsc::UnboundedSender;

pub use self::status::{LiveState, for_status};

use self::observer::Observer;
use super::{observed_state::ObservedState, undo::Selection};
use crate::{
    config::Config,
    model::{
        event::Event,
        id::AccountId,
        logging::{Destination, Item, Request, RequestedLogs, Work},
    },
    org::session::Access,
};

/// Reads what a plan to turn logs on needs.
///
/// # Errors
///
/// If the accounts cannot be listed at all.
pub async fn for_enable(
    access: &Access,
    config: &Config,
    request: &Request,
    events: &UnboundedSender<Event>,
) -> anyhow::Result<ObservedState> {
    let observer = Observer::new(access, config, events);
    let reader = &observer;
    let everywhere = |_: &_| true;
    match &request.wanted {
        RequestedLogs::Dns { destination } => {
            let own = !matches!(destination, Destination::Central { .. });
            let read = |session| reader.for_dns(session, request, own);
            observer.regions(everywhere, read).await?;
            if let Destination::S3 { bucket } = destination {
                observer.bucket(bucket).await;
            }
            observer.central(request).await;
        }
        RequestedLogs::Flow {
            nat_only,
            delivery_role,
            bucket,
            ..
        } => {
            let read = |session| reader.for_flow(session, request, *nat_only);
            observer.regions(everywhere, read).await?;
            match bucket {
                Some(bucket) => observer.bucket(bucket).await,
                None => observer.roles(|_| delivery_role.clone()).await,
            }
        }
    }
    Ok(observer.into_state())
}

/// Reads what a plan that removes needs. `items` is the manifest.
///
/// # Errors
///
/// If the accounts cannot be listed at all.
pub async fn for_disable(
    access: &Access,
    config: &Config,
    selection: &Selection,
    items: &[Item],
    events: &UnboundedSender<Event>,
) -> anyhow::Result<ObservedState> {
    let observer = Observer::new(access, config, events);
    let reader = &observer;
    // The manifest names the accounts of a run; without one its tags may be in any account.
    let of_run: BTreeSet<&AccountId> = items
        .iter()
        .filter(|item| item.may_be_there() && selection.run.as_ref() == Some(&item.run))
        .map(|item| &item.action.account_id)
        .collect();
    let among = |id: &AccountId| of_run.is_empty() || of_run.contains(id);
    let read = |session| reader.for_undo(session, items);
    observer.regions(among, read).await?;
    let role_in = |id: &AccountId| {
        let made = items.iter().rev().find_map(|item| match &item.action.work {
            Work::CreateRole { role_name, .. } if item.action.account_id == *id => Some(role_name),
            _ => None,
        });
        made.unwrap_or(&config.logging.delivery_role).clone()
    };
    observer.roles(role_in).await;
    observer.role_users().await;
    Ok(observer.into_state())
}
