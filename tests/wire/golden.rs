//! The form in which expected requests are written down, and how they are compared with what stood on the wire.
//!
//! ```text
//! PATCH /scim/Users/t-ann
//!   {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
//!     {"op":"Replace","path":"title","value":"Manager"}]}
//! DELETE /scim/Users/t-bob
//! ```
//!
//! A request begins with its method and what the request line has after it, byte for byte. Lines that stand further in are
//! its body: without their indentation, and joined with nothing in between, they are its bytes. The head is left out where it
//! is exactly the one that [`head`] gives, and stands below the request line otherwise, header by header. The address of the
//! target is `HOST`, and the random value of a probe `{random}`.

use uuid::Uuid;

/// A request as it stood on the wire.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// From the request line to the empty line.
    pub(crate) head: String,
    /// What follows.
    pub(crate) body: String,
}

/// The methods that a request may begin with.
const METHODS: [&str; 6] = ["GET ", "POST ", "PATCH ", "DELETE ", "PUT ", "HEAD "];

/// The head of a request by the rules of `spec/WIRE.md` §1: header names in title case, the media type of SCIM where there is
/// a body, the token, no `User-Agent`, no `Accept-Encoding`, and at most `Accept: */*`.
pub(crate) fn head(method: &str, target: &str, length: usize) -> String {
    let (content_type, content_length) = match method {
        "POST" | "PATCH" => (
            "Content-Type: application/scim+json; charset=utf-8\r\n".to_owned(),
            format!("Content-Length: {length}\r\n"),
        ),
        _ => (String::new(), String::new()),
    };
    format!(
        "{method} {target} HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer sesame\r\n{content_type}Accept: */*\r\n\
         {content_length}\r\n"
    )
}

impl Recorded {
    /// The method, and what the request line has after it.
    pub(crate) fn line(&self) -> (&str, &str) {
        let line = self.head.lines().next().unwrap_or_default();
        let (method, rest) = line.split_once(' ').unwrap_or((line, ""));
        (method, rest.rsplit_once(' ').map_or(rest, |(target, _)| target))
    }

    /// The request as expectations have it, with its head where that is not as it should be.
    pub(crate) fn written(&self) -> String {
        let (method, target) = self.line();
        if self.head == head(method, target, self.body.len()) {
            entry(&format!("{method} {}", without_random(target)), &self.body)
        } else {
            self.written_whole()
        }
    }

    /// The request with its whole head.
    pub(crate) fn written_whole(&self) -> String {
        let lines: Vec<_> = self.head.split("\r\n").filter(|line| !line.is_empty()).collect();
        entry(&without_random(&lines.join("\n")), &self.body)
    }
}

/// The requests of an expectation.
pub(crate) fn read(golden: &str) -> Vec<String> {
    let lines: Vec<&str> = golden.lines().filter(|line| !line.trim().is_empty()).collect();
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let margin = lines.iter().map(|line| indentation(line)).min().unwrap_or_default();
    let mut requests: Vec<(String, String)> = Vec::new();
    for line in lines {
        match requests.last_mut() {
            _ if indentation(line) == margin && METHODS.iter().any(|method| line.trim_start().starts_with(method)) => {
                requests.push((line.trim().to_owned(), String::new()));
            }
            Some((head, _)) if indentation(line) == margin => *head = format!("{head}\n{}", line.trim()),
            Some((_, body)) => body.push_str(line.trim_start()),
            None => panic!("an expectation begins with a request, not with `{line}`"),
        }
    }
    requests.into_iter().map(|(head, body)| entry(&head, &body)).collect()
}

/// Compares requests with an expectation.
#[track_caller]
pub(crate) fn compare(found: &[String], golden: &str, story: &str) {
    let expected = read(golden);
    assert!(found == expected, "{story}\n\nexpected\n{}\n\nfound\n{}\n", expected.join("\n"), found.join("\n"));
}

fn entry(head: &str, body: &str) -> String {
    if body.is_empty() { head.to_owned() } else { format!("{head}\n  {body}") }
}

/// A probe asks for a value that nobody has.
fn without_random(text: &str) -> String {
    const EQUALS: &str = "+eq+%22";
    let value = text.rsplit_once(EQUALS).and_then(|(_, rest)| rest.get(..36));
    match value.filter(|value| value.parse::<Uuid>().is_ok_and(|uuid| uuid.to_string() == *value)) {
        Some(value) => text.replacen(value, "{random}", 1),
        None => text.to_owned(),
    }
}

#[test]
fn an_expectation_reads_as_the_bytes_of_its_requests() {
    let golden = r#"
        PATCH /scim/Users/7
          {"a":[
            1]}
        GET /scim/Users HTTP/1.1
        Host: HOST
    "#;
    assert_eq!(read(golden), ["PATCH /scim/Users/7\n  {\"a\":[1]}", "GET /scim/Users HTTP/1.1\nHost: HOST"]);
}

#[test]
fn a_head_is_shown_unless_it_is_exactly_as_it_should_be() {
    let recorded = |head: String| Recorded { head, body: String::new() };
    let due = head("GET", "/scim/Users?filter=id+eq+%22123e4567-e89b-12d3-a456-426614174000%22", 0);
    assert_eq!(recorded(due.clone()).written(), "GET /scim/Users?filter=id+eq+%22{random}%22");
    for other in [due.replace("Host", "host"), due.replace("*/*", "application/json"), due.replace("1.1", "1.0")] {
        assert_ne!(recorded(other).written(), recorded(due.clone()).written());
    }
}
