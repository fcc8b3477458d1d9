//! Logs read Region by Region. The plan of a Region is held until its last place is read, and the next one is
//! made when there is room for another place: a small organization is read at once, and of a large one
//! what is held does not grow with the number of Regions.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::{StreamExt, stream};

/// The logs of a Region that are to be read.
pub(super) trait RegionLogs {
    /// How many places they are in.
    fn places(&self) -> usize;

    /// Reads the place with a number.
    async fn read(&self, number: usize);

    /// Records what became of the Region, once all its places are read.
    async fn finish(&self);
}

/// Reads all places of all Regions, so many at once.
pub(super) async fn read_all<L: RegionLogs>(planned: impl Iterator<Item = L>, at_once: usize) {
    stream::iter(planned)
        .flat_map(|logs| {
            // A Region without logs has cells to record too.
            let last = logs.places().max(1);
            let region = Arc::new((logs, AtomicUsize::new(last)));
            stream::iter((0..last).map(move |number| (Arc::clone(&region), number)))
        })
        .for_each_concurrent(at_once, |(region, number)| async move {
            let (logs, left) = &*region;
            if number < logs.places() {
                logs.read(number).await;
            }
            if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                logs.finish().await;
            }
        })
        .await;
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A Region with so many places.
    struct Counted<'c> {
        name: &'static str,
        places: usize,
        events: &'c Mutex<Vec<String>>,
    }

    impl Counted<'_> {
        fn note(&self, what: &str) {
            let event = format!("{what} {}", self.name);
            self.events.lock().unwrap().push(event);
        }
    }

    impl RegionLogs for Counted<'_> {
        fn places(&self) -> usize {
            self.places
        }

        async fn read(&self, number: usize) {
            // Each takes longer than the one before it.
            for _ in 0..=number {
                tokio::task::yield_now().await;
            }
            self.note("read");
        }

        async fn finish(&self) {
            self.note("finish");
        }
    }

    async fn events(places: &[(&'static str, usize)], at_once: usize) -> Vec<String> {
        let events = Mutex::new(Vec::new());
        let planned = places.iter().map(|(name, places)| {
            let logs = Counted {
                name,
                places: *places,
                events: &events,
            };
            logs.note("plan");
            logs
        });
        read_all(planned, at_once).await;
        events.into_inner().unwrap()
    }

    #[tokio::test]
    async fn a_region_is_planned_when_there_is_room_and_finished_once() {
        let one_by_one = events(&[("a", 2), ("b", 0), ("c", 1)], 1).await;
        let expected = [
            "plan a", "read a", "read a", "finish a", "plan b", "finish b", "plan c", "read c",
            "finish c",
        ];
        assert_eq!(one_by_one, expected);
        let at_once = events(&[("a", 2), ("b", 0), ("c", 1)], 8).await;
        let place = |event: &str| at_once.iter().position(|it| it == event).unwrap();
        assert!(place("plan c") < place("finish a"), "{at_once:?}");
        for name in ["a", "b", "c"] {
            let finished = at_once.iter().filter(|it| **it == format!("finish {name}"));
            assert_eq!(finished.count(), 1, "{at_once:?}");
            let of_it = at_once.iter().rfind(|it| it.ends_with(name));
            assert_eq!(of_it.unwrap(), &format!("finish {name}"));
        }
    }
}
