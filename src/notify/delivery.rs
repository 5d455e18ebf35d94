//! How far a mail has come that goes to several people: who has it, and who was refused for good. It stays with the mail
//! until everybody is one of the two, so that nobody has it twice because another could not be reached, and nobody goes without
//! because the server hangs up when another is named.

use lettre::address::Envelope;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How far one mail has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The addresses that have it.
    reached: BTreeSet<String>,
    /// The addresses that were refused for good, and what the server said: it is shown, and holds no secret.
    refused: BTreeMap<String, String>,
    /// The addresses at which a try ended without an answer: the others go first, until each has been tried.
    put_off: BTreeSet<String>,
}

impl Delivery {
    /// Notes that a copy was taken.
    pub fn reached(&mut self, copy: &Envelope) {
        self.reached.extend(addresses(copy));
    }

    /// Notes that a copy will never be taken, and why.
    pub fn refused(&mut self, copy: &Envelope, reason: &str) {
        self.refused.extend(addresses(copy).map(|to| (to, reason.to_owned())));
    }

    /// Notes that the try ended at one of these copies, without an answer.
    pub fn put_off(&mut self, copy: &Envelope, copies: &[Envelope]) {
        if copies.iter().all(|copy| self.settles(copy) || self.puts_off(copy)) {
            self.put_off.clear();
        }
        self.put_off.extend(addresses(copy));
    }

    /// Whether others go before a copy.
    pub fn puts_off(&self, copy: &Envelope) -> bool {
        addresses(copy).all(|to| self.put_off.contains(&to))
    }

    /// Whether there is nothing to be done any more about a copy.
    pub fn settles(&self, copy: &Envelope) -> bool {
        addresses(copy).all(|to| self.reached.contains(&to) || self.refused.contains_key(&to))
    }

    /// Whether anybody has the mail.
    pub fn reached_anybody(&self) -> bool {
        !self.reached.is_empty()
    }

    /// Whether there is nothing to be known about the mail yet.
    pub fn is_empty(&self) -> bool {
        self.reached.is_empty() && self.refused.is_empty() && self.put_off.is_empty()
    }

    /// Who was refused, and why; none: nobody was.
    pub fn refusals(&self) -> Option<String> {
        let told: Vec<_> = self.refused.iter().map(|(to, reason)| format!("{to}: {reason}")).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// What a mail that waits shows after the reason: whom it reached, and who was refused.
    pub fn so_far(&self) -> String {
        let mut told = String::new();
        if !self.reached.is_empty() {
            let reached: Vec<_> = self.reached.iter().map(String::as_str).collect();
            told = format!("; it reached {}", reached.join(", "));
        }
        if let Some(refusals) = self.refusals() {
            told = format!("{told}; refused {refusals}");
        }
        told
    }
}

fn addresses(copy: &Envelope) -> impl Iterator<Item = String> {
    copy.to().iter().map(ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tries to deliver to these at each of whom the server hangs up, unless it takes their mail; tells at whom each try begins.
    fn tried_first(names: &[&str], taken: &[&str], tries: usize) -> Vec<String> {
        let copy = |name: &&str| Envelope::new(None, vec![format!("{name}@x.example").parse().unwrap()]).unwrap();
        let copies: Vec<_> = names.iter().map(copy).collect();
        let taken: Vec<_> = taken.iter().map(copy).collect();
        let mut delivery = Delivery::default();
        let mut first = Vec::new();
        for _ in 0..tries {
            let mut left: Vec<_> = copies.iter().filter(|copy| !delivery.settles(copy)).collect();
            left.sort_by_key(|copy| delivery.puts_off(copy));
            first.extend(left.first().map(|copy| copy.to()[0].user().to_owned()));
            for copy in left {
                if !taken.contains(copy) {
                    delivery.put_off(copy, &copies);
                    break;
                }
                delivery.reached(copy);
            }
        }
        first
    }

    #[test]
    fn each_recipient_has_a_turn_however_many_the_server_hangs_up_at() {
        assert_eq!(tried_first(&["a", "b", "c"], &["c"], 6), ["a", "b", "c", "b", "a", "b"]);
        assert_eq!(tried_first(&["a", "b"], &[], 4), ["a", "b", "a", "b"]);
        assert_eq!(tried_first(&["a"], &[], 2), ["a", "a"]);
    }

    #[test]
    fn what_it_says_names_each_recipient_once() {
        let copy = |to: &str| Envelope::new(None, vec![to.parse().unwrap()]).unwrap();
        let mut delivery = Delivery::default();
        assert_eq!((delivery.so_far().as_str(), delivery.is_empty()), ("", true));
        delivery.reached(&copy("b@x.example"));
        delivery.reached(&copy("a@x.example"));
        delivery.refused(&copy("c@x.example"), "nobody");
        assert_eq!(delivery.so_far(), "; it reached a@x.example, b@x.example; refused c@x.example: nobody");
        let written = serde_json::to_string(&delivery).unwrap();
        assert_eq!(serde_json::from_str::<Delivery>(&written).unwrap(), delivery);
    }
}
