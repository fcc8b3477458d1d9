//! NAT gateways that bytes pass, and endpoints that a hub may take the place of, drawn at random: which of
//! them are given up, and for how much.

use super::*;

/// What is random about a NAT gateway, its log, and those who go out by it.
#[derive(Clone, Copy, Debug)]
struct InUse {
    /// GB in CloudWatch, which may be unknown; GB in the flow logs.
    metered: Option<u64>,
    logged: u64,
    /// Bytes of several services, bytes of none, and flows that were left out.
    ambiguous: u64,
    unmatched: u64,
    skipped: u64,
    /// GB to names of the service without a Region, and in another one.
    global: Option<u64>,
    elsewhere: Option<u64>,
    /// GB of the VPC to the service, and of a spoke behind the transit gateway.
    own: Option<u64>,
    spoke: Option<Spoke>,
    age_hours: Option<i64>,
    peer: bool,
}

/// A VPC that goes out by the NAT gateway of another one.
#[derive(Clone, Copy, Debug)]
enum Spoke {
    /// Its calls are not known.
    Unknown,
    /// The bytes of its calls are not measured.
    Unmeasured,
    /// GB of its calls.
    Measured(u64),
}

/// One whose every byte is of a service with a free endpoint.
const PRIVATE: InUse = InUse {
    metered: Some(1000),
    logged: 1000,
    ambiguous: 0,
    unmatched: 0,
    skipped: 0,
    global: Some(0),
    elsewhere: Some(0),
    own: Some(1000),
    spoke: None,
    age_hours: Some(5000),
    peer: false,
};

/// [`PRIVATE`] with one field drawn anew.
fn near_private() -> impl Strategy<Value = InUse> {
    let few = || prop::sample::select(vec![0, 9_u64]);
    let gb = || prop::sample::select(vec![None, Some(0), Some(3)]);
    let metered = prop::sample::select(vec![None, Some(940), Some(960), Some(1060)]);
    let age = prop::sample::select(vec![None, Some(-1), Some(0)]);
    let own = prop::sample::select(vec![None, Some(500), Some(999), Some(1000)]);
    let spoke = prop::sample::select(vec![
        None,
        Some(Spoke::Unknown),
        Some(Spoke::Unmeasured),
        Some(Spoke::Measured(0)),
    ]);
    let drawn = (
        metered,
        few(),
        few(),
        few(),
        gb(),
        gb(),
        own,
        spoke,
        age,
        any::<bool>(),
    );
    (drawn, 0..11_usize).prop_map(|(drawn, field)| {
        let mut it = PRIVATE;
        match field {
            0 => it.metered = drawn.0,
            1 => it.ambiguous = drawn.1,
            2 => it.unmatched = drawn.2,
            3 => it.skipped = drawn.3,
            4 => it.global = drawn.4,
            5 => it.elsewhere = drawn.5,
            6 => it.own = drawn.6,
            7 => it.spoke = drawn.7,
            8 => it.age_hours = drawn.8,
            9 => it.peer = drawn.9,
            // Half of the bytes are those of a spoke.
            _ => (it.own, it.spoke) = (Some(500), Some(Spoke::Measured(500))),
        }
        it
    })
}

impl InUse {
    fn scene(self, surroundings: Surroundings) -> Scene {
        let mut scene = Scene::in_region("us-east-1")
            .vpc("a", A, 1)
            .nat("a", self.metered.unwrap_or_default())
            .logged("a", self.logged, self.unmatched)
            .calls("a", "s3", Path::Public, self.own)
            .calls_in("a", "s3", None, Path::Public, self.global)
            .calls_in("a", "s3", Some("eu-west-1"), Path::Public, self.elsewhere);
        let facts = &mut scene.facts;
        let gateway = facts.nat_gateways.get_mut("nat-a").unwrap();
        gateway.created_at = self.age_hours.map(before_window);
        if self.metered.is_none() {
            facts.nat_metrics.clear();
        }
        if self.peer {
            scene.default_route("a", RouteTarget::Other("pcx-1".into()));
        }
        let traffic = scene.traffic.get_mut("nat-a").unwrap();
        (traffic.ambiguous_bytes, traffic.skipped_records) = (self.ambiguous, self.skipped);
        if let Some(spoke) = self.spoke {
            scene = scene.attached("a").vpc("b", B, 1).attached("b");
            scene = match spoke {
                Spoke::Unknown => scene,
                Spoke::Unmeasured => scene.calls("b", "s3", Path::Public, None),
                Spoke::Measured(gb) => scene.calls("b", "s3", Path::Public, Some(gb)),
            };
        }
        limit(&mut scene, &[], surroundings);
        scene
    }

