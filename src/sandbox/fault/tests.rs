//! The language of faults: what can be written, and what each mistake is told.

use super::*;
use crate::{
    clock::ManualClock,
    config::{document::Section, problem::Problems, toml_file::parse_toml},
    sandbox::exchange::Response,
};
use std::{sync::Arc, time::Duration};

const EXAMPLES: [&str; 9] = [
    "status=503, route=PATCH /Users, share=0.5, after=1h, for=2h",
    "status=429, retry_after=30",
    "status=429, retry_after_date=30, carried_out",
    "timeout, route=POST",
    "reset, carried_out, route=/Groups/7",
    "truncate, objects=0.25",
    "garbage, latency=1m 30s",
    "content_type=text/html; charset=utf-8",
    "latency=2s",
];

#[test]
fn a_rule_is_shown_as_it_is_read() {
    for text in EXAMPLES {
        assert_eq!(FaultRule::parse(text).unwrap().to_string(), text);
    }
    let loose = FaultRule::parse(" status = 503 ,,route=patch /scim/Users/, retry-after=1m,latency=0s").unwrap();
    assert_eq!(loose.to_string(), "status=503, retry_after=60, route=PATCH /Users");
}

#[test]
fn a_table_says_the_same_as_a_text() {
    let table =
        "status = 503\nretry_after = \"5m\"\nroute = \"PATCH /Users\"\nshare = 0.5\nafter = \"1h\"\nfor = \"2h\"\n";
    let problems = Problems::default();
    let node = parse_toml("scenario.toml", table, &problems);
    let rule = FaultRule::read(Section::of(&node, "a fault", &problems).unwrap());
    let text = "status=503,retry_after=300,route=PATCH /Users,share=0.5,after=1h,for=2h";
    assert_eq!(rule, Some(FaultRule::parse(text).unwrap()));
}

#[test]
fn a_mistake_in_a_table_has_its_line() {
    let problems = Problems::default();
    let node = parse_toml("scenario.toml", "status = 503\n\nshare = 50\n", &problems);
    assert_eq!(FaultRule::read(Section::of(&node, "a fault", &problems).unwrap()), None);
    let told: Vec<_> = problems.into_sorted().iter().map(ToString::to_string).collect();
    let share =
        "error: scenario.toml:3: `share` is no share: 50\n  help: write a number from 0 to 1: 0.5 is half of them";
    assert_eq!(told, [share]);
}

#[test]
fn each_mistake_is_told_with_what_to_do() {
    let wrong = "name one of `status`, `timeout`, `reset`, `truncate`, `garbage`, `content_type` and `latency`";
    let route = "write a method (DELETE, GET, PATCH, POST, PUT), a path (/Groups, /ResourceTypes, /Schemas, \
                 /ServiceProviderConfig, /Users) or both: `PATCH /Users`";
    for (text, message, help) in [
        ("", "the fault does not say what is wrong", wrong),
        ("share=0.5", "the fault does not say what is wrong", wrong),
        ("stauts=503", "`stauts` is not a setting of a fault", "did you mean `status`?"),
        ("time-out", "`time_out` is not a setting of a fault", "did you mean `timeout`?"),
        ("status=200", "`status` is no error: 200", "write one from 400 to 599"),
        (
            "status=teapot",
            "`status` must be a whole number, not a text",
            "write the number in digits, without quotation marks",
        ),
        (
            "status",
            "`status` must be a whole number, not true or false",
            "write the number in digits, without quotation marks",
        ),
        ("status=503,status=500", "`status` is there twice", "keep one of them"),
        (
            "reset,timeout",
            "`timeout` and `reset` cannot both be",
            "keep one of them, and write another fault for the other",
        ),
        ("reset=maybe", "`reset` must be true or false, not a text", "write true or false, without quotation marks"),
        ("timeout,retry_after=3", "`retry_after` goes with a status", "add one: `status=429` or `status=503`"),
        (
            "status=429,retry_after=3,retry_after_date=3",
            "`retry_after` and `retry_after_date` cannot both be",
            "keep one of them",
        ),
        (
            "status=503,retry_after=soon",
            "`retry_after` is no length of time: expected number at 0",
            "write a length of time with its unit, as in \"40m\", \"90s\" or \"1h 30m\"",
        ),
        (
            "latency=2",
            "`latency` is no length of time: time unit needed, for example 2sec or 2ms",
            "write a length of time with its unit, as in \"40m\", \"90s\" or \"1h 30m\"",
        ),
        ("garbage,share=NaN", "`share` is no share: NaN", "write a number from 0 to 1: 0.5 is half of them"),
        ("garbage,objects=-1", "`objects` is no share: -1", "write a number from 0 to 1: 0.5 is half of them"),
        ("content_type=html", "`html` is no content type", "write one like `text/html`"),
        (
            "truncate,carried_out",
            "`carried_out` says nothing here: what is answered is the application's own answer",
            "leave it out; it goes with `status`, `timeout`, `reset` and `garbage`",
        ),
        ("reset,route=", "`route` names no requests: it is empty", route),
        ("reset,route=PATHC /Users", "`route` names no requests: `PATHC` is no method", "did you mean `PATCH`?"),
        ("reset,route=GET /User", "`route` names no requests: nothing is at `/User`", "did you mean `/Users`?"),
        (
            "reset,route=GET /Users /Groups",
            "`route` names no requests: `GET /Users /Groups` is more than a method and a path",
            route,
        ),
    ] {
        let told: Vec<_> = FaultRule::parse(text).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(told, [format!("error: the fault `{text}`: {message}\n  help: {help}")]);
    }
}

