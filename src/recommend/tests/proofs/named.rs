//! Each proof that may be missing, one by one.

use super::*;

/// One proof after the other is taken away.
#[test]
#[expect(clippy::too_many_lines, reason = "a table: one case for each proof")]
fn each_missing_proof_is_named_and_keeps_the_endpoint() {
    let (postures, rows) = judge(&[UNUSED]);
    let posture = &postures["vpce-vpc-0-kms"];
    assert_eq!(
        (posture.idle, posture.idle_missing_proof.as_slice()),
        (Some(true), &[][..])
    );
    let removal = rows
        .iter()
        .find(|row| row.action == Action::Remove && row.service.is_some());
    let removal = removal.unwrap();
    // eu-west-1: 0.011 * 730 in one zone.
    assert_eq!(
        removal.money.saving,
        Some(Decimal::new(803, 2)),
        "{removal:?}"
    );
    assert_eq!(removal.basis, Basis::Measured);
    let table = [
        (
            Case {
                logged_hours: Some(1),
                ..UNUSED
            },
            MissingProof::QueryLogs,
        ),
        (
            Case {
                logged_hours: None,
                ..UNUSED
            },
            MissingProof::QueryLogs,
        ),
        (
            Case {
                queries_known: false,
                ..UNUSED
            },
            MissingProof::QueryLogs,
        ),
        (
            Case {
                age_hours: Some(-1),
                ..UNUSED
            },
            MissingProof::CreatedInWindow,
        ),
        (
            Case {
                age_hours: None,
                ..UNUSED
            },
            MissingProof::CreatedInWindow,
        ),
        (
            Case {
                managed: Some(true),
                ..UNUSED
            },
            MissingProof::ServiceManaged,
        ),
        (
            Case {
                metrics: None,
                ..UNUSED
            },
            MissingProof::EndpointMetrics,
        ),
        (
            Case {
                metrics: Some((Some(0), None)),
                ..UNUSED
            },
            MissingProof::EndpointMetrics,
        ),
        (
            Case {
                nxdomain: 5000,
                ..UNUSED
            },
            MissingProof::FailedQueries,
        ),
        (
            Case {
                answerless: 5000,
                ..UNUSED
            },
            MissingProof::FailedQueries,
        ),
        (
            Case {
                unknown_name: true,
                ..UNUSED
            },
            MissingProof::UnknownNames,
        ),
        (
            Case {
                private_dns: false,
                peer: true,
                ..UNUSED
            },
            MissingProof::OtherNetworks,
        ),
        (
            Case {
                shadowed: true,
                interfaces: false,
                ..UNUSED
            },
            MissingProof::NetworkInterfaces,
        ),
    ];
    for (case, missing) in table {
        let (postures, rows) = judge(&[case]);
        let posture = &postures["vpce-vpc-0-kms"];
        assert_eq!(posture.idle, None, "{case:?}");
        assert_eq!(posture.idle_missing_proof, [missing], "{case:?}");
        assert!(!posture.findings.contains(&Finding::Idle));
        let removed = |row: &Opportunity| row.action == Action::Remove && row.service.is_some();
        assert!(!rows.iter().any(removed), "{case:?}");
    }
    for used in [
        Case {
            metrics: Some((Some(7), Some(1))),
            ..UNUSED
        },
        Case {
            answered: true,
            ..UNUSED
        },
    ] {
        assert_eq!(
            judge(&[used]).0["vpce-vpc-0-kms"].idle,
            Some(false),
            "{used:?}"
        );
    }
}

#[test]
fn an_answer_that_is_no_address_of_the_endpoint_is_no_proof_of_use() {
    let shadowed = Case {
        shadowed: true,
        ..UNUSED
    };
    let idle = |case| judge(&[case]).0["vpce-vpc-0-kms"].idle;
    assert_eq!(idle(shadowed), Some(true));
    let used = Case {
        answered: true,
        ..shadowed
    };
    assert_eq!(idle(used), Some(false));
}