    /// Whether nothing is left that needs the NAT gateway.
    fn is_private(self, surroundings: Surroundings) -> bool {
        let of_spoke = match self.spoke {
            None => Some(0),
            Some(Spoke::Measured(gb)) => Some(gb),
            Some(Spoke::Unknown | Spoke::Unmeasured) => None,
        };
        let used = self.own.zip(of_spoke).map(|(own, spoke)| own + spoke);
        let close = |gb: u64| gb.abs_diff(self.logged) * 20 <= gb;
        let parts = [self.ambiguous, self.unmatched, self.skipped];
        parts == [0; 3]
            && self.metered.is_some_and(close)
            && [self.global, self.elsewhere] == [Some(0); 2]
            && used.is_some_and(|gb| gb >= self.logged)
            && self.age_hours.is_some_and(|it| it >= 0)
            && !self.peer
            && !surroundings.window.is_too_short()
            && surroundings.blocked != Some("block-bidirectional")
    }
}

/// A long or a short window, with VPC Block Public Access or without.
fn surroundings() -> impl Strategy<Value = Surroundings> {
    let short = prop::sample::select(vec![false, false, false, false, true]);
    (short, block_mode()).prop_map(|(short, blocked)| Surroundings {
        blocked,
        ..Surroundings::of(if short { last(23) } else { window() })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_nat_gateway_in_use_is_given_up_only_if_endpoints_can_take_all_of_its_bytes(
        case in near_private(),
        surroundings in surroundings(),
    ) {
        let rows = case.scene(surroundings).advice().opportunities;
        let removed = rows.iter().find(|it| it.action == Action::Remove);
        prop_assert_eq!(removed.is_some(), case.is_private(surroundings), "{:?}", removed);
        // Its hours; what the endpoints save stands in their own rows.
        let saved = removed.and_then(|it| it.money.saving);
        let hours = removed.map(|_| Decimal::new(3285, 2));
        prop_assert_eq!(saved, hours, "{:?}", removed);
        // Without a rate, or with a closed egress, there is no money in any row.
        let none = surroundings.window.is_too_short() || surroundings.blocked == Some("block-bidirectional");
        let claims = rows.iter().filter(|it| it.money.saving > Some(Decimal::ZERO));
        prop_assert!(!none || claims.count() == 0, "{:?}", rows);
    }

    #[test]
    fn an_endpoint_is_given_up_for_a_hub_only_for_what_its_measured_bytes_leave_of_its_hours(
        metered in prop::sample::select(vec![None, Some(0), Some(10), Some(300), Some(10_000_u64)]),
        logged in prop::sample::select(vec![None, Some(0), Some(10), Some(300), Some(10_000_u64)]),
        surroundings in surroundings(),
    ) {
        let mut scene = with_own_beside_hub(logged);
        limit(&mut scene, &[], surroundings);
        let metered = metered.filter(|_| !surroundings.window.is_too_short());
        let gb = metered.map(|gb| ("vpce-own-kms".into(), Decimal::from(gb)));
        scene.endpoint_gb.extend(gb);
        let rows = scene.advice().opportunities.into_iter();
        let mut rows = rows.filter(|it| it.vpc_id == "own" && it.action == Action::UseHub);
        let saving = rows.next().map(|it| it.money.saving);
        // The larger of two measurements; its hours, without the GB of the transit gateway.
        let gb = metered.max(logged).filter(|_| !surroundings.window.is_too_short());
        let gain = gb.map(|gb| Decimal::new(730, 2) - Decimal::new(2, 2) * Decimal::from(gb));
        let gain = gain.filter(|it| it.is_sign_positive() && !it.is_zero());
        prop_assert_eq!(saving, gain.map(Some), "{:?} {:?}", metered, logged);
    }
}
