//! What is held while shards are merged: one store, and of what several shards have one cell.

use std::{fs, path::Path};

use super::*;

/// The open files of this process below a directory.
fn open_below(directory: &Path) -> usize {
    let open = fs::read_dir("/proc/self/fd").unwrap();
    let files = open.filter_map(|it| fs::read_link(it.unwrap().path()).ok());
    files.filter(|it| it.starts_with(directory)).count()
}

#[test]
#[cfg(target_os = "linux")]
fn no_store_of_a_shard_stays_open_whatever_their_number() {
    let homes = ["1/3", "2/3", "3/3"].map(|it| store(Some(shard(it)), &SOUND, nothing));
    let stores = homes
        .each_ref()
        .map(|it| ShardStore::open(it.path().to_str().unwrap()).unwrap());
    let open = || homes.iter().map(|it| open_below(it.path())).sum::<usize>();
    assert_eq!(open(), 0, "looked at");
    let choice = choose(&stores, false).unwrap();
    assert_eq!(choice.chosen.len(), 3);
    assert_eq!(open(), 0, "compared");
    let first = stores[0].store().unwrap();
    assert!(open() > 0, "what is open is found");
    drop(first);
}

#[test]
fn of_what_several_shards_found_in_an_account_the_first_that_is_complete_is_kept() {
    let hub = accounts()
        .into_iter()
        .find(|it| shard("1/4").owns(&it.id) && merged::left_out(it).is_none())
        .unwrap()
        .id;
    let step = Step::TransitGateways;
    let attachments = |id: &str| {
        let attachment = json!({
            "target": target(&hub), "attachment_id": id, "transit_gateway_id": "tgw-1",
            "transit_gateway_owner_id": hub, "resource_type": "vpc", "resource_id": "vpc-1",
            "available": true, "route_table_id": null,
        });
        let attachment = serde_json::from_value(attachment).unwrap();
        Found::TransitGateways(vec![attachment], Vec::new())
    };
    let of_shard = |number: u32| {
        let hub = &hub;
        let attachments = &attachments;
        move |store: &Store, key: i64| {
            let here = cell(hub, step);
            let cell = match number {
                1 => bare(here),
                2 => bare(here.failed(Failure::new(Reason::Throttled, "too many"))),
                _ => Finished {
                    cell: here,
                    found: attachments(&format!("tgw-attach-{number}")),
                },
            };
            store.put_cells(key, &[cell]).unwrap();
        }
    };
    let homes = [1, 2, 3, 4].map(|number| {
        let of = Shard::new(number, 4);
        store(of, &SOUND, of_shard(number))
    });
    let stores = homes
        .each_ref()
        .map(|it| ShardStore::open(it.path().to_str().unwrap()).unwrap());
    let choice = choose(&stores, false).unwrap();
    let into = tempfile::tempdir().unwrap();
    let into = Store::open(into.path()).unwrap();
    let window = choice.chosen[0].record.window();
    let run = Run::begun(Timestamp::now(), window, Vec::new());
    let active = into.begin(&run, "").unwrap();
    let key = active.record.key;
    combine(&into, key, &choice, &CancellationToken::default()).unwrap();
    let found = into.found(key, Place::at(&target(&hub), step)).unwrap();
    assert_eq!(found, attachments("tgw-attach-3"));
}
