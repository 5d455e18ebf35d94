//! Scoping filters: the log says of every clause whether it holds.

use crate::world::World;
use serde_json::{Value, json};

const FILTERS: &str = r#"
[[users.scoping_filters]]
title = "Sales with a mailbox"
clauses = [
    { attribute = "department", operator = "equals", value = "Sales" },
    { attribute = "mail", operator = "IS NOT NULL" },
]

[[users.scoping_filters]]
clauses = [{ attribute = "jobTitle", operator = "NOT REGEX MATCH", value = "(Intern|Trainee).*" }]
"#;

/// Ada and Grace pass one filter each, Linus none.
fn world() -> World {
    let mut world = World::new();
    let mapping = include_str!("../../mappings/scim.toml");
    let (users, groups) = mapping.split_once("[groups]").unwrap();
    world.write("wiki.toml", &format!("{users}{FILTERS}\n[groups]{groups}"));
    world.job_with("wiki", "wiki.toml", "", "");
    for (name, department, title) in
        [("ada", "Sales", None), ("grace", "Research", Some("Engineer")), ("linus", "Research", Some("Intern"))]
    {
        world
            .user(name, |user| {
                user.set("department", department);
                if let Some(title) = title {
                    user.set("jobTitle", title);
                }
            })
            .assign(name, "wiki");
    }
    world.sync();
    world
}

fn scoping_step(world: &World, name: &str) -> Value {
    let record = world.run(["logs", "--user", &format!("{name}@contoso.example"), "--json"]).json_lines().remove(0);
    let steps = record["provisioningSteps"].as_array().unwrap();
    steps.iter().find(|step| step["provisioningStepType"] == "scoping").unwrap().clone()
}

#[test]
fn the_log_lists_every_clause_of_every_filter_with_its_result() {
    let world = world();
    for (name, status, passed, result) in [
        (
            "ada",
            "success",
            "True",
            r#"{"Sales with a mailbox.department EQUALS 'Sales'":true,"Sales with a mailbox.mail IS NOT NULL":true,".jobTitle NOT REGEX MATCH '(Intern|Trainee).*'":false}"#,
        ),
        (
            "grace",
            "success",
            "True",
            r#"{"Sales with a mailbox.department EQUALS 'Sales'":false,"Sales with a mailbox.mail IS NOT NULL":true,".jobTitle NOT REGEX MATCH '(Intern|Trainee).*'":true}"#,
        ),
        (
            "linus",
            "skipped",
            "False",
            r#"{"Sales with a mailbox.department EQUALS 'Sales'":false,"Sales with a mailbox.mail IS NOT NULL":true,".jobTitle NOT REGEX MATCH '(Intern|Trainee).*'":false}"#,
        ),
    ] {
        assert_eq!(
            scoping_step(&world, name),
            json!({
                "name": "EntrySynchronizationScoping",
                "provisioningStepType": "scoping",
                "status": status,
                "description": "Determine if User in scope by evaluating against each scoping filter",
                "details": {
                    "Active in the source system": "True",
                    "Assigned to the application": "True",
                    "User has the required role": "True",
                    "Scoping filter evaluation passed": passed,
                    "ScopeEvaluationResult": result,
                },
            }),
            "{name}"
        );
    }
}

#[test]
fn a_record_shows_a_line_for_each_clause() {
    let world = world();
    let id = world.id_of_record("source_name LIKE 'linus@%'");
    world.run(["logs", "show", &id]).exits_with(0).complains([]).prints([
        "other skipped: User linus@contoso.example",
        "  record     {uuid}",
        "  job        wiki, cycle {uuid}",
        "  time       {time}, {duration}",
        "  source     {uuid} (linus of Contoso)",
        "  target     -",
        "  reason     EntrySynchronizationSkipped",
        "             User 'linus@contoso.example' does not pass the scoping filters",
        "steps",
        "  1. EntrySynchronizationScoping (skipped)",
        "     Determine if User in scope by evaluating against each scoping filter",
        "       Active in the source system = True",
        "       Assigned to the application = True",
        "       User has the required role = True",
        "       Scoping filter evaluation passed = False",
        "       ScopeEvaluationResult",
        "         Sales with a mailbox.department EQUALS 'Sales' = False",
        "         Sales with a mailbox.mail IS NOT NULL = True",
        "         jobTitle NOT REGEX MATCH '(Intern|Trainee).*' = False",
        "  2. EntrySynchronizationSkip (skipped)",
        "     User 'linus@contoso.example' does not pass the scoping filters",
        "       SkipReason = EntrySynchronizationSkipped",
        "       ReportableIdentifier = linus@contoso.example",
    ]);
}
