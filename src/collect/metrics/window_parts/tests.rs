//! The parts of windows, and what the time stamps of answers prove.

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
