//! What is asked of CloudWatch, and what its answers mean.

use super::*;

fn window(start: &str, end: &str) -> Window {
    Window {
        start: start.parse().unwrap(),
        end: end.parse().unwrap(),
    }
}

#[test]
fn a_query_id_leads_back_to_its_series() {
    let series = Series {
        namespace: "AWS/PrivateLinkEndpoints",
        metric: "BytesProcessed",
        statistic: Statistic::Sum,
        dimensions: Dimensions::new(),
    };
    let asked = query(41, &series, 3600);
    assert_eq!(index_of(asked.id().unwrap()), Some(41));
    for odd in ["", "m", "m0_x", "x0"] {
        assert_eq!(index_of(odd), None, "{odd}");
    }
}

#[test]
fn what_is_no_count_is_unknown() {
    assert_eq!(to_count(3.0), Some(3));
    for odd in [f64::NAN, f64::INFINITY, -1.0, 1e30] {
        assert_eq!(to_count(odd), None);
    }
}

#[test]
fn a_missing_point_means_nothing_where_cloudwatch_no_longer_keeps_it() {
    let now: Timestamp = "2026-11-27T00:00:00Z".parse().unwrap();
    let recent = window("2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z");
    let old = window("2025-08-20T00:00:00Z", "2025-09-20T00:00:00Z");
    assert_eq!((is_kept(recent, now), is_kept(old, now)), (true, false));
}

fn answer(id: &str, status: StatusCode, values: &[f64]) -> MetricDataResult {
    MetricDataResult::builder()
        .id(id)
        .status_code(status)
        .set_values(Some(values.to_vec()))
        .build()
}

#[test]
fn an_answer_that_is_not_complete_is_no_zero() {
    let series = |statistic| Series {
        namespace: "AWS/PrivateLinkEndpoints",
        metric: "BytesProcessed",
        statistic,
        dimensions: Dimensions::new(),
    };
    let series = [
        series(Statistic::Sum),
        series(Statistic::Maximum),
        series(Statistic::Sum),
        series(Statistic::Sum),
        series(Statistic::Sum),
        series(Statistic::Sum),
    ];
    let mut points = Points::of(&series);
    let pages = [
        answer("m0", StatusCode::PartialData, &[1.0]),
        answer("m1", StatusCode::Complete, &[5.0, 7.0]),
        answer("m2", StatusCode::Complete, &[]),
        answer("m3", StatusCode::PartialData, &[]),
        answer("m4", StatusCode::Complete, &[f64::NAN]),
        // The rest of the first series; the last one has no answer at all.
        answer("m0", StatusCode::Complete, &[2.0]),
    ];
    points.take(&series, &pages).unwrap();
    assert_eq!(
        points.totals(),
        [
            Total::Counted(3),
            Total::Counted(7),
            Total::Nothing,
            Total::Unknown,
            Total::Unknown,
            Total::Unknown,
        ]
    );
    // What one part of the window left open is not known by the next one.
    let whole =
        [0, 1, 2, 3, 4, 5].map(|at| answer(&format!("m{at}"), StatusCode::Complete, &[1.0]));
    points.take(&series, &whole).unwrap();
    let unknown = points
        .totals()
        .iter()
        .filter(|it| **it == Total::Unknown)
        .count();
    assert_eq!((points.totals()[2], unknown), (Total::Counted(1), 3));
    let failed = [
        answer("m1", StatusCode::InternalError, &[]),
        answer("m2", StatusCode::Complete, &[4.0]),
    ];
    let mut points = Points::of(&series[..3]);
    points.take(&series[..3], &failed).unwrap();
    assert_eq!(
        points.totals(),
        [Total::Unknown, Total::Unknown, Total::Counted(4)],
        "an error costs its own series alone"
    );
    let denied = [answer("m0", StatusCode::Forbidden, &[])];
    assert!(points.take(&series, &denied).is_err());
}

#[test]
fn a_sum_with_an_unknown_part_is_unknown() {
    let (some, none, unknown) = (Total::Counted(2), Total::Nothing, Total::Unknown);
    assert_eq!(some.plus(Total::Counted(3)), Total::Counted(5));
    assert_eq!((some.plus(none), none.plus(some)), (some, some));
    assert_eq!((some.plus(unknown), unknown.plus(none)), (unknown, unknown));
    assert_eq!(
        (none.plus(none), none.counted(), some.counted()),
        (none, None, Some(2))
    );
}
