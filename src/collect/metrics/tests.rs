//! What is asked of CloudWatch, and what its answers mean.

use super::*;

fn window(start: &str, end: &str) -> Window {
    Window {
        start: start.parse().unwrap(),
        end: end.parse().unwrap(),
    }
}

/// Start, minutes and seconds a point.
fn shown(parts: Vec<Part>) -> Vec<(String, i64, i64)> {
    let parts = parts.into_iter();
    parts
        .map(|part| {
            let start = Timestamp::from_second(part.start).unwrap().to_string();
            (start, (part.end - part.start) / MINUTE, part.period)
        })
        .collect()
}

fn parts_of(start: &str, end: &str, now: &str) -> Vec<(String, i64, i64)> {
    shown(parts(window(start, end), now.parse().unwrap()))
}

#[test]
fn a_window_of_some_hours_is_asked_for_once_whenever_it_begins() {
    for (start, end, first) in [
        (
            "2026-06-01T00:00:00Z",
            "2026-06-02T00:00:00Z",
            "2026-06-01T00:00:00Z",
        ),
        (
            "2026-06-01T10:29:30Z",
            "2026-06-02T10:29:30Z",
            "2026-06-01T10:30:00Z",
        ),
        (
            "2026-06-01T10:59:01Z",
            "2026-06-02T10:59:59Z",
            "2026-06-01T11:00:00Z",
        ),
    ] {
        assert_eq!(
            parts_of(start, end, end),
            [(first.to_owned(), 24 * 60, 3600)],
            "{start}"
        );
    }
}

#[test]
fn what_is_left_after_the_last_hour_is_read_by_the_minute() {
    assert_eq!(
        parts_of(
            "2026-06-01T10:29:30Z",
            "2026-06-02T12:00:01Z",
            "2026-06-02T12:00:01Z"
        ),
        [
            ("2026-06-01T10:30:00Z".to_owned(), 25 * 60, 3600),
            ("2026-06-02T11:30:00Z".to_owned(), 31, 60),
        ]
    );
}

#[test]
fn windows_that_follow_one_another_share_no_minute_and_leave_none_out() {
    let (a, b, c) = (
        "2026-06-01T10:29:30Z",
        "2026-06-01T14:47:12Z",
        "2026-06-02T00:10:00Z",
    );
    let minutes = |start, end| {
        let parts = parts_of(start, end, c);
        parts.iter().map(|(_, minutes, _)| minutes).sum::<i64>()
    };
    assert_eq!(minutes(a, b) + minutes(b, c), minutes(a, c));
}

#[test]
fn a_window_of_less_than_an_hour_is_read_by_the_minute_alone() {
    for (start, end, minutes) in [
        ("2026-06-01T10:10:00Z", "2026-06-01T10:40:00Z", 30),
        ("2026-06-01T10:50:00Z", "2026-06-01T11:40:00Z", 50),
        ("2026-06-01T10:10:10Z", "2026-06-01T10:10:50Z", 1),
    ] {
        let parts = parts_of(start, end, "2026-06-01T12:00:00Z");
        let figures: Vec<_> = parts.iter().map(|it| (it.1, it.2)).collect();
        assert_eq!(figures, [(minutes, 60)], "{start}");
    }
}

#[test]
fn the_older_the_first_minutes_are_the_longer_are_the_points_that_there_still_are() {
    let end = "2026-06-01T12:00:00Z";
    for (now, start, left) in [
        ("2026-06-20T00:00:00Z", "2026-06-01T10:25:00Z", (35, 300)),
        ("2026-09-01T00:00:00Z", "2026-06-01T10:00:00Z", (0, 0)),
    ] {
        let parts = parts_of("2026-06-01T10:29:00Z", end, now);
        assert_eq!(parts[0].0, start, "{now}");
        assert_eq!(parts[0].2, HOUR);
        let rest = parts.get(1).map_or((0, 0), |it| (it.1, it.2));
        assert_eq!(rest, left, "{now}");
    }
}

