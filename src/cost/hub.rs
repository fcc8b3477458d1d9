//! Hub or own? The cheapest access of all VPCs of a Region to one service: by the public path, by
//! endpoints of their own, or by one central endpoint for those that gain by it.
//!
//! The model is separable: with the hub fixed, what one VPC does changes the cost of no other. So for
//! each candidate the best is the hub's own cost and the cheapest access of each VPC, and the best of all
//! candidates, and of having no hub, is exact. `docs/cost-model.md` states what is assumed.

use rust_decimal::Decimal;

/// How a VPC reaches the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessMode {
    /// By the public path.
    Public,
    /// By an endpoint of its own.
    Own,
    /// By the central endpoint.
    Hub,
}

/// What each access mode costs one VPC, US dollars a month; `None` is one that it cannot or should not use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConsumerCosts {
    /// By the public path.
    pub public: Option<Decimal>,
    /// By an endpoint of its own, hours and GB.
    pub own: Option<Decimal>,
}

/// A VPC that may hold the central endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// US dollars a month that it costs whoever uses it: hours of an endpoint that is not there yet.
    pub fixed: Decimal,
    /// What each VPC pays to be served by it, in the order of the consumers.
    pub each: Vec<Option<Decimal>>,
}

/// The cheapest mode for each consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The candidate that is used.
    pub hub: Option<usize>,
    /// The mode of each consumer; `None` where it has none.
    pub modes: Vec<Option<AccessMode>>,
    /// US dollars a month of all together.
    pub total: Decimal,
}

/// The cheapest plan. Of equal ones the one that changes less: no hub before a hub, an earlier
/// candidate before a later one, the public path before an endpoint of one's own before the hub.
pub fn cheapest(consumers: &[ConsumerCosts], candidates: &[Candidate]) -> Plan {
    let mut best = plan(consumers, None);
    for at in 0..candidates.len() {
        let other = plan(consumers, candidates.get(at).map(|hub| (at, hub)));
        if other.total < best.total && other.serves_as_many(&best) {
            best = other;
        }
    }
    best
}

impl Plan {
    /// A plan is not cheaper for leaving a VPC without access.
    fn serves_as_many(&self, other: &Self) -> bool {
        let served = |plan: &Self| plan.modes.iter().flatten().count();
        served(self) >= served(other)
    }
}