/// A request as the rules see it, about `subject`.
fn treated(faults: &Faults, method: &str, path: &str, subject: Option<&str>) -> Option<Conduct> {
    let request = Request { method: method.to_owned(), path_and_query: format!("/scim{path}"), ..Request::default() };
    faults.treat(&Incoming { request: &request, subject: &|| subject.map(str::to_owned) })
}

fn planted(text: &str, seed: u64) -> (Faults, ManualClock) {
    let clock = ManualClock::at("2026-01-05T08:00:00Z".parse().unwrap());
    let faults = Faults::new(Arc::new(clock.clone()), seed);
    faults.plant(FaultRule::parse(text).unwrap());
    (faults, clock)
}

#[test]
fn a_route_is_a_method_a_path_with_all_below_it_or_both() {
    let meets = |route: &str, method, path| {
        treated(&planted(&format!("reset,route={route}"), 1).0, method, path, None).is_some()
    };
    for (route, method, path, expected) in [
        ("PATCH /Users", "PATCH", "/Users/7", true),
        ("PATCH /Users", "GET", "/Users/7", false),
        ("PATCH /Users", "PATCH", "/Groups/7", false),
        ("/Users", "GET", "/Users?filter=x", true),
        ("/Users/7", "GET", "/Users/7", true),
        ("/Users/7", "GET", "/Users/77", false),
        ("DELETE", "DELETE", "/Groups/7", true),
    ] {
        assert_eq!(meets(route, method, path), expected, "{route}: {method} {path}");
    }
}

#[test]
fn a_rule_begins_and_ends_by_the_clock() {
    let (faults, clock) = planted("reset,after=1h,for=2h", 1);
    let mut seen = Vec::new();
    for _ in 0..8 {
        seen.push(treated(&faults, "GET", "/Users", None).is_some());
        clock.advance(Duration::from_secs(30 * 60));
    }
    assert_eq!(seen, [false, false, true, true, true, true, false, false]);
}

#[test]
fn a_rule_that_is_planted_later_counts_from_then() {
    let (faults, clock) = planted("reset,for=1h", 1);
    clock.advance(Duration::from_secs(3 * 3600));
    faults.plant(FaultRule::parse("timeout,for=1h").unwrap());
    assert_eq!(treated(&faults, "GET", "/Users", None).unwrap().act, Act::Silence);
    faults.clear();
    assert_eq!(treated(&faults, "GET", "/Users", None), None);
}

#[test]
fn the_first_rule_that_concerns_a_request_decides() {
    let (faults, _) = planted("timeout,route=POST", 1);
    faults.plant(FaultRule::parse("reset").unwrap());
    assert_eq!(treated(&faults, "POST", "/Users", None).unwrap().act, Act::Silence);
    assert_eq!(treated(&faults, "GET", "/Users", None).unwrap().act, Act::Reset);
}

#[test]
fn a_share_of_the_requests_is_by_chance_and_the_same_for_the_same_seed() {
    let failed = |seed| {
        let (faults, _) = planted("reset,share=0.25", seed);
        (0..1000).filter(|_| treated(&faults, "GET", "/Users", None).is_some()).collect::<Vec<_>>()
    };
    assert_eq!(failed(7), failed(7));
    assert_ne!(failed(7), failed(8));
    assert!((200..300).contains(&failed(7).len()), "{}", failed(7).len());
}

#[test]
fn a_share_of_the_objects_is_the_same_whatever_is_asked_of_them() {
    let (faults, _) = planted("status=503,objects=0.5", 7);
    let fails = |method: &str, name: &str| treated(&faults, method, "/Users", Some(name)).is_some();
    let names: Vec<_> = (0..1000).map(|number| format!("user {number}")).collect();
    let failing = names.iter().filter(|name| fails("POST", name)).count();
    assert!((450..550).contains(&failing), "{failing}");
    for name in names.iter().rev() {
        assert_eq!(fails("PATCH", name), fails("POST", name));
    }
    assert_eq!(treated(&faults, "GET", "/Users?filter=x", None), None);
}

#[test]
fn retry_after_is_a_number_of_seconds_or_the_date_of_that_moment() {
    let header = |text: &str| match treated(&planted(text, 1).0, "GET", "/Users", None).unwrap().act {
        Act::Answer(Response { status: 429, headers, .. }) => headers.last().unwrap().clone(),
        other => panic!("{other:?}"),
    };
    let retry_after = |value: &str| ("Retry-After".to_owned(), value.to_owned());
    assert_eq!(header("status=429,retry_after=90"), retry_after("90"));
    let date = retry_after("Mon, 05 Jan 2026 08:01:40 GMT");
    assert_eq!(header("status=429,retry_after_date=90s,latency=10s"), date);
}
