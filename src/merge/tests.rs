//! Merging by itself, on stores that were made by hand: what is refused, and what comes together.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::{
    model::{
        coverage::{Cell, Failure, Outcome, Reason, Step},
        facts::{Finished, Found},
        id::AccountId,
        target::{Account, Target},
        usage::{GroupRead, GroupUsage},
    },
    store::{Part, Place},
};

mod one_at_a_time;
mod refusals;

const REGION: &str = "eu-west-1";
const ACCOUNTS: u64 = 40;

fn account(number: u64) -> AccountId {
    format!("{:012}", 111_122_220_000 + number).parse().unwrap()
}

fn accounts() -> Vec<Account> {
    let account = |number| {
        serde_json::from_value(json!({
            "id": account(number), "name": format!("account {number}"), "ou_path": "/", "ou_ids": [],
            "status": if number == 7 { "SUSPENDED" } else { "ACTIVE" }, "selected": number != 8,
        }))
        .unwrap()
    };
    (0..ACCOUNTS).map(account).collect()
}

/// What the runs of shards differ in, if they do.
#[derive(Clone)]
struct Shape {
    end: &'static str,
    started: &'static str,
    scope: &'static str,
    prices: &'static str,
    finished: bool,
}

const SOUND: Shape = Shape {
    end: "2026-01-08T00:00:00Z",
    started: "2026-01-08T01:00:00Z",
    scope: "regions = [\"enabled\"]",
    prices: "prices",
    finished: true,
};

fn shard(text: &str) -> Shard {
    text.parse().unwrap()
}

fn target(id: &AccountId) -> Target {
    Target {
        account_id: id.clone(),
        region: REGION.parse().unwrap(),
    }
}

fn cell(id: &AccountId, step: Step) -> Cell {
    Cell::complete(Some(id.clone()), REGION.parse().ok(), step)
}

fn bare(cell: Cell) -> Finished {
    let found = Found::Nothing;
    Finished { cell, found }
}

fn vpc(owner: &AccountId) -> String {
    format!("vpc-{owner}")
}

/// A store with the run of a shard: each of its accounts has a VPC that logs to a group of the first
/// account.
fn store(of: Option<Shard>, shape: &Shape, change: impl Fn(&Store, i64)) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).unwrap();
    let (started, end): (Timestamp, Timestamp) =
        (shape.started.parse().unwrap(), shape.end.parse().unwrap());
    let window = crate::model::run::Window {
        start: end - SignedDuration::from_hours(24),
        end,
    };
    let run = Run::begun(started, window, vec!["scan".to_owned()]);
    let written = of.map_or_else(String::new, |it| it.to_string());
    let settings = format!("[scope]\nshard = \"{written}\"\n{}\n", shape.scope);
    let active = store.begin(&run, &settings).unwrap();
    let key = active.record.key;
    store.set_prices(key, shape.prices).unwrap();
    let listed = Finished {
        cell: Cell::complete(None, None, Step::Organization),
        found: Found::Accounts(accounts()),
    };
    let of_accounts = accounts().into_iter().flat_map(|it| cells(of, &it));
    let all: Vec<_> = std::iter::once(listed).chain(of_accounts).collect();
    store.put_cells(key, &all).unwrap();
    let owner = account(0);
    if of.is_none_or(|it| it.owns(&owner)) {
        let mut usage = GroupUsage::default();
        for number in 0..ACCOUNTS {
            usage
                .vpcs
                .entry(vpc(&account(number)).into())
                .or_default()
                .queries = Some(number);
        }
        let read = GroupRead {
            usage,
            attempts: 2,
            duration_ms: 3,
        };
        let part = Part {
            target: target(&owner),
            step: Step::DnsUsage,
            name: "central".to_owned(),
            reason: None,
            content: serde_json::to_string(&read).unwrap(),
        };
        store.put_part(key, &part).unwrap();
    }
    change(&store, key);
    if shape.finished {
        store.finish(key, started).unwrap();
        store.settle(key).unwrap();
    }
    drop((store, active));
    home
}

