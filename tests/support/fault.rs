//! Faults, and organizations on which they are tried: an account for each fault.

use std::{collections::BTreeMap, sync::Mutex};

use serde_json::json;

use super::{
    admin::Aws,
    organization::{Account, HOME, Organization, Seeded},
    scout::{Report, SUMS, Scan, TABLES},
    table::{Row, Table},
    vpc::Vpc,
};

pub(crate) const OTHER_REGION: &str = "us-east-1";

/// The columns that differ from scan to scan.
pub(crate) const VOLATILE: [&str; 3] = ["attempts", "duration_ms", "request_id"];

/// A fault, the name of its account, and what the row of the step shows for it.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) times: Option<u32>,
    pub(crate) reason: &'static str,
}

const fn fault(
    name: &'static str,
    kind: &'static str,
    times: Option<u32>,
    reason: &'static str,
) -> Fault {
    Fault {
        name,
        kind,
        times,
        reason,
    }
}

/// An empty reason: the step is complete.
pub(crate) const FAULTS: [Fault; 11] = [
    fault("throttled", "throttle", None, "throttled"),
    fault("throttled for a while", "throttle", Some(2), ""),
    fault("denied", "access_denied", None, "access_denied"),
    fault("denied by a policy", "scp_denied", None, "scp_denied"),
    fault("expired", "expired", None, "expired"),
    fault("expired once", "expired", Some(1), ""),
    fault("unavailable", "unavailable", None, "unreachable"),
    fault("unavailable once", "unavailable", Some(1), ""),
    fault("dropped", "drop", None, "unreachable"),
    fault("garbage", "garbage", None, "invalid_response"),
    fault("slow", "slow", None, ""),
];

/// An organization with an account for each fault and one without any, and what a scan of it finds
/// while nothing goes wrong. A test has it for itself, and the next one takes it over.
pub(crate) struct Ground {
    pub(crate) organization: Seeded,
    pub(crate) sound: Tables,
}

/// Those that no test has at the moment.
static FREE: Mutex<Vec<Ground>> = Mutex::new(Vec::new());

impl Ground {
    pub(crate) fn take() -> Self {
        let free = FREE.lock().unwrap().pop();
        free.unwrap_or_else(|| {
            let aws = Aws::shared();
            let organization = seed(aws);
            let sound = scan(aws, &organization).exits_with(0);
            Self {
                organization,
                sound: Tables::of(&sound),
            }
        })
    }

    /// Leaves it to the next test, without faults.
    pub(crate) fn give_back(self) {
        Aws::shared().clear_faults(&self.organization.account_ids());
        FREE.lock().unwrap().push(self);
    }
}

/// The tables of a report, by name.
pub(crate) struct Tables(pub(crate) BTreeMap<&'static str, Table>);

impl Tables {
    pub(crate) fn of(report: &Report) -> Self {
        Self(TABLES.map(|name| (name, report.table(name))).into())
    }

    pub(crate) fn coverage(&self) -> &Table {
        &self.0["coverage"]
    }
}

/// The account that no fault meets.
const SOUND: &str = "sound";

fn seed(aws: &Aws) -> Seeded {
    // Internet gateways are listed where a route to one lacks its state, the options of Block Public
    // Access where a VPC shows that it is not off.
    let vpc = |name: &str| {
        let route = json!({ "to": "0.0.0.0/0", "via": "igw", "state": "unheard-of" });
        Vpc::with_everything(name).add(
            "route_tables",
            json!({ "name": "public", "routes": [route] }),
        )
    };
    let names = FAULTS.iter().map(|it| it.name).chain([SOUND]);
    let organization = names.fold(Organization::new(), |all, name| {
        all.account(
            Account::new(name)
                .vpc(vpc(name))
                .vpc(vpc(&format!("{name} there")).in_region(OTHER_REGION)),
        )
    });
    let mut document = organization.document();
    for account in document["accounts"].as_array_mut().unwrap() {
        for region in account["regions"].as_object_mut().into_iter().flatten() {
            region.1["block_public_access"] = json!({ "mode": "block-ingress" });
        }
    }
    aws.seed_document(document)
}

pub(crate) fn scan(aws: &Aws, organization: &Seeded) -> Report {
    // Named, so that an account of which the Regions cannot be listed is scanned in the same ones.
    let regions = format!("{HOME},{OTHER_REGION}");
    Scan::of(aws, organization)
        .args(&["--regions", &regions])
        .run()
}

/// The rows that belong to accounts, but for some, are the same.
#[track_caller]
pub(crate) fn assert_same(
    what: &str,
    sound: &Tables,
    faulty: &Tables,
    is_excused: impl Fn(&Row) -> bool,
) {
    for name in TABLES {
        if SUMS.contains(&name) {
            continue;
        }
        let rest = |tables: &Tables| tables.0[name].without(&VOLATILE, &is_excused);
        let (sound, faulty) = (rest(sound), rest(faulty));
        assert!(
            sound == faulty,
            "{what}\nwithout the fault: {sound:?}\nwith it: {faulty:?}"
        );
    }
}
