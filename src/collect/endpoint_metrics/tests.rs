//! By which dimensions endpoints are asked for, and when CloudWatch is asked which there are.

use super::*;
use crate::model::tests::sample;

fn endpoint(id: &str, service_region: &str) -> Endpoint {
    let service = format!("com.amazonaws.{service_region}.sts");
    Endpoint {
        service_region: Some(service_region.parse().unwrap()),
        subnet_ids: vec!["subnet-a".into(), "subnet-b".into()],
        ..sample::endpoint(&sample::target(), "vpc-1", id, &service)
    }
}

fn here(id: &str) -> Endpoint {
    endpoint(id, sample::target().region.as_str())
}

fn window() -> Window {
    let now = Timestamp::now().as_second();
    let at = |hours: i64| Timestamp::from_second((now / 3600 + hours) * 3600).unwrap();
    Window {
        start: at(-24),
        end: at(0),
    }
}

/// What is asked of some endpoints, and answered with these totals.
fn answers<'e>(endpoints: &'e [Endpoint], found: &[Total]) -> Answers<'e> {
    let wanted = wanted(endpoints.iter());
    assert_eq!(wanted.series.len(), found.len());
    let mut answers = Answers::new(wanted.endpoints);
    answers.add(wanted.measures, &asked_once(found));
    answers
}

fn asked_once(found: &[Total]) -> Vec<Read> {
    let read = |total: &Total| Read {
        total: *total,
        requests: 1,
    };
    found.iter().map(read).collect()
}

/// Dimensions as CloudWatch lists them of an endpoint, with one more than the documentation has.
fn odd(endpoint: &Endpoint) -> Dimensions {
    let mut dimensions = documented(endpoint);
    dimensions.insert("Zone".to_owned(), "a".to_owned());
    dimensions
}

const COUNTED: [Total; 4] = [
    Total::Counted(7),
    Total::Counted(2),
    Total::Counted(5),
    Total::Counted(2),
];

#[test]
fn an_endpoint_with_a_total_by_the_dimensions_of_the_documentation_is_not_looked_up() {
    let endpoints = [here("vpce-1")];
    let answers = answers(&endpoints, &COUNTED);
    assert!(answers.uncounted().is_empty());
    let all = answers.read(window());
    assert_eq!(all.len(), 1);
    let read = &all[0];
    assert_eq!(
        (read.bytes_processed, read.active_connections),
        (Some(7), Some(2))
    );
    let by_subnet: Vec<_> = read.bytes_by_subnet.values().copied().collect();
    assert_eq!(by_subnet, [5, 2]);
    assert_eq!(read.metrics_requested, 4, "a request a series");
}

#[test]
fn an_endpoint_without_points_is_looked_up_and_counts_nothing_where_there_is_no_more_to_ask() {
    let endpoints = [here("vpce-1")];
    for (total, bytes) in [(Total::Nothing, Some(0)), (Total::Unknown, None)] {
        let answers = answers(&endpoints, &[total, COUNTED[1], COUNTED[2], COUNTED[3]]);
        assert_eq!(answers.uncounted(), [0]);
        for all in [BTreeSet::new(), [documented(&endpoints[0])].into()] {
            let (_, series) = by_other_dimensions(&answers.endpoints, &[0], &all);
            assert!(series.is_empty());
        }
        assert_eq!(answers.read(window())[0].bytes_processed, bytes);
    }
}

#[test]
fn totals_by_the_listed_dimensions_replace_those_without_points_and_cost_their_requests() {
    let endpoints = [here("vpce-1"), here("vpce-2")];
    let found = [[Total::Nothing; 4], COUNTED].concat();
    let mut answers = answers(&endpoints, &found);
    let uncounted = answers.uncounted();
    assert_eq!(uncounted, [0]);
    // Of the second endpoint the documented dimensions were right.
    let all = [odd(&endpoints[0]), odd(&endpoints[1])].into();
    let (measures, series) = by_other_dimensions(&answers.endpoints, &uncounted, &all);
    assert_eq!(series.len(), 4);
    assert!(series.iter().all(|it| it.dimensions["Zone"] == "a"));
    answers.add(measures, &asked_once(&COUNTED));
    let read = answers.read(window());
    let figures = read
        .iter()
        .map(|it| (it.bytes_processed, it.metrics_requested));
    let figures: Vec<_> = figures.collect();
    assert_eq!(figures, [(Some(7), 8), (Some(7), 4)]);
}

#[test]
fn an_endpoint_of_a_service_in_another_region_is_asked_by_listed_dimensions_alone() {
    let endpoints = [endpoint("vpce-1", "ap-south-1")];
    let answers = answers(&endpoints, &[]);
    let uncounted = answers.uncounted();
    assert_eq!(uncounted, [0]);
    let listed = [documented(&endpoints[0])].into();
    let (_, series) = by_other_dimensions(&answers.endpoints, &uncounted, &listed);
    assert_eq!(series.len(), 4);
    let read = answers.read(window());
    assert_eq!(
        (read[0].bytes_processed, read[0].metrics_requested),
        (None, 0)
    );
}