#[test]
fn nothing_is_unused_in_a_window_of_less_than_a_day() {
    let (postures, rows) = judge_in(&[UNUSED], Surroundings::of(last(23)));
    let posture = &postures["vpce-vpc-0-kms"];
    let missing = posture.idle_missing_proof.as_slice();
    assert_eq!(
        (posture.idle, missing),
        (None, &[MissingProof::WindowTooShort][..])
    );
    let removed = |row: &Opportunity| row.action == Action::Remove && row.service.is_some();
    assert!(!rows.iter().any(removed));
    let (postures, _) = judge_in(&[UNUSED], Surroundings::of(last(24)));
    assert_eq!(postures["vpce-vpc-0-kms"].idle, Some(true));
}

#[test]
fn an_endpoint_without_private_dns_is_kept_while_a_spoke_is_not_logged() {
    let hub = Case {
        private_dns: false,
        attached: true,
        ..UNUSED
    };
    let spoke = Case {
        attached: true,
        ..UNUSED
    };
    let of_hub = |cases: &[Case]| judge(cases).0["vpce-vpc-0-kms"].clone();
    assert_eq!(of_hub(&[hub, spoke]).idle, Some(true));
    let unlogged = Case {
        queries_known: false,
        ..spoke
    };
    let posture = of_hub(&[hub, unlogged]);
    assert_eq!(posture.idle_missing_proof, [MissingProof::OtherNetworks]);
}

#[test]
fn shared_gateways_have_one_ceiling_and_figures_in_reasons_round_half_away_from_zero() {
    let scene = Scene::in_region("us-east-1")
        .vpc("a", A, 1)
        .nat("a", 1000)
        .calls("a", "sqs", Path::Public, None)
        .calls("a", "sns", Path::Public, None)
        .calls("a", "s3", Path::Public, None);
    let rows = scene.advice().opportunities;
    let of_nat = rows
        .iter()
        .filter(|row| row.ceiling_group.as_deref() == Some("nat-a"));
    let ceilings: Vec<Option<Decimal>> = of_nat.map(|row| row.money.ceiling).collect();
    assert_eq!(ceilings, [Some(Decimal::new(4500, 2)), None, None]);
    assert_eq!(rows[0].service.as_deref(), Some("s3"));
    let gb = |text: &str| crate::recommend::row::gb(text.parse().unwrap());
    assert_eq!(
        (gb("6070.2275").as_str(), gb("6070.5").as_str()),
        ("6070 GB", "6071 GB")
    );
    let usd = |text: &str| crate::recommend::row::usd(text.parse().unwrap());
    assert_eq!(
        (usd("0.125").as_str(), usd("0.135").as_str()),
        ("0.13 USD", "0.14 USD")
    );
}

#[test]
fn what_other_networks_reach_is_not_unused_while_other_shards_may_use_it() {
    let case = Case {
        peer: true,
        ..UNUSED
    };
    let (postures, rows) = judge(&[case]);
    assert_eq!(postures["vpce-vpc-0-kms"].idle, Some(true));
    assert!(rows.iter().any(|it| it.action == Action::Remove));
    let others = Surroundings {
        other_shards: true,
        ..Surroundings::of(window())
    };
    let (postures, rows) = judge_in(&[case], others);
    let posture = &postures["vpce-vpc-0-kms"];
    let missing = vec![MissingProof::OtherNetworks];
    assert_eq!(
        (posture.idle, &posture.idle_missing_proof),
        (None, &missing)
    );
    let removed = rows.iter().filter(|it| it.action == Action::Remove);
    assert_eq!(removed.count(), 0);
    // A VPC that nothing else reaches is known as a whole.
    let (postures, _) = judge_in(&[UNUSED], others);
    assert_eq!(postures["vpce-vpc-0-kms"].idle, Some(true));
}
