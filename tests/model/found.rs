//! Histories in which engine and rules once disagreed, whoever was wrong.

use super::{
    company::Object::{self, Group, User},
    history::{
        Configuration, Failing, Fault, Forget, History,
        Step::{self, *},
    },
    run::live,
};

const PLAIN: Configuration = Configuration { everybody: false, threshold: None, spares: false, narrows_at_once: false };
const EVERYBODY: Configuration = Configuration { everybody: true, ..PLAIN };

#[track_caller]
fn agree(steps: &[Step]) {
    agree_with(PLAIN, steps);
}

#[track_caller]
fn agree_with(configuration: Configuration, steps: &[Step]) {
    for compliant in [false, true] {
        let history = History { compliant, configuration, populated: true, steps: steps.to_vec() };
        live(&history).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// A cycle in which no write to one of these is carried out, for all that is known.
fn fails(how: Failing, victims: &[Object]) -> Step {
    Cycle(Some(Fault { how, victims: victims.to_vec() }))
}

#[test]
fn a_soft_deleted_member_whom_the_files_take_out_of_the_group_stays_a_member() {
    agree(&[Cycle(None), Vanish(3), Join(0, 3), Come(0)]);
}

#[test]
fn a_new_member_of_an_assigned_group_that_entitles_nobody_is_looked_at_all_the_same() {
    agree(&[Assign(5), Manager(2, Some(5)), Secure(0), Cycle(None), Come(5), Join(0, 2)]);
}

#[test]
fn a_member_whose_link_was_removed_takes_late_members_of_the_group_along() {
    agree(&[Enable(2), Join(0, 2), Cycle(None), Enable(2), Unlink(User(3))]);
}

#[test]
fn a_group_that_is_no_longer_assigned_is_deleted_on_demand() {
    agree(&[Cycle(None), AssignGroup(0), DemandGroup(0, vec![])]);
}

#[test]
fn a_group_made_anew_has_the_old_one_from_the_match_on_whatever_comes_of_the_update() {
    agree(&[Cycle(None), Enable(3), Remake(1, 0), fails(Failing::Refuses, &[User(3), Group(0)])]);
}

#[test]
fn whoever_is_hired_again_has_the_account_from_the_match_on_and_leaves_the_groups_of_before() {
    agree(&[Cycle(None), Rehire(4, 3), fails(Failing::Refuses, &[User(3)])]);
}

#[test]
fn where_everybody_is_entitled_an_assignment_brings_no_retry_forward() {
    let refused = || fails(Failing::Refuses, &[User(0), User(3), Group(0)]);
    agree_with(EVERYBODY, &[refused(), refused(), AssignGroup(0)]);
}

#[test]
fn whoever_was_hired_again_without_an_answer_and_is_disabled_leaves_nothing_to_try_again() {
    let refused = || fails(Failing::Refuses, &[User(1), User(5)]);
    let lost = fails(Failing::LosesAnswer, &[User(1), User(5)]);
    agree(&[Cycle(None), Rehire(5, 1), lost, refused(), Enable(5), refused()]);
}

#[test]
fn a_group_that_could_not_be_deleted_is_sent_no_members_when_one_of_them_is_unlinked() {
    let refused = || fails(Failing::Refuses, &[Group(0)]);
    agree(&[
        Cycle(None),
        AssignGroup(0),
        refused(),
        refused(),
        Join(0, 3),
        Unlink(User(0)),
        Cycle(None),
        AssignGroup(0),
    ]);
}

#[test]
fn who_left_and_whom_no_cycle_has_disabled_yet_is_nobodys_manager_or_member_on_demand() {
    for leave in [Vanish(2), Assign(2), Enable(2)] {
        agree(&[Cycle(None), leave, Manager(1, Some(2)), Join(0, 2), Demand(1), DemandGroup(0, vec![2])]);
    }
}

#[test]
fn a_job_that_rested_longer_than_the_recycle_bin_keeps_anybody_begins_anew() {
    agree(&[Cycle(None), Join(0, 3), Change { person: 1, field: 1, value: 1 }, Hours(31 * 24), Cycle(None)]);
}

#[test]
fn whoever_was_created_without_an_answer_is_linked_once_found_though_the_update_is_refused() {
    let everybody = [User(0), User(1), User(2), User(3), Group(0)];
    agree(&[fails(Failing::LosesAnswer, &everybody), Swap(0, 1)]);
}

#[test]
fn a_try_that_a_change_brought_forward_leaves_the_plan_as_it_is() {
    let refused = || fails(Failing::Refuses, &[User(0)]);
    agree(&[refused(), refused(), Change { person: 0, field: 0, value: 0 }, refused(), Hours(7)]);
}

#[test]
fn who_is_in_the_recycle_bin_at_the_first_import_comes_after_those_who_are_there() {
    agree(&[Bin(1), Cycle(None), Come(1), Swap(2, 1)]);
}

#[test]
fn whoever_has_an_account_and_is_hired_again_under_the_name_of_one_who_left_has_that_account_on_demand() {
    agree(&[Cycle(None), Vanish(0), Rehire(0, 1), Demand(0)]);
}

#[test]
fn a_retry_of_the_user_brings_no_retry_of_the_manager_forward() {
    let everybody = [User(0), User(1), User(2), User(3), Group(0)];
    let change = Change { person: 1, field: 0, value: 3 };
    agree(&[fails(Failing::LosesAnswer, &[User(0)]), change, fails(Failing::Refuses, &everybody)]);
}

#[test]
fn whoever_is_gone_for_good_has_no_name_by_which_the_link_could_be_removed() {
    agree(&[Cycle(None), Vanish(3), Cycle(None), Purge(3), Unlink(User(3))]);
}

#[test]
fn who_could_not_be_created_and_has_left_the_scope_is_waited_for_no_more_after_an_initial_cycle() {
    let everybody = [User(0), User(1), User(2), User(3), Group(0)];
    let configuration = Configuration { narrows_at_once: true, ..EVERYBODY };
    agree_with(configuration, &[AssignGroup(0), fails(Failing::Refuses, &everybody), Scope]);
}

#[test]
fn a_run_on_demand_for_a_group_that_is_in_step_takes_no_late_member_along() {
    agree(&[Bin(0), Enable(3), Cycle(None), DemandGroup(0, vec![]), Enable(3), Cycle(None)]);
}

#[test]
fn whoever_could_not_be_disabled_and_is_linked_no_more_is_forgotten_with_the_next_initial_cycle() {
    let everybody = [User(0), User(1), User(2), User(3), Group(0)];
    agree(&[Cycle(None), Vanish(0), fails(Failing::Refuses, &everybody), Restart(Forget::Links)]);
}

#[test]
fn whose_link_was_removed_and_is_found_again_brings_no_reference_forward_that_failed_by_itself() {
    let everybody = [User(0), User(1), User(2), User(3), Group(0)];
    let refused = || fails(Failing::Refuses, &everybody);
    agree(&[fails(Failing::LosesAnswer, &everybody), refused(), refused(), Unlink(User(0))]);
}

#[test]
fn whoever_was_to_be_created_under_a_name_that_another_has_now_does_not_take_the_account_made_just_before() {
    let everybody = || [User(0), User(1), User(2), User(3), Group(0)];
    agree(&[fails(Failing::Breaks, &everybody()), Swap(0, 1), fails(Failing::LosesAnswer, &everybody())]);
}

#[test]
fn whoever_could_not_be_created_and_is_created_on_demand_becomes_a_member_and_a_manager_with_the_next_cycle() {
    let everybody = [User(0), User(1), User(2), User(3), Group(0)];
    agree(&[fails(Failing::Refuses, &[User(0)]), fails(Failing::Refuses, &everybody), Demand(0)]);
}

#[test]
fn whoever_is_created_on_demand_becomes_a_member_and_a_manager_though_what_failed_is_forgotten_meanwhile() {
    agree(&[fails(Failing::Refuses, &[User(0)]), Come(0), Demand(0), Restart(Forget::Escrows)]);
}

#[test]
fn a_group_that_was_found_without_an_answer_and_could_not_be_deleted_stays_once_its_link_is_removed() {
    let everybody = [User(0), User(1), User(2), User(3), Group(0)];
    let lost = fails(Failing::LosesAnswer, &everybody);
    agree(&[lost, AssignGroup(0), fails(Failing::Refuses, &everybody), Unlink(Group(0))]);
}

#[test]
fn whoever_is_created_on_demand_becomes_a_manager_though_the_next_cycle_is_an_initial_one() {
    let everybody = [User(0), User(1), User(2), User(3), Group(0)];
    agree(&[fails(Failing::Refuses, &[User(0)]), fails(Failing::Refuses, &everybody), Demand(0), Scope]);
}

#[test]
fn a_group_whose_delete_had_no_clear_answer_stays_once_its_link_is_removed() {
    let broken = || fails(Failing::Breaks, &[Group(0)]);
    agree(&[Cycle(None), AssignGroup(0), broken(), Unlink(Group(0))]);
    agree(&[Cycle(None), AssignGroup(0), broken(), Unlink(Group(0)), AssignGroup(0), Cycle(None)]);
}

#[test]
fn whoever_is_deleted_and_unassigned_at_once_is_deleted_with_the_purge_though_an_initial_cycle_lies_between() {
    agree(&[Cycle(None), Bin(1), Assign(1), Cycle(None), Restart(Forget::Usual), Cycle(None), Purge(1), Cycle(None)]);
    agree(&[Cycle(None), Enable(1), Assign(1), Cycle(None), Bin(1), Cycle(None), Purge(1), Cycle(None)]);
}

#[test]
fn whoever_is_disabled_and_loses_the_assignment_later_is_let_go() {
    let again = |step: Step| [Cycle(None), Enable(1), Cycle(None), Assign(1), Cycle(None), step, Cycle(None)];
    agree(&again(Vanish(1)));
    agree(&[Cycle(None), Enable(1), Assign(1), Cycle(None), Assign(1), Cycle(None), Assign(1), Cycle(None), Bin(1)]);
    agree(&[&again(Bin(1))[..], &[Purge(1)]].concat());
}

#[test]
fn a_manager_who_was_refused_is_tried_again_in_an_initial_cycle_though_the_user_is_refused_there() {
    let everybody = [User(0), User(1), User(2), User(3), Group(0)];
    let (lost, refused) = (fails(Failing::LosesAnswer, &everybody), fails(Failing::Refuses, &everybody));
    agree(&[lost, refused, Swap(1, 2), Scope]);
}

#[test]
fn a_user_who_waits_for_a_manager_and_gets_none_waits_no_more() {
    let everybody = [User(0), User(1), User(2), User(3), Group(0)];
    agree(&[fails(Failing::Refuses, &[User(0)]), fails(Failing::Refuses, &everybody), Manager(1, None)]);
}

#[test]
fn whoever_takes_over_the_account_of_one_who_was_disabled_is_a_member_from_the_match_on() {
    let lost = fails(Failing::LosesAnswer, &[User(5), Group(0)]);
    agree_with(EVERYBODY, &[Cycle(None), Enable(2), Join(0, 5), Cycle(None), Rehire(5, 2), lost]);
}

#[test]
fn the_members_of_a_group_that_is_assigned_no_more_are_looked_at_though_it_entitled_nobody_before() {
    let refused = || fails(Failing::Refuses, &[User(3), Group(0)]);
    agree(&[Cycle(None), Secure(0), refused(), refused(), AssignGroup(0)]);
}

#[test]
fn of_a_leaver_whom_the_deletion_guard_holds_back_nothing_else_is_tried_again() {
    let guarded = Configuration { threshold: Some(1), ..PLAIN };
    agree_with(guarded, &[Cycle(None), RenameGroup(0, 1), fails(Failing::Refuses, &[Group(0)]), Remake(1, 0)]);
}