/// The best with one candidate, or with none.
fn plan(consumers: &[ConsumerCosts], hub: Option<(usize, &Candidate)>) -> Plan {
    let mut total = Decimal::ZERO;
    let mut used = false;
    let modes = consumers
        .iter()
        .enumerate()
        .map(|(at, consumer)| {
            let by_hub = hub.and_then(|(_, hub)| hub.each.get(at).copied().flatten());
            let (cost, mode) = [
                (consumer.public, AccessMode::Public),
                (consumer.own, AccessMode::Own),
                (by_hub, AccessMode::Hub),
            ]
            .into_iter()
            .filter_map(|(cost, mode)| Some((cost?, mode)))
            .min()?;
            total += cost;
            used |= mode == AccessMode::Hub;
            Some(mode)
        })
        .collect();
    if let Some((_, hub)) = hub.filter(|_| used) {
        total += hub.fixed;
    }
    Plan {
        hub: hub.filter(|_| used).map(|(at, _)| at),
        modes,
        total,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cents(cents: i64) -> Decimal {
        Decimal::new(cents, 2)
    }

    #[test]
    fn many_small_vpcs_share_a_hub_and_the_big_one_keeps_to_itself() {
        // An endpoint costs 21.90; by the hub a GB costs 0.02 more than by one's own.
        let consumer = |gb: i64| ConsumerCosts {
            public: Some(cents(gb * 4)),
            own: Some(cents(2190 + gb)),
        };
        let gbs = [300, 400, 500, 5000];
        let hub = Candidate {
            fixed: cents(2190),
            each: gbs.iter().map(|gb| Some(cents(gb * 3))).collect(),
        };
        let plan = cheapest(&gbs.map(consumer), &[hub]);
        // 12 + 16 + 20 by the public path; the hub saves 3 + 4 + 5, less than it costs.
        assert_eq!(
            plan.modes,
            [
                AccessMode::Public,
                AccessMode::Public,
                AccessMode::Public,
                AccessMode::Own
            ]
            .map(Some)
        );
        let free = Candidate {
            fixed: Decimal::ZERO,
            each: gbs.iter().map(|gb| Some(cents(gb * 3))).collect(),
        };
        let plan = cheapest(&gbs.map(consumer), &[free]);
        assert_eq!(
            plan.modes,
            [
                AccessMode::Hub,
                AccessMode::Hub,
                AccessMode::Hub,
                AccessMode::Own
            ]
            .map(Some)
        );
        assert_eq!(plan.total, cents(900 + 1200 + 1500 + 2190 + 5000));
    }

    #[test]
    fn of_equal_plans_the_one_that_changes_less_is_taken() {
        let same = ConsumerCosts {
            public: Some(cents(100)),
            own: Some(cents(100)),
        };
        let hub = Candidate {
            fixed: Decimal::ZERO,
            each: vec![Some(cents(100))],
        };
        let plan = cheapest(&[same], &[hub]);
        assert_eq!(
            (plan.hub, plan.modes),
            (None, vec![Some(AccessMode::Public)])
        );
    }

    #[test]
    fn a_vpc_without_a_way_is_left_out() {
        let plan = cheapest(&[ConsumerCosts::default()], &[]);
        assert_eq!((plan.modes, plan.total), (vec![None], Decimal::ZERO));
    }

    /// Every combination of a hub, or none, and a mode for each VPC; served VPCs first, then the sum.
    fn by_brute_force(consumers: &[ConsumerCosts], candidates: &[Candidate]) -> Option<Decimal> {
        let hubs = std::iter::once(None).chain(candidates.iter().map(Some));
        let mut best: Option<Decimal> = None;
        for hub in hubs {
            for number in 0..3_usize.pow(u32::try_from(consumers.len()).unwrap()) {
                let mut left = number;
                let mut used = false;
                let mut costs = Vec::new();
                for (at, consumer) in consumers.iter().enumerate() {
                    costs.push(match left % 3 {
                        0 => consumer.public,
                        1 => consumer.own,
                        _ => {
                            used = true;
                            hub.and_then(|hub| hub.each[at])
                        }
                    });
                    left /= 3;
                }
                let Some(costs) = costs.into_iter().collect::<Option<Vec<Decimal>>>() else {
                    continue;
                };
                let fixed = hub.filter(|_| used).map_or(Decimal::ZERO, |hub| hub.fixed);
                let total: Decimal = costs.into_iter().sum::<Decimal>() + fixed;
                best = Some(best.map_or(total, |best| best.min(total)));
            }
        }
        best
    }

    fn money() -> impl Strategy<Value = Decimal> {
        (0_i64..40_000).prop_map(cents)
    }

    fn consumers() -> impl Strategy<Value = Vec<ConsumerCosts>> {
        let one =
            (money(), proptest::option::of(money())).prop_map(|(public, own)| ConsumerCosts {
                public: Some(public),
                own,
            });
        proptest::collection::vec(one, 0..6)
    }

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        let one = (
            (0_i64..90_000).prop_map(cents),
            proptest::collection::vec(proptest::option::weighted(0.8, money()), 6),
        )
            .prop_map(|(fixed, each)| Candidate { fixed, each });
        proptest::collection::vec(one, 0..4)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn the_plan_is_as_cheap_as_the_best_of_all_combinations(
            consumers in consumers(), candidates in candidates(),
        ) {
            let plan = cheapest(&consumers, &candidates);
            prop_assert_eq!(Some(plan.total), by_brute_force(&consumers, &candidates));
            // The total is what its modes cost.
            let hub = plan.hub.map(|at| &candidates[at]);
            let cost = |(at, mode): (usize, &Option<AccessMode>)| match mode {
                Some(AccessMode::Public) => consumers[at].public,
                Some(AccessMode::Own) => consumers[at].own,
                Some(AccessMode::Hub) => hub.and_then(|hub| hub.each[at]),
                None => None,
            };
            let each: Option<Vec<Decimal>> = plan.modes.iter().enumerate().map(cost).collect();
            let fixed = hub.map_or(Decimal::ZERO, |hub| hub.fixed);
            prop_assert_eq!(plan.total, each.unwrap().into_iter().sum::<Decimal>() + fixed);
        }
    }
}
