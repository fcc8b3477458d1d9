//! Organizations drawn at random, and what holds in all of them.
//!
//! A case with every field at random has nearly always several proofs missing, and then hides that one of
//! them is not looked at. So most cases are those of an unused endpoint with no, one or two fields drawn anew.

use super::*;

fn any_case() -> impl Strategy<Value = Case> {
    let age = || prop::sample::select(vec![None, Some(-300), Some(-1), Some(0), Some(5000)]);
    let mostly = |other| prop::sample::select(vec![false, false, false, other]);
    let count = || prop::sample::select(vec![0, 0, 0, 5000_u64]);
    let metrics = prop::sample::select(vec![
        None,
        Some((None, Some(0))),
        Some((Some(0), None)),
        Some((Some(0), Some(0))),
        Some((Some(7), Some(1))),
    ]);
    let logs = (
        prop::sample::select(vec![
            None,
            Some(1),
            Some(300),
            Some(730),
            Some(730),
            Some(730),
        ]),
        prop::sample::select(vec![true, true, true, false]),
    );
    let endpoint = (
        age(),
        prop::sample::select(vec![None, Some(false), Some(false), Some(true)]),
        any::<bool>(),
        mostly(true),
        any::<bool>(),
        metrics,
        mostly(true),
        mostly(true),
    );
    let names = (count(), count(), mostly(true), mostly(true), mostly(true));
    let nat = (prop::sample::select(vec![0, 0, 50, 9000_u64]), age());
    let region = (
        prop::sample::select(vec![false, false, false, false, false, false, true]),
        prop::sample::select(vec![true, true, true, true, true, true, false]),
    );
    (logs, endpoint, names, nat, region).prop_map(|(logs, endpoint, names, nat, region)| Case {
        logged_hours: logs.0,
        queries_known: logs.1,
        age_hours: endpoint.0,
        managed: endpoint.1,
        private_dns: endpoint.2,
        peer: endpoint.3,
        attached: endpoint.4,
        metrics: endpoint.5,
        stranger: endpoint.6,
        foreign: endpoint.7,
        unasked_name: region.0,
        interfaces: region.1,
        nxdomain: names.0,
        answerless: names.1,
        unknown_name: names.2,
        answered: names.3,
        public: names.4,
        nat_gb: nat.0,
        nat_age_hours: nat.1,
    })
}

/// How many fields [`UNUSED`] may differ in: each is taken from a drawn case by its number.
const FIELDS: usize = 19;

/// `case` with one field as it is in `drawn`.
fn with_field(case: Case, drawn: Case, field: usize) -> Case {
    let mut case = case;
    match field {
        0 => case.logged_hours = drawn.logged_hours,
        1 => case.queries_known = drawn.queries_known,
        2 => case.age_hours = drawn.age_hours,
        3 => case.managed = drawn.managed,
        4 => (case.private_dns, case.peer) = (false, drawn.peer),
        5 => (case.private_dns, case.attached) = (false, true),
        6 => (case.attached, case.stranger) = (true, drawn.stranger),
        7 => case.foreign = drawn.foreign,
        8 => case.metrics = drawn.metrics,
        9 => case.nxdomain = drawn.nxdomain,
        10 => case.answerless = drawn.answerless,
        11 => case.unknown_name = drawn.unknown_name,
        12 => case.answered = drawn.answered,
        13 => case.public = drawn.public,
        14 => case.nat_gb = drawn.nat_gb,
        15 => case.nat_age_hours = drawn.nat_age_hours,
        16 => case.unasked_name = drawn.unasked_name,
        17 => case.peer = drawn.peer,
        _ => case.interfaces = drawn.interfaces,
    }
    case
}

fn near_unused() -> impl Strategy<Value = Case> {
    let fields = prop::collection::vec(0..FIELDS, 1..3);
    (any_case(), fields).prop_map(|(drawn, fields)| {
        let differ = |case, field| with_field(case, drawn, field);
        fields.into_iter().fold(UNUSED, differ)
    })
}

fn cases() -> impl Strategy<Value = Vec<Case>> {
    let case = prop_oneof![4 => near_unused(), 1 => any_case()];
    prop::collection::vec(case, 1..4)
}

