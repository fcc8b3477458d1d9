//! How the cells of a run ended, in a few bytes a cell: an organization has hundreds of thousands
//! of them, and the stages after the store ask for no more than outcome and reason.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use super::{
    coverage::{Cell, Outcome, Reason, Step},
    id::{AccountId, Region},
    target::Target,
};

/// The cells of one place, in the order in which they were added. Those of most places ended alike.
type Steps = Arc<Vec<StepOutcome>>;

/// How one cell ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StepOutcome {
    /// The step.
    pub step: Step,
    /// How.
    pub outcome: Outcome,
    /// Why it is not complete.
    pub reason: Option<Reason>,
}

impl StepOutcome {
    /// Whether something is left out that was wanted.
    pub fn is_gap(&self) -> bool {
        self.outcome != Outcome::Complete && self.reason.is_none_or(Reason::is_gap)
    }
}

/// The outcomes of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Of the organization; its steps have no account.
    organization: Steps,
    accounts: Sorted<AccountId, AccountSteps>,
}

/// Entries in the order of their keys. Most are added in that order, and a map takes several times the
/// memory for few of them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sorted<K, V>(Vec<(K, V)>);

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord + Clone, V: Default> Sorted<K, V> {
    fn get(&self, key: &K) -> Option<&V> {
        let at = self.0.binary_search_by(|(it, _)| it.cmp(key)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// The entry of a key, made if there is none; always some.
    fn entry(&mut self, key: &K) -> Option<&mut V> {
        let at = match self.0.binary_search_by(|(it, _)| it.cmp(key)) {
            Ok(at) => at,
            Err(at) => {
                // Of one Region alone there is one.
                self.0.reserve_exact(usize::from(self.0.is_empty()));
                self.0.insert(at, (key.clone(), V::default()));
                at
            }
        };
        self.0.get_mut(at).map(|(_, value)| value)
    }

    fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }
}

/// The targets in which a step is complete.
#[derive(Clone, Copy, Debug)]
pub struct Complete<'o> {
    outcomes: &'o Outcomes,
    step: Step,
}