/// The cells of an account in a shard, or in a scan of all accounts.
fn cells(of: Option<Shard>, it: &Account) -> Vec<Finished> {
    let id = &it.id;
    if let Some(cell) = merged::left_out(it) {
        return vec![cell];
    }
    let whole = Cell::complete(Some(id.clone()), None, Step::AssumeRole);
    if of.is_some_and(|shard| !shard.owns(id)) {
        return vec![bare(whole.skipped(Reason::Excluded, "in the shard x"))];
    }
    let vpc: crate::model::inventory::Vpc = serde_json::from_value(json!({
        "target": target(id), "vpc_id": vpc(id), "name": null, "owner_account_id": id,
        "is_default": false, "cidrs": [], "dns_support": null, "dns_hostnames": null,
    }))
    .unwrap();
    let (owner, group) = (
        account(0),
        format!("arn:aws:logs:{REGION}:{}:log-group:central", account(0)),
    );
    let config = serde_json::from_value(json!({
        "config_id": "rqlc-1", "owner_account_id": owner, "name": null, "destination": group,
        "status": "CREATED",
    }))
    .unwrap();
    let association = serde_json::from_value(json!({
        "target": target(id), "config_id": "rqlc-1", "vpc_id": vpc.vpc_id, "status": "ACTIVE",
        "error": null,
    }))
    .unwrap();
    let logging = Found::QueryLogging(vec![config], vec![association]);
    let known = of.is_none_or(|it| it.owns(&owner));
    let dns = cell(id, Step::DnsUsage);
    let dns = if known {
        Cell {
            attempts: 2,
            duration_ms: 3,
            ..dns
        }
    } else {
        dns.skipped(Reason::Excluded, "read by other shards")
    };
    vec![
        bare(whole),
        Finished {
            cell: cell(id, Step::Vpcs),
            found: Found::Vpcs(vec![vpc]),
        },
        Finished {
            cell: cell(id, Step::QueryLogging),
            found: logging,
        },
        bare(dns),
        bare(cell(id, Step::Subnets)),
    ]
}

