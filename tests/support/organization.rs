//! Organizations to put into the local AWS, written so that a test reads as a sentence.
//!
//! Owns the shape of a seed (described in `tests/aws/local_aws`) and account ids that no other
//! test of this process uses, since many organizations live in one local AWS at a time.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, Time},
    tz::TimeZone,
};
use serde_json::{Map, Value, json};

use super::vpc::Vpc;

/// The region of everything that names no other; it is always enabled.
pub(crate) const HOME: &str = "eu-west-1";
/// The hours before `now` that a scan looks at.
pub(crate) const WINDOW_HOURS: u64 = 168;

const FIRST_ACCOUNT: u64 = 100_000_000_000;
/// Ids that each organization has for itself.
const ACCOUNTS_PER_ORGANIZATION: u64 = 1000;

/// An organization whose first account, `management`, is the caller's.
#[derive(Clone, Debug)]
pub(crate) struct Organization {
    first_id: u64,
    now: u64,
    regions: Vec<String>,
    accounts: Vec<Account>,
}

/// A member account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    name: String,
    vpcs: Vec<Vpc>,
    configs: Vec<SharedConfig>,
    /// Transit gateway route tables in [`HOME`].
    transit_gateway_routes: Vec<Value>,
    more: Map<String, Value>,
}

/// A query log configuration that other accounts' VPCs use, with its log group.
#[derive(Clone, Debug)]
struct SharedConfig {
    name: String,
    region: String,
    with: Vec<String>,
}

impl Organization {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let since_1970 = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap();
        Self {
            first_id: FIRST_ACCOUNT + number * ACCOUNTS_PER_ORGANIZATION,
            // Whole hours, so that every scan of it sees the same hours of metrics.
            now: since_1970.as_secs() / 3600 * 3600,
            regions: vec![HOME.to_owned()],
            accounts: vec![Account::new("management")],
        }
    }

    /// The regions that every account has enabled; those with VPCs need not be named.
    pub(crate) fn in_regions(mut self, regions: &[&str]) -> Self {
        self.regions = regions.iter().map(|&region| region.to_owned()).collect();
        self
    }

    pub(crate) fn account(mut self, account: Account) -> Self {
        self.accounts.push(account);
        self
    }

    /// The seed.
    pub(crate) fn document(&self) -> Value {
        let ids: BTreeMap<&str, String> = self
            .accounts
            .iter()
            .zip(self.first_id..)
            .map(|(account, id)| (account.name.as_str(), id.to_string()))
            .collect();
        let id_of = |name: &str| -> String {
            ids.get(name)
                .unwrap_or_else(|| panic!("no account `{name}` in {ids:?}"))
                .clone()
        };
        let mut enabled = self.regions.clone();
        enabled.extend(self.accounts.iter().flat_map(Account::regions));
        enabled.push(HOME.to_owned());
        enabled.sort();
        enabled.dedup();
        let accounts: Vec<Value> = self
            .accounts
            .iter()
            .map(|account| {
                let mut seed = account.more.clone();
                seed.insert("id".into(), id_of(&account.name).into());
                seed.insert("name".into(), account.name.clone().into());
                seed.entry("enabled_regions")
                    .or_insert_with(|| json!(enabled));
                seed.insert("regions".into(), account.content(&id_of));
                Value::Object(seed)
            })
            .collect();
        json!({ "management": id_of("management"), "now": self.now, "accounts": accounts })
    }
}

