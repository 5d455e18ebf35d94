//! Odd answers: whatever a target answers to whatever request, it ends in a clear log entry, and all is right again once the
//! target is.
//!
//! It is a table, [odd answers](odd_answer) times [kinds of request](request_kind). Each cell is a cycle of its own: the real
//! engine on a state file, over real sockets, against a [server](faulty_server) that answers one request oddly. The cell says
//! what the log must say of it. Then the server behaves, cycles follow one another until there is nothing left to do, and the
//! application must hold what it holds where nothing ever went wrong.
//!
//! An odd answer to a write comes in two ways: the application never saw the request, or it has carried it out.
//!
//! Time is the test's own: a time-out comes when the server has decided not to answer.

mod cell;
mod clock;
mod company;
mod faulty_server;
mod odd_answer;
mod request_kind;
mod wire_form;

use cell::Cell;
use company::Company;
use futures_util::{StreamExt as _, stream};
use odd_answer::Expected;
use request_kind::RequestKind;
use std::sync::Arc;

/// How many cells are walked at once.
const AT_ONCE: usize = 6;

/// Walks every `step`th cell of each odd answer, at different kinds of request from one to the next, and tells of all that
/// are not as they should be.
async fn walk(carried_out: bool, step: usize) {
    let company = Arc::new(Company::prepare().await);
    let mut cells = Vec::new();
    for (row, odd) in odd_answer::all().into_iter().enumerate() {
        for (column, kind) in RequestKind::ALL.into_iter().enumerate() {
            if (row + column) % step != 0 {
                continue;
            }
            if let Some(expected) = odd.expected(kind, carried_out) {
                cells.push(Cell { odd: odd.clone(), kind, carried_out, expected });
            }
        }
    }
    let count = cells.len();
    assert!(count > 400 / step, "the table has {count} cells only");
    let walked = stream::iter(cells).map(|cell| {
        let company = company.clone();
        async move {
            let name = cell.name();
            let walked = tokio::spawn(async move { cell.walk(&company).await });
            match walked.await {
                Ok(Ok(())) => None,
                Ok(Err(complaint)) => Some(format!("{name}: {complaint}")),
                Err(panic) => Some(format!("{name}: {panic}")),
            }
        }
    });
    let complaints: Vec<String> = walked.buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await;
    assert!(complaints.is_empty(), "{} of {count} cells:\n{}", complaints.len(), complaints.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_odd_answer_in_place_of_some_requests() {
    walk(false, 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute; `cargo test --test odd_answers -- --ignored`"]
async fn every_odd_answer_in_place_of_every_request() {
    walk(false, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute; `cargo test --test odd_answers -- --ignored`"]
async fn every_odd_answer_after_every_request_that_was_carried_out() {
    walk(true, 1).await;
}

#[test]
fn every_kind_of_request_meets_answers_of_either_sort() {
    for kind in RequestKind::ALL {
        let expected =
            |carried_out| odd_answer::all().into_iter().filter_map(move |odd| odd.expected(kind, carried_out));
        let fails = |expected: &Expected| matches!(expected, Expected::Fails(_));
        assert!(expected(false).filter(fails).count() > 25, "{}", kind.name());
        let (_, fine): (Vec<_>, Vec<_>) = expected(false).chain(expected(true)).partition(fails);
        assert!(fine.len() > 5, "{}", kind.name());
    }
}
