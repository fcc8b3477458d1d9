//! What reading the query logs of one Region would cost, from the sizes of their log groups. The content
//! of no log is read.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use jiff::Timestamp;

use crate::{
    aws::budget::gb,
    collect::query_log,
    config::Config,
    cost::{price_book::PriceBook, scan},
    model::{id::Region, usage::LogGroup},
    org::session::AccountAccess,
    usage::size,
};

/// What is known of the log groups of a Region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LogCost {
    groups: usize,
    /// Log groups and accounts whose size or list could not be read.
    unknown: usize,
    bytes: u64,
}

/// Asks every account for the log groups of its query logs, and these for their sizes.
pub(super) async fn of_region(
    config: &Config,
    accounts: &[&AccountAccess],
    region: &Region,
) -> LogCost {
    let listed: Vec<_> = stream::iter(accounts.iter().copied())
        .map(|account| async move {
            let session = account.session(region);
            let configs = query_log::list(&session).await.map(|(configs, _)| configs);
            (account, configs)
        })
        .buffered(config.limits.accounts)
        .collect()
        .await;
    let mut cost = LogCost::default();
    let mut groups: BTreeMap<LogGroup, &AccountAccess> = BTreeMap::new();
    for (account, configs) in listed {
        let Ok(configs) = configs else {
            cost.unknown += 1;
            continue;
        };
        let own = configs
            .iter()
            .filter_map(|it| LogGroup::of_arn(&it.destination))
            .filter(|it| it.target.account_id == *account.id());
        groups.extend(own.map(|group| (group, account)));
    }
    let now = Timestamp::now();
    let window = config.window(now);
    let sizes: Vec<_> = stream::iter(groups)
        .map(|(group, account)| async move {
            let session = account.session(&group.target.region);
            size::read(&session, &group).await
        })
        .buffered(config.limits.log_groups)
        .collect()
        .await;
    for size in sizes {
        match size {
            Ok(size) => {
                cost.groups += 1;
                // One question over the window.
                cost.bytes = cost.bytes.saturating_add(size.within(window, now));
            }
            Err(_) => cost.unknown += 1,
        }
    }
    cost
}

impl LogCost {
    /// In a sentence: how much, what it costs, and what is not known.
    pub(super) fn describe(&self, region: &Region, prices: &PriceBook) -> String {
        let known = scan::logs(&BTreeMap::from([(region.clone(), self.bytes)]), prices);
        let usd = match known.usd {
            Some(usd) if known.unpriced.is_zero() => format!("{:.2} USD", usd.round_dp(2)),
            _ => "price unknown".to_owned(),
        };
        let (groups, bytes) = (self.groups, gb(self.bytes));
        let text = format!(
            "Logs Insights would scan about {bytes} ({usd}) in {groups} log groups of query logs in {region}"
        );
        match self.unknown {
            0 => text,
            unknown => format!("{text}, without {unknown} that could not be asked for their size"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_names_gigabytes_price_and_what_is_unknown() {
        let cost = LogCost {
            groups: 3,
            unknown: 1,
            bytes: 10 << 30,
        };
        let region = "us-east-1".parse().unwrap();
        let text = cost.describe(&region, &PriceBook::built_in().unwrap());
        assert_eq!(
            text,
            "Logs Insights would scan about 10.000 GB (0.05 USD) in 3 log groups of query logs in \
             us-east-1, without 1 that could not be asked for their size"
        );
    }
}