impl Account {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            vpcs: Vec::new(),
            configs: Vec::new(),
            transit_gateway_routes: Vec::new(),
            more: Map::new(),
        }
    }

    /// One with VPCs that have nothing.
    pub(crate) fn with_bare_vpcs(name: &str, vpcs: &[&str]) -> Self {
        let account = Self::new(name);
        vpcs.iter().fold(account, |it, vpc| it.vpc(Vpc::new(vpc)))
    }

    /// One in an organizational unit of its name, with a VPC that has everything in [`HOME`], and one
    /// in another region.
    pub(crate) fn with_everything_here_and_in(region: &str, name: &str) -> Self {
        let there = format!("{name} there");
        Self::new(name)
            .with("ou", format!("/Units/{name}"))
            .vpc(Vpc::with_everything(name))
            .vpc(Vpc::with_everything(&there).in_region(region))
    }

    pub(crate) fn vpc(mut self, vpc: Vpc) -> Self {
        self.vpcs.push(vpc);
        self
    }

    /// A query log configuration in [`HOME`], with a log group of its name, shared with accounts.
    pub(crate) fn shares_query_log(mut self, name: &str, with: &[&str]) -> Self {
        let with = with.iter().map(|&account| account.to_owned()).collect();
        self.configs.push(SharedConfig {
            name: name.to_owned(),
            region: HOME.to_owned(),
            with,
        });
        self
    }

    /// A route table of a transit gateway in [`HOME`], which sends everything to a VPC of this account.
    pub(crate) fn routes_all_to(mut self, vpc: &str, transit_gateway: &str, table: &str) -> Self {
        self.transit_gateway_routes.push(json!({
            "id": table,
            "transit_gateway": transit_gateway,
            "routes": [{ "to": "0.0.0.0/0", "vpc": vpc }],
        }));
        self
    }

    /// Another member of the seed, such as `"ou": "/Workloads"`.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.more.insert(key.to_owned(), value.into());
        self
    }

    fn regions(&self) -> impl Iterator<Item = String> {
        self.vpcs.iter().map(|vpc| vpc.region().to_owned())
    }

    /// What is in each region, VPCs that log on their own with a group and a configuration each.
    fn content(&self, id_of: &dyn Fn(&str) -> String) -> Value {
        let mut regions: BTreeMap<&str, [Vec<Value>; 3]> = BTreeMap::new();
        for SharedConfig { name, region, with } in &self.configs {
            let [groups, configs, _] = regions.entry(region).or_default();
            let with: Vec<String> = with.iter().map(|account| id_of(account)).collect();
            groups.push(json!({ "name": name }));
            configs.push(json!({ "name": name, "destination": format!("log_group:{name}"), "share_with": with }));
        }
        for vpc in &self.vpcs {
            let [groups, configs, vpcs] = regions.entry(vpc.region()).or_default();
            for group in vpc.own_groups() {
                groups.push(json!({ "name": group }));
                if group.starts_with("dns/") {
                    let destination = format!("log_group:{group}");
                    configs.push(json!({ "name": group, "destination": destination }));
                }
            }
            vpcs.push(vpc.seed(id_of));
        }
        let content = |[groups, configs, vpcs]: [Vec<Value>; 3]| json!({ "log_groups": groups, "query_log_configs": configs, "vpcs": vpcs });
        let mut all: Value = regions
            .into_iter()
            .map(|(region, it)| (region.to_owned(), content(it)))
            .collect();
        if !self.transit_gateway_routes.is_empty() {
            all[HOME]["transit_gateway_route_tables"] = self.transit_gateway_routes.clone().into();
        }
        all
    }
}

/// An organization that is in the local AWS.
#[derive(Clone, Debug)]
pub(crate) struct Seeded {
    document: Value,
    answer: Value,
}

impl Seeded {
    pub(crate) fn new(document: Value, answer: Value) -> Self {
        Self { document, answer }
    }

    /// The credentials of the caller.
    pub(crate) fn caller(&self) -> &Value {
        &self.answer["caller"]
    }

    /// Ids of all accounts, the caller's first.
    pub(crate) fn account_ids(&self) -> Vec<&str> {
        self.accounts()
            .map(|account| account["id"].as_str().unwrap())
            .collect()
    }

    /// The id of the account with this name.
    pub(crate) fn account(&self, name: &str) -> &str {
        let account = self.accounts().find(|account| account["name"] == name);
        account.unwrap_or_else(|| panic!("no account {name}"))["id"]
            .as_str()
            .unwrap()
    }

    /// The id of the VPC with this name, which only one VPC has.
    pub(crate) fn vpc(&self, name: &str) -> &str {
        let ids = self.answer["ids"]
            .as_object()
            .expect("the answer to a seed has ids");
        let mut found = ids
            .iter()
            .filter(|(path, _)| path.rsplit('/').next() == Some(name));
        let (Some((_, id)), None) = (found.next(), found.next()) else {
            panic!("not exactly one VPC `{name}` in {ids:?}")
        };
        id.as_str().unwrap()
    }

    /// Every VPC of the seed with its account and region.
    pub(crate) fn vpcs(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.accounts().flat_map(|account| {
            let id = account["id"].as_str().unwrap();
            account["regions"]
                .as_object()
                .unwrap()
                .iter()
                .flat_map(move |(region, content)| {
                    let vpcs = content["vpcs"].as_array().unwrap().iter();
                    vpcs.map(move |vpc| (id, region.as_str(), vpc))
                })
        })
    }

    /// Start and end of the hours that hold everything in the logs and metrics, RFC 3339.
    pub(crate) fn window(&self) -> [String; 2] {
        let now = self.document["now"].as_i64().unwrap();
        let hours = i64::try_from(WINDOW_HOURS).unwrap();
        [now - hours * 3600, now].map(|at| Timestamp::from_second(at).unwrap().to_string())
    }

    /// The whole days (UTC) of these hours.
    pub(crate) fn whole_days(&self) -> Vec<Date> {
        let [start, end] = self.window().map(|it| {
            let at: Timestamp = it.parse().unwrap();
            at.to_zoned(TimeZone::UTC)
        });
        let mut day = start.date();
        if start.time() != Time::midnight() {
            day += 1.day();
        }
        std::iter::successors(Some(day), |day| Some(*day + 1.day()))
            .take_while(|day| *day < end.date())
            .collect()
    }

    fn accounts(&self) -> impl Iterator<Item = &Value> {
        self.document["accounts"].as_array().unwrap().iter()
    }
}