/// Whether a network that was not scanned may go out by the NAT gateway of a case.
fn is_shared_with_unknown(case: &Case, all: &[Case]) -> bool {
    let stranger = all.iter().any(|it| it.attached && it.stranger);
    case.peer || (case.attached && stranger)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_is_removed_unless_every_proof_is_there(
        cases in cases(),
        short in prop::sample::select(vec![false, false, false, false, false, true]),
        other_shards in prop::sample::select(vec![false, false, false, true]),
    ) {
        let looked_at = if short { last(23) } else { window() };
        let (postures, rows, _) = judged_of(&cases, looked_at, other_shards);
        let removed = |vpc: &str, service: Option<&str>| {
            rows.iter().any(|row| {
                row.action == Action::Remove
                    && row.vpc_id.as_str() == vpc
                    && row.service.as_deref() == service
            })
        };
        for (at, case) in cases.iter().enumerate() {
            let vpc = format!("vpc-{at}");
            let posture = &postures[format!("vpce-{vpc}-kms").as_str()];
            let unused = !short && case.is_unused(&cases, other_shards);
            prop_assert_eq!(posture.idle == Some(true), unused, "{:?} {:?}", case, posture);
            prop_assert_eq!(removed(&vpc, Some("kms")), unused, "{:?}", case);
            prop_assert!(posture.idle.is_some() == posture.idle_missing_proof.is_empty());

            let gateway = &postures[format!("vpce-{vpc}-s3").as_str()];
            prop_assert_eq!(gateway.idle, None, "{:?}", case);
            prop_assert!(!removed(&vpc, Some("s3")), "{:?}", case);

            let old = case.nat_age_hours.is_some_and(|it| it >= 0);
            let nat_unused =
                !short && case.nat_gb == 0 && old && !is_shared_with_unknown(case, &cases);
            prop_assert_eq!(removed(&vpc, None), nat_unused, "{:?}", case);
        }
    }

    #[test]
    fn ceilings_of_a_group_add_up_to_no_more_than_its_nat_gateways_cost(
        gateways in prop::collection::vec((0..9000_u64, any::<bool>()), 1..5),
        spokes in 0..4_usize,
        services in prop::sample::subsequence(vec!["s3", "sqs", "sns", "ec2", "kms"], 1..=5),
    ) {
        let mut scene = Scene::in_region("eu-west-1");
        let mut vpcs = Vec::new();
        for (at, (gb, attached)) in gateways.into_iter().enumerate() {
            let vpc = format!("vpc-{at}");
            scene = scene.vpc(&vpc, &format!("10.{at}.0.0/16"), 2).nat(&vpc, gb);
            // The one VPC with a way out that others may share.
            if attached && at == 0 {
                scene = scene.attached(&vpc);
            }
            vpcs.push(vpc);
        }
        for at in 0..spokes {
            let vpc = format!("spoke-{at}");
            scene = scene.vpc(&vpc, &format!("10.{}.0.0/16", 100 + at), 1).attached(&vpc);
            vpcs.push(vpc);
        }
        for vpc in &vpcs {
            for service in &services {
                scene = scene.calls(vpc, service, Path::Public, None);
            }
        }
        let data_of = |id: &str| {
            let gateway = &scene.facts.nat_gateways[id];
            let metrics = scene.facts.nat_metrics.get(id);
            let cost = nat_gateway::cost(gateway, metrics, 1, window(), &scene.prices);
            cost.monthly_data_usd.unwrap_or_default()
        };
        let mut groups: BTreeMap<String, Decimal> = BTreeMap::new();
        for row in scene.advice().opportunities {
            let Some(ceiling) = row.money.ceiling.filter(|_| row.action != Action::Remove) else {
                continue;
            };
            let group = row.ceiling_group;
            prop_assert!(group.is_some() || ceiling.is_zero(), "{:?}", row.service);
            *groups.entry(group.unwrap_or_default()).or_default() += ceiling;
        }
        for (group, sum) in &groups {
            let gateways = group.split(';').filter(|id| !id.is_empty());
            let cost: Decimal = gateways.map(data_of).sum();
            prop_assert!(*sum <= cost.round_dp(2) + Decimal::new(1, 2), "{group}: {sum} of {cost}");
        }
        let all: Decimal = scene.facts.nat_gateways.keys().map(|id| data_of(id)).sum();
        let sum: Decimal = groups.values().sum();
        let rounding = Decimal::new(1, 2) * Decimal::from(scene.facts.nat_gateways.len());
        prop_assert!(sum <= all + rounding, "{} of {}", sum, all);
        // Where bytes passed, the ceilings show them.
        prop_assert!(all.is_zero() || !sum.is_zero());
    }
}