fn try_merge(
    homes: &[&TempDir],
    into: &TempDir,
    allow_missing: bool,
) -> Result<Merged, MergeError> {
    let stores: Result<Vec<_>, _> = homes
        .iter()
        .map(|it| ShardStore::open(it.path().to_str().unwrap()))
        .collect();
    let store = Store::open(into.path()).unwrap();
    let options = MergeOptions {
        arguments: vec!["merge".to_owned()],
        allow_missing,
        stop: CancellationToken::default(),
        endpoint_service_attempts: 3,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(merge(&stores?, &store, options))
}

/// All cells of a run with their facts.
fn all(home: &TempDir, run: i64) -> Vec<Finished> {
    let mut all = Vec::new();
    let store = Store::open(home.path()).unwrap();
    store.each_cell(run, |it| all.push(it)).unwrap();
    all
}

fn nothing(_: &Store, _: i64) {}

#[test]
fn shards_come_together_as_one_scan_of_all_accounts_whatever_their_number() {
    let whole = store(None, &SOUND, nothing);
    let whole = all(&whole, 1);
    for count in [1, 3, 7, 64] {
        let shards: Vec<_> = Shard::new(1, count).unwrap().all().collect();
        let homes: Vec<_> = shards
            .iter()
            .map(|it| store(Some(*it), &SOUND, nothing))
            .collect();
        let into = tempfile::tempdir().unwrap();
        let merged = try_merge(&homes.iter().collect::<Vec<_>>(), &into, false).unwrap();
        assert!(merged.record.finished && merged.record.settled);
        assert!(merged.record.is_merged() && merged.record.run.shard.is_none());
        assert_eq!(all(&into, merged.record.key), whole, "{count} shards");
        let store = Store::open(into.path()).unwrap();
        store.verify(&merged.record).unwrap();
        let parts = store
            .part_names(merged.record.key, Step::DnsUsage, None)
            .unwrap();
        assert_eq!(parts, [(target(&account(0)), "central".to_owned())]);
    }
}

#[test]
fn accounts_of_a_shard_that_may_be_missing_are_gaps_with_the_reason() {
    let [first, third] = ["1/3", "3/3"].map(|it| store(Some(shard(it)), &SOUND, nothing));
    let into = tempfile::tempdir().unwrap();
    let merged = try_merge(&[&third, &first], &into, true).unwrap();
    assert_eq!(merged.missing.len(), 1);
    let cells = all(&into, merged.record.key).into_iter().map(|it| it.cell);
    let cells: Vec<Cell> = cells.filter(|it| it.account_id.is_some()).collect();
    let missing: BTreeSet<_> = cells
        .iter()
        .filter(|it| it.reason == Some(Reason::ShardMissing) && it.outcome == Outcome::Skipped)
        .filter_map(|it| it.account_id.clone())
        .collect();
    let expected: BTreeSet<_> = accounts()
        .into_iter()
        .filter(|it| shard("2/3").owns(&it.id) && merged::left_out(it).is_none())
        .map(|it| it.id)
        .collect();
    assert_eq!(missing, expected);
    let of_all: BTreeSet<_> = cells.into_iter().filter_map(|it| it.account_id).collect();
    assert_eq!(of_all.len(), accounts().len());
}

#[test]
fn a_merge_that_was_ended_leaves_no_run_and_the_next_one_removes_its_rest() {
    let homes = ["1/3", "2/3", "3/3"].map(|it| store(Some(shard(it)), &SOUND, nothing));
    let into = tempfile::tempdir().unwrap();
    let left = Store::open(into.path()).unwrap();
    let record = left.runs_of_shards().unwrap();
    assert!(record.is_empty());
    let first =
        Store::open_to_read(&local_file(homes[0].path().to_str().unwrap()).unwrap()).unwrap();
    let settings = first.runs_of_shards().unwrap()[0].settings_of_merged();
    let window = first.runs_of_shards().unwrap()[0].window();
    let run = Run::begun(Timestamp::now(), window, Vec::new());
    // As the process was when it was killed.
    drop(left.begin(&run, &settings).unwrap());
    assert!(
        left.latest(Some(crate::store::State::Finished))
            .unwrap()
            .is_none()
    );
    assert!(
        left.latest(Some(crate::store::State::Interrupted))
            .unwrap()
            .is_none()
    );
    let all = homes.iter().collect::<Vec<_>>();
    let merged = try_merge(&all, &into, false).unwrap();
    let runs = left.list().unwrap();
    let ids: Vec<_> = runs.iter().map(|it| &it.record.run.id).collect();
    assert_eq!(ids, [&merged.record.run.id]);
    let stop = CancellationToken::default();
    stop.cancel();
    assert!(matches!(is_wanted(&stop), Err(MergeError::Stopped)));
}

#[test]
fn the_stores_of_shards_stay_as_they_are_also_where_they_cannot_be_written() {
    let homes = ["1/3", "2/3", "3/3"].map(|it| store(Some(shard(it)), &SOUND, nothing));
    let files = homes.each_ref().map(|it| Store::file_in(it.path()));
    let before = files.each_ref().map(|it| std::fs::read(it).unwrap());
    let into = tempfile::tempdir().unwrap();
    try_merge(&homes.iter().collect::<Vec<_>>(), &into, false).unwrap();
    assert!(before == files.each_ref().map(|it| std::fs::read(it).unwrap()));
    let error = ShardStore::open(into.path().join("nowhere").to_str().unwrap()).unwrap_err();
    assert!(
        error.to_string().contains("there is no run store in"),
        "{error}"
    );
}

#[test]
fn of_an_account_of_another_shard_the_place_of_its_transit_gateways_is_kept_once() {
    let hub = accounts()
        .into_iter()
        .find(|it| shard("1/3").owns(&it.id))
        .unwrap()
        .id;
    let attachments = Found::TransitGateways(
        vec![
            serde_json::from_value(json!({
                "target": target(&hub), "attachment_id": "tgw-attach-1", "transit_gateway_id": "tgw-1",
                "transit_gateway_owner_id": hub, "resource_type": "vpc", "resource_id": "vpc-1",
                "available": true, "route_table_id": null,
            }))
            .unwrap(),
        ],
        Vec::new(),
    );
    let step = Step::TransitGateways;
    let unasked =
        |store: &Store, key: i64| store.put_cells(key, &[bare(cell(&hub, step))]).unwrap();
    // A VPC of the second shard routes to it.
    let spoke = accounts()
        .into_iter()
        .find(|it| shard("2/3").owns(&it.id) && merged::left_out(it).is_none())
        .unwrap()
        .id;
    let table = serde_json::from_value(json!({
        "route_table_id": "rtb-1", "vpc_id": vpc(&spoke), "main": true, "subnet_ids": [],
        "routes": [{ "destination": "0.0.0.0/0", "target": { "transit_gateway": "tgw-1" },
                     "blackhole": false }],
    }));
    let tables = Found::RouteTables(vec![table.unwrap()]);
    let asked = |store: &Store, key: i64| {
        let of = |id: &AccountId, step, found: &Found| Finished {
            cell: cell(id, step),
            found: found.clone(),
        };
        let cells = [
            of(&spoke, Step::RouteTables, &tables),
            of(&spoke, step, &attachments),
            of(&hub, step, &attachments),
        ];
        store.put_cells(key, &cells).unwrap();
    };
    let homes = [
        store(Some(shard("1/3")), &SOUND, unasked),
        store(Some(shard("2/3")), &SOUND, asked),
        store(Some(shard("3/3")), &SOUND, asked),
    ];
    let into = tempfile::tempdir().unwrap();
    let merged = try_merge(&homes.iter().collect::<Vec<_>>(), &into, false).unwrap();
    let at = target(&hub);
    let store = Store::open(into.path()).unwrap();
    let found = store
        .found(merged.record.key, Place::at(&at, step))
        .unwrap();
    assert_eq!(found, attachments);
}