impl Complete<'_> {
    /// Whether a target is among them.
    pub fn contains(&self, target: &Target) -> bool {
        self.outcomes.is_complete(target, self.step)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct AccountSteps {
    whole: Steps,
    regions: Sorted<Region, Steps>,
}

impl Outcomes {
    /// Adds that of a cell.
    pub fn add(&mut self, cell: &Cell) {
        let ended = StepOutcome {
            step: cell.step,
            outcome: cell.outcome,
            reason: cell.reason,
        };
        self.put(cell.account_id.as_ref(), cell.region.as_ref(), ended);
    }

    /// Adds one.
    pub fn put(
        &mut self,
        account: Option<&AccountId>,
        region: Option<&Region>,
        ended: StepOutcome,
    ) {
        let steps = match account {
            None => &mut self.organization,
            Some(account) => {
                let Some(of_account) = self.accounts.entry(account) else {
                    return;
                };
                let steps = match region {
                    None => Some(&mut of_account.whole),
                    Some(region) => of_account.regions.entry(region),
                };
                let Some(steps) = steps else { return };
                steps
            }
        };
        Arc::make_mut(steps).push(ended);
    }

    /// Gives back the room that was kept for more, and holds once what is the same in several places.
    pub fn pack(&mut self) {
        self.accounts.0.shrink_to_fit();
        let mut known: HashSet<Steps> = HashSet::new();
        let mut share = |steps: &mut Steps| {
            if let Some(same) = known.get(steps) {
                *steps = Arc::clone(same);
            } else {
                Arc::make_mut(steps).shrink_to_fit();
                known.insert(Arc::clone(steps));
            }
        };
        for (_, of_account) in &mut self.accounts.0 {
            share(&mut of_account.whole);
            for (_, steps) in &mut of_account.regions.0 {
                share(steps);
            }
        }
    }

    fn at(&self, account: &AccountId, region: Option<&Region>) -> &[StepOutcome] {
        let of_account = self.accounts.get(account);
        let steps = of_account.and_then(|it| match region {
            None => Some(&it.whole),
            Some(region) => it.regions.get(region),
        });
        steps.map_or(&[], |it| it.as_slice())
    }

    /// How a step of an account, or of one of its regions, ended.
    pub fn ended(
        &self,
        account: &AccountId,
        region: Option<&Region>,
        step: Step,
    ) -> Option<StepOutcome> {
        let all = self.at(account, region).iter();
        all.copied().find(|ended| ended.step == step)
    }

    /// The targets in which a step is complete.
    pub fn complete(&self, step: Step) -> Complete<'_> {
        Complete {
            outcomes: self,
            step,
        }
    }

    /// The accounts and regions in which a step is complete, one by one.
    pub fn targets_with(&self, step: Step) -> BTreeSet<(&AccountId, &Region)> {
        let complete = |steps: &Steps| {
            let mut steps = steps.iter();
            steps.any(|it| it.step == step && it.outcome == Outcome::Complete)
        };
        let places = self.accounts.iter().flat_map(|(account, it)| {
            let regions = it.regions.iter();
            regions.map(move |(region, steps)| ((account, region), steps))
        });
        places
            .filter(|(_, steps)| complete(steps))
            .map(|(place, _)| place)
            .collect()
    }

    /// Whether a step of a target is complete.
    pub fn is_complete(&self, target: &Target, step: Step) -> bool {
        self.ended(&target.account_id, Some(&target.region), step)
            .is_some_and(|it| it.outcome == Outcome::Complete)
    }

    /// Whether all ways in which VPCs of a target may log their queries are known.
    pub fn knows_query_logging(&self, target: &Target) -> bool {
        let (account, region) = (&target.account_id, Some(&target.region));
        let profiles = self
            .ended(account, region, Step::Route53Profiles)
            // Runs of before 2026-11-28 did not read Profiles.
            .is_none_or(|it| it.outcome == Outcome::Complete);
        profiles && self.is_complete(target, Step::QueryLogging)
    }

    /// The first step of a target, in the order of steps, that is not complete.
    pub fn first_incomplete(&self, target: &Target) -> Option<StepOutcome> {
        self.at(&target.account_id, Some(&target.region))
            .iter()
            .filter(|ended| ended.outcome != Outcome::Complete)
            .min_by_key(|ended| ended.step)
            .copied()
    }

    /// The regions in which a step of some account is complete.
    pub fn regions(&self) -> BTreeSet<&Region> {
        self.accounts
            .values()
            .flat_map(|it| it.regions.iter())
            .filter(|(_, steps)| steps.iter().any(|it| it.outcome == Outcome::Complete))
            .map(|(region, _)| region)
            .collect()
    }

    /// How many cells leave out something that was wanted, by reason.
    pub fn gaps(&self) -> BTreeMap<&'static str, u64> {
        let of_accounts = self.accounts.values().flat_map(|it| {
            let regions = it.regions.values().flat_map(|steps| steps.iter());
            it.whole.iter().chain(regions)
        });
        let mut gaps = BTreeMap::new();
        for ended in self.organization.iter().chain(of_accounts) {
            if ended.is_gap() {
                let reason = ended.reason.map_or("other", Reason::name);
                *gaps.entry(reason).or_default() += 1;
            }
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::coverage::Failure;

    fn cell(region: Option<&str>, step: Step) -> Cell {
        let account = "111111111111".parse().unwrap();
        let region = region.map(|it| it.parse().unwrap());
        Cell::complete(Some(account), region, step)
    }

    #[test]
    fn entries_are_found_in_whichever_order_they_were_added() {
        let mut sorted: Sorted<u8, Vec<u8>> = Sorted::default();
        for (key, value) in [(3, 1), (3, 2), (7, 1), (1, 1), (5, 1), (7, 2), (1, 2)] {
            sorted.entry(&key).unwrap().push(value);
        }
        let all: Vec<_> = sorted.iter().map(|(key, it)| (*key, it.len())).collect();
        assert_eq!(all, [(1, 2), (3, 2), (5, 1), (7, 2)]);
        assert_eq!(sorted.get(&7), Some(&vec![1, 2]));
        assert_eq!(sorted.get(&4), None);
    }

    fn outcomes() -> Outcomes {
        let mut outcomes = Outcomes::default();
        let denied = || Failure::new(Reason::AccessDenied, "no");
        outcomes.add(&Cell::complete(None, None, Step::Organization).failed(denied()));
        outcomes.add(&cell(None, Step::AssumeRole));
        outcomes.add(&cell(None, Step::Regions).failed(denied()));
        outcomes.add(&cell(Some("eu-west-1"), Step::Subnets).failed(denied()));
        outcomes.add(&cell(Some("eu-west-1"), Step::Vpcs));
        outcomes.add(&cell(Some("us-east-1"), Step::DnsUsage));
        let off = cell(Some("eu-south-2"), Step::Regions);
        outcomes.add(&off.skipped(Reason::RegionDisabled, "off"));
        outcomes
    }

    #[test]
    fn places_that_ended_alike_share_what_they_hold_until_one_of_them_goes_on() {
        let mut outcomes = Outcomes::default();
        let accounts: [AccountId; 2] =
            ["111111111111", "222222222222"].map(|it| it.parse().unwrap());
        for account in &accounts {
            let region = "eu-west-1".parse().ok();
            outcomes.add(&Cell::complete(Some(account.clone()), region, Step::Vpcs));
        }
        outcomes.pack();
        let [one, two] = accounts.clone().map(|account_id| Target {
            account_id,
            region: "eu-west-1".parse().unwrap(),
        });
        let place = |outcomes: &Outcomes, it: &Target| {
            outcomes.at(&it.account_id, Some(&it.region)).as_ptr()
        };
        assert_eq!(place(&outcomes, &one), place(&outcomes, &two));
        let more = Cell::complete(
            Some(two.account_id.clone()),
            Some(two.region.clone()),
            Step::Subnets,
        );
        outcomes.add(&more);
        assert!(outcomes.is_complete(&two, Step::Subnets));
        assert!(!outcomes.is_complete(&one, Step::Subnets));
        assert!(outcomes.is_complete(&one, Step::Vpcs) && outcomes.is_complete(&two, Step::Vpcs));
    }

    #[test]
    fn a_state_of_the_organization_is_no_gap_but_a_denied_call_is() {
        let gap = |outcome, reason| {
            let step = Step::Vpcs;
            StepOutcome {
                step,
                outcome,
                reason,
            }
            .is_gap()
        };
        assert!(!gap(Outcome::Complete, None));
        assert!(!gap(Outcome::Skipped, Some(Reason::RegionDisabled)));
        assert!(gap(Outcome::Skipped, Some(Reason::RoleDenied)));
        assert!(gap(Outcome::Failed, Some(Reason::Throttled)));
    }

    #[test]
    fn a_place_shows_its_own_steps_and_nothing_of_others() {
        let (outcomes, account) = (outcomes(), "111111111111".parse().unwrap());
        let target = |region: &str| Target {
            account_id: "111111111111".parse().unwrap(),
            region: region.parse().unwrap(),
        };
        let here = target("eu-west-1");
        assert!(outcomes.is_complete(&here, Step::Vpcs));
        assert!(!outcomes.is_complete(&here, Step::Subnets));
        assert!(!outcomes.is_complete(&target("us-east-1"), Step::Vpcs));
        let first = outcomes.first_incomplete(&here).unwrap();
        assert_eq!(
            (first.step, first.reason),
            (Step::Subnets, Some(Reason::AccessDenied))
        );
        assert_eq!(outcomes.first_incomplete(&target("us-east-1")), None);
        assert!(outcomes.ended(&account, None, Step::Vpcs).is_none());
    }

    #[test]
    fn regions_count_by_what_is_complete_in_them_and_gaps_by_reason() {
        let outcomes = outcomes();
        assert_eq!(outcomes.regions().len(), 2);
        assert_eq!(outcomes.gaps(), BTreeMap::from([("access_denied", 3)]));
    }
}