#[test]
fn by_the_clock_the_partial_hours_at_both_ends_are_read_by_the_minute() {
    let (start, end) = ("2026-06-01T10:29:30Z", "2026-06-02T12:00:01Z");
    let (window, now) = (window(start, end), end.parse().unwrap());
    let first = ("2026-06-01T10:30:00Z".to_owned(), 30, 60);
    assert_eq!(
        shown(parts_by_clock(window, now)),
        [
            first.clone(),
            ("2026-06-01T11:00:00Z".to_owned(), 25 * 60, 3600),
            ("2026-06-02T12:00:00Z".to_owned(), 1, 60),
        ]
    );
    assert_eq!(
        shown(first_hour(window, now).into_iter().collect()),
        [first]
    );
}

#[test]
fn a_window_that_begins_with_an_hour_of_the_clock_has_no_first_part_of_one() {
    let now = "2026-06-03T00:00:00Z";
    let window = window("2026-06-01T10:00:00Z", "2026-06-02T12:30:00Z");
    assert_eq!(first_hour(window, now.parse().unwrap()), None);
}

/// An answer with a point at each of these times.
fn points_at(times: &[&str]) -> MetricDataResult {
    let times = times.iter().map(|it| it.parse::<Timestamp>().unwrap());
    let times = times.map(|it| DateTime::from_secs(it.as_second()));
    MetricDataResult::builder()
        .id("m0")
        .set_values(Some(vec![1.0; times.len()]))
        .set_timestamps(Some(times.collect()))
        .build()
}

#[test]
fn only_time_stamps_of_an_answer_prove_from_when_on_its_hours_are_counted() {
    let end = "2026-06-02T12:10:00Z";
    let parts = parts(window("2026-06-01T10:30:00Z", end), end.parse().unwrap());
    assert_eq!(parts.len(), 2);
    let (hours, minutes) = (parts[0], parts[1]);
    let of = |of_hours: &[&[&str]], of_minutes: &[&str]| {
        let of_hours = of_hours.iter().map(|it| points_at(it)).collect();
        Hours::of(&[(hours, of_hours), (minutes, vec![points_at(of_minutes)])])
    };
    let (from_start, of_clock) = ("2026-06-01T12:30:00Z", "2026-06-01T12:00:00Z");
    assert_eq!(of(&[&[], &[from_start]], &[]), Hours::FromStart);
    assert_eq!(of(&[&[from_start], &[of_clock]], &[]), Hours::OfClock);
    assert_eq!(of(&[&[from_start, of_clock]], &[]), Hours::OfClock);
    // Minutes are the same either way.
    assert_eq!(of(&[&[]], &["2026-06-02T12:03:00Z"]), Hours::Unknown);
    let without_times = MetricDataResult::builder().id("m0").values(1.0).build();
    assert_eq!(Hours::of(&[(hours, vec![without_times])]), Hours::OfClock);
    let by_clock = Part {
        start: floor(hours.start, HOUR),
        ..hours
    };
    assert_eq!(Hours::of(&[(by_clock, Vec::new())]), Hours::FromStart);
    assert_eq!(Hours::of(&[(minutes, Vec::new())]), Hours::FromStart);
}

#[test]
fn a_query_id_leads_back_to_its_series() {
    let series = Series {
        namespace: "AWS/PrivateLinkEndpoints",
        metric: "BytesProcessed",
        statistic: Statistic::Sum,
        dimensions: Dimensions::new(),
    };
    let asked = query(41, &series, HOUR);
    assert_eq!(index_of(asked.id().unwrap()), Some(41));
    for odd in ["", "m", "m0_x", "x0"] {
        assert_eq!(index_of(odd), None, "{odd}");
    }
}

#[test]
fn what_is_no_count_is_unknown() {
    assert_eq!(whole(3.0), Some(3));
    for odd in [f64::NAN, f64::INFINITY, -1.0, 1e30] {
        assert_eq!(whole(odd), None);
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
