//! Who reports to whom: one head, below it the heads of departments, and so on down, each with a handful of reports.
//!
//! A department's people are taken in their order, and each is put below the first who has room: so everybody's manager
//! comes before them, nobody is above themselves, and the depth grows with the logarithm of the company.

use super::{
    company::Company,
    person::{Employment, Rank},
};
use crate::chance::Chance;

/// The fewest and the most people whom somebody leads at first.
const SPAN: (usize, usize) = (4, 11);

/// Gives everybody but guests a manager and a rank.
pub(super) fn arrange(company: &mut Company) {
    let mut departments = vec![Vec::new(); company.departments.len()];
    for (number, person) in (0..).zip(&company.people).skip(1) {
        if person.is_staff() {
            departments[usize::from(person.department)].push(number);
        }
    }
    for members in departments {
        arrange_department(company, members);
    }
}

fn arrange_department(company: &mut Company, mut members: Vec<u32>) {
    // Whoever leads is employed.
    members.sort_by_key(|number| company.of(*number).employment != Employment::Employee);
    let mut managers = vec![None; members.len()];
    let (mut leader, mut room) = (0, span(company, &members, 0));
    for manager in managers.iter_mut().skip(1) {
        if room == 0 {
            leader += 1;
            room = span(company, &members, leader);
        }
        *manager = Some(leader);
        room -= 1;
    }
    let mut heights = vec![0_u8; members.len()];
    for (index, manager) in managers.iter().enumerate().rev() {
        if let Some(manager) = *manager {
            heights[manager] = heights[manager].max(heights[index].saturating_add(1));
        }
    }
    for (index, number) in members.iter().enumerate() {
        let manager = managers[index].map_or(0, |manager| members[manager]);
        let person = company.of_mut(*number);
        person.manager = Some(manager);
        person.rank = match heights[index] {
            _ if index == 0 => Rank::Head,
            0 => Rank::Staff,
            1 => Rank::Manager,
            2 => Rank::Director,
            _ => Rank::VicePresident,
        };
        if person.rank < Rank::Staff {
            person.employment = Employment::Employee;
        }
    }
}

/// How many people the one at this place of a department leads at first.
fn span(company: &Company, members: &[u32], place: usize) -> usize {
    let Some(number) = members.get(place) else { return 0 };
    SPAN.0 + Chance::of(company.order.seed, "span", (*number).into()).below(SPAN.1 - SPAN.0 + 1)
}
