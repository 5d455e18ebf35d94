//! Mistakes in a mapping file: all of them are told in one run, each with its line and with what to do.

use crate::world::World;
use serde_json::json;

/// A world whose only job has this mapping file; the first line of the text is line 1.
fn world(mapping: &str) -> World {
    let mut world = World::new();
    world.job_with("wiki", "wiki.toml", "", "");
    world.user("ada", |_| {}).assign("ada", "wiki");
    world.write("wiki.toml", mapping);
    world
}

/// A mapping file without mistakes, with these attributes and mappings, and with what follows them.
fn mapping(attributes: &str, mappings: &str, more: &str) -> String {
    format!(
        "application = \"wiki\"\n\n[users.attributes]\nuserName = {{ filterable = true }}\n{attributes}\n[users.mappings]\n\
         userName = {{ direct = \"userPrincipalName\", matching = 1 }}\n{mappings}\n{more}\n"
    )
}

#[test]
fn nineteen_different_mistakes_are_told_at_once() {
    let world = world(
        r#"application = "wiki"
colour = "blue"

[users.attributes]
userName    = { filterable = true }
active      = { type = "Boolean" }
displayName = {}
title       = {}
nickName    = {}
division    = {}
level       = { type = "Integer" }
department  = {}
locale      = { typ = "String" }
roles       = { multivalued = true }
manager     = { type = "Reference" }
"emails[type ne work].value" = {}

[users.mappings]
userName    = { direct = "userPrincipalName", matching = 1 }
active      = { expression = "Not([IsSoftDeleted])", default = "yes" }
displayName = { expression = 'Jion(" ", [givenName], [surname])' }
title       = { direct = "jobTitel" }
titel       = { direct = "jobTitle" }
nickName    = { expression = "Append([mailNickname])" }
NICKNAME    = { direct = "mailNickname" }
division    = { direct = "companyName", matching = 2 }
level       = { direct = "employeeId", default = "none" }
roles       = { direct = "appRoleAssignments" }
manager     = { expression = 'ToLower([manager])' }

[[users.scoping_filters]]
title = "Staff"
clauses = [
    { attribute = "employeType", operator = "EQUALS", value = "Employee" },
    { attribute = "jobTitle", operator = "IS NULL", value = "x" },
    { attribute = "jobTitle", operator = "EQUAL", value = "x" },
    { attribute = "userPrincipalName", operator = "REGEX MATCH", value = '(.*@contoso' },
    { attribute = "proxyAddresses", operator = "INCLUDES", value = "x" },
]

[[users.scoping_filters]]
title = "Nobody"
clauses = []
"#,
    );
    world.run(["check"]).exits_with(2).complains([]).prints([
        "error: wiki.toml:2: `colour` is not a setting of a mapping file",
        "  help: known are: application, default_access, groups, soft_delete, strict_conditions, title, users",
        "error: wiki.toml:13: `typ` is not a setting of an attribute",
        "  help: did you mean `type`?",
        "error: wiki.toml:16: `emails[type ne work].value` is no SCIM path: `[type ne work]` must have the form [name eq \
         \"value\"]",
        "  help: only `eq` and `and` are understood: 'emails[type eq \"work\"].value'",
        "error: wiki.toml:20: the default for `active` does not fit: `yes` is neither true nor false",
        "  help: change the default, or the type",
        "error: wiki.toml:21: the expression cannot be read: there is no function `Jion`",
        "  help: did you mean `Join`?",
        "           |",
        "        21 | Jion(\" \", [givenName], [surname])",
        "           | ^^^^",
        "error: wiki.toml:22: the mapping of `title` names the source attribute `jobTitel`, which does not exist",
        "  help: did you mean `jobTitle`?",
        "error: wiki.toml:23: the target has no attribute `titel`",
        "  help: did you mean `title`?",
        "error: wiki.toml:24: the expression cannot be read: `Append` needs its parameter `suffix`",
        "  help: write `Append(source, suffix)`",
        "           |",
        "        24 | Append([mailNickname])",
        "           | ^^^^^^",
        "error: wiki.toml:25: `NICKNAME` is mapped twice",
        "  help: a target attribute has one mapping at most; keep one of them",
        "error: wiki.toml:26: `division` cannot be a matching attribute: the target cannot be asked for it",
        "  help: match on an attribute that is `filterable`",
        "error: wiki.toml:27: the default for `level` does not fit: `none` is not a whole number",
        "  help: change the default, or the type",
        "error: wiki.toml:28: `appRoleAssignments` cannot be mapped directly",
        "  help: use SingleAppRoleAssignment, AppRoleAssignmentsComplex or AssertiveAppRoleAssignmentsComplex",
        "error: wiki.toml:29: `manager` is a reference: its source must be direct",
        "  help: write `direct = \"manager\"` or `direct = \"members\"`",
        "error: wiki.toml:34: the scoping filter `Staff` names the source attribute `employeType`, which does not exist",
        "  help: did you mean `employeeType`?",
        "error: wiki.toml:35: the clause on `jobTitle`: IS NULL takes no value",
        "  help: take the value out, or use an operator such as EQUALS",
        "error: wiki.toml:36: the clause on `jobTitle`: there is no operator `EQUAL`",
        "  help: did you mean `EQUALS`?",
        "error: wiki.toml:37: the clause on `userPrincipalName`: the regular expression `(.*@contoso` is invalid: `(` is \
         never closed at character 1",
        "  help: write a regular expression of .NET, which Entra uses; in TOML, in single quotes",
        "error: wiki.toml:38: the clause on `proxyAddresses`: the service cannot filter on attributes with several values",
        "  help: filter on another attribute, or decide by whom you assign",
        "error: wiki.toml:43: the scoping filter `Nobody` has no clauses: everybody would pass",
        "  help: add a clause, or remove the filter",
        "19 errors",
    ]);
}

#[test]
fn a_mistake_in_an_expression_of_several_lines_is_told_with_its_own_line() {
    let mapping = mapping(
        "displayName = {}\ntitle = {}\nlocale = {}\n",
        "displayName = { expression = '''\n    Join(\" \",\n        [givenName],\n        Upper([surname]))\n''' }\n\
         title = { expression = \"\"\"\\\n    Append([jobTitle], \\\n        \\\" of \\\", \\\"Contoso\\\")\"\"\" }\n\
         locale = { expression = '''\n    Switch([preferredLanguage], [usageLocaton],\n        \"\", [contry])''' }",
        "",
    );
    world(&mapping).run(["check"]).exits_with(2).complains([]).prints([
        "error: wiki.toml:14: the expression cannot be read: there is no function `Upper`",
        "  help: did you mean `ToUpper`?",
        "           |",
        "        14 |         Upper([surname]))",
        "           |         ^^^^^",
        "error: wiki.toml:18: the expression cannot be read: `Append` takes at most 2 parameters, not 3",
        "  help: write `Append(source, suffix)`",
        "           |",
        "        18 | Append([jobTitle], \" of \", \"Contoso\")",
        "           |                            ^^^^^^^^^",
        "error: wiki.toml:20: the mapping of `locale` names the source attribute `usageLocaton`, which does not exist",
        "  help: did you mean `usageLocation`?",
        "error: wiki.toml:21: the mapping of `locale` names the source attribute `contry`, which does not exist",
        "  help: did you mean `country`?",
        "4 errors",
    ]);
}

#[test]
fn a_name_in_another_letter_case_or_of_another_record_is_offered() {
    let mut world = world(&mapping(
        "title = {}\nlevel = {}\nphone = {}\ncost = {}\n",
        "title = { direct = \"JobTitle\" }\nlevel = { direct = \"badgNumber\" }\nphone = { direct = \"mobilePhone\" }\n\
         cost = { direct = \"employeeOrgData.costCenter\" }",
        "",
    ));
    world.user("ada", |user| {
        user.set("badgeNumber", "7");
    });
    world.run(["check"]).exits_with(2).complains([]).prints([
        "error: wiki.toml:12: the mapping of `title` names the source attribute `JobTitle`, which does not exist",
        "  help: did you mean `jobTitle`?",
        "error: wiki.toml:13: the mapping of `level` names the source attribute `badgNumber`, which does not exist",
        "  help: did you mean `badgeNumber`?",
        "2 errors",
    ]);
}

#[test]
fn clauses_on_attributes_that_the_directory_keeps_otherwise_are_refused_in_their_line() {
    let mut world = world(&mapping(
        "",
        "",
        "[[users.scoping_filters]]\nclauses = [\n  { attribute = \"skills\", operator = \"INCLUDES\", value = \"Rust\" },\n  \
         { attribute = \"birthday\", operator = \"IS NOT NULL\" },\n  \
         { attribute = \"onPremisesSyncEnabled\", operator = \"EQUALS\", value = \"True\" },\n  \
         { attribute = \"onPremisesSyncEnabled\", operator = \"IS TRUE\" },\n  \
         { attribute = \"employeeOrgData\", operator = \"IS NOT NULL\" },\n  \
         { attribute = \"shoeSize\", operator = \"IS NOT NULL\" },\n]",
    ));
    let clauses = [
        "error: wiki.toml:11: the clause on `skills`: the service cannot filter on attributes with several values",
        "  help: filter on another attribute, or decide by whom you assign",
        "error: wiki.toml:12: the clause on `birthday`: the service cannot filter on dates",
        "  help: filter on another attribute, or decide by whom you assign",
        "error: wiki.toml:13: the clause on `onPremisesSyncEnabled`: EQUALS cannot be asked of Boolean attributes",
        "  help: use IS TRUE, IS FALSE, IS NULL, IS NOT NULL",
        "error: wiki.toml:15: the clause on `employeeOrgData`: the service cannot filter on attributes with members of their \
         own",
        "  help: filter on another attribute, or decide by whom you assign",
    ];
    let unknown = [
        "error: wiki.toml:16: a scoping filter names the source attribute `shoeSize`, which does not exist",
        "  help: correct it, or add it to `[directory] attributes` if records will have it: attributes = [\"shoeSize\"]",
    ];
    let told = |lines: &[&[&str]]| lines.concat().iter().flat_map(|line| [line, "\n"]).collect::<String>();
    let checked = world.run(["check"]).exits_with(2).complains([]);
    assert_eq!(checked.stdout, told(&[&clauses, &unknown, &["5 errors"]]));
    assert_eq!(world.run(["sync", "now"]).exits_with(2).prints([]).stderr, told(&[&clauses, &unknown]));
    world.user("ada", |user| {
        user.set("shoeSize", "38");
    });
    world.run(["sync", "now"]).exits_with(2).prints([]).complains(clauses);
}

#[test]
fn seventeen_more_mistakes_are_told_at_once() {
    let world = world(
        r#"application = "wiki"
soft_delete = "maybe"

[users]
actions = ["create", "updte"]

[users.attributes]
userName    = { filterable = true }
title       = { type = "Text" }
locale      = {}
nickName    = {}
photo       = {}
hired       = { multivalued = "yes" }
level       = { type = "Integer" }
login       = {}

[users.mappings]
userName    = { direct = "userPrincipalName", matching = -1 }
title       = { direct = "jobTitle", expression = "[jobTitle]" }
locale      = { expression = 'SelectUniqueValue("a", "b")' }
nickName    = { direct = "" }
photo       = { direct = "thumbnailPhoto" }
hired       = { direct = "employeeHireDate", apply = "sometimes" }
level       = { constant = "twelve" }
login       = { direct = "sAMAccountName" }
id          = { direct = "objectId" }

[[users.scoping_filters]]
clauses = [
    { attribute = "department", operator = "EQUALS" },
    { attribute = "department", operator = "GREATER_THAN", value = "ten" },
    { attribute = "department", operator = "IsMemberOf", value = "x" },
    { attribute = "department", value = "x" },
]
"#,
    );
    world.run(["check"]).exits_with(2).complains([]).prints([
        "error: wiki.toml:2: `soft_delete` must be one of `supported`, `unsupported`, not `maybe`",
        "  help: write it like `soft_delete = \"supported\"`",
        "error: wiki.toml:5: `updte` is no action; there are `create`, `update` and `delete`",
        "  help: did you mean `update`?",
        "error: wiki.toml:9: `type` must be one of `String`, `Boolean`, `Integer`, `Reference`, `Binary`, `DateTime`, not \
         `Text`",
        "  help: write it like `type = \"String\"`",
        "error: wiki.toml:13: `multivalued` must be true or false, not a text",
        "  help: write true or false, without quotation marks",
        "error: wiki.toml:18: `matching` must not be negative: -1",
        "  help: write 0 or more, or leave it out",
        "error: wiki.toml:19: the mapping must have exactly one source",
        "  help: give one of `direct`, `constant`, `expression`, or `none = true`",
        "error: wiki.toml:20: `SelectUniqueValue` is not supported for SCIM applications",
        "  help: Entra offers it for Workday, SuccessFactors and API-driven provisioning into Active Directory only",
        "error: wiki.toml:21: `direct` names no attribute",
        "  help: name a source attribute: `direct = \"mail\"`",
        "error: wiki.toml:22: `thumbnailPhoto` is not available as a source: photos cannot be provisioned",
        "  help: take the mapping out",
        "error: wiki.toml:23: `apply` must be one of `always`, `creation`, `ObjectAddOnly`, `AttributeAddOnly`, \
         `MultiValueAddOnly`, `ValueAddOnly`, not `sometimes`",
        "  help: write it like `apply = \"always\"`",
        "error: wiki.toml:24: the constant for `level` does not fit: `twelve` is not a whole number",
        "  help: change the constant, or the attribute's `type`",
        "error: wiki.toml:25: `sAMAccountName` is not available as a source",
        "  help: Entra does not read it for provisioning: map another attribute",
        "error: wiki.toml:26: `id` is the target's own: it cannot be mapped",
        "  help: take the mapping out; `externalId` may hold an id of yours",
        "error: wiki.toml:30: the clause on `department`: EQUALS needs a value to compare with",
        "  help: write `value = \"..\"`; IS NULL and IS NOT NULL need none",
        "error: wiki.toml:31: the clause on `department`: GREATER_THAN needs a whole number, not `ten`",
        "  help: write it in digits, 0 or more; of texts REGEX MATCH can be asked",
        "error: wiki.toml:32: the clause on `department`: there is no operator `IsMemberOf`",
        "  help: scoping filters know nothing of groups: assign the group to the application",
        "error: wiki.toml:33: `operator` of a clause is missing",
        "  help: write `operator = \"..\"`",
        "17 errors",
    ]);
}

#[test]
fn a_slip_in_the_toml_is_told_once_with_what_to_do() {
    let mapping = mapping(
        "title = {}\n",
        "title = { expression = \"Join(\" \", [givenName], [surname])\" }\nuserName = { direct = \"mail\" }",
        "",
    );
    world(&mapping).run(["check"]).exits_with(2).complains([]).prints([
        "error: wiki.toml:9: missing comma between key-value pairs, expected `,`",
        "  help: a text with double quotes in it stands in single ones: 'Join(\" \", [givenName], [surname])'",
        "error: wiki.toml:10: `userName` stands twice in one table",
        "  help: keep one of them",
        "2 errors",
    ]);
}

#[test]
fn mistakes_are_data_with_file_line_and_help() {
    let mapping = mapping("title = {}\n", "title = { expression = 'Jion(\" \", [givenName])' }", "");
    let found = world(&mapping).run(["check", "--json"]).exits_with(2).complains([]).json_lines();
    assert_eq!(
        found,
        [json!({
            "severity": "error",
            "origin": "wiki.toml",
            "line": 9,
            "message": "the expression cannot be read: there is no function `Jion`",
            "help": "did you mean `Join`?\n  |\n9 | Jion(\" \", [givenName])\n  | ^^^^",
        })]
    );
}

#[test]
fn two_jobs_with_one_mapping_file_do_not_tell_its_mistakes_twice() {
    let mut world = world(&mapping("", "title = { direct = \"jobTitle\" }", ""));
    world.job_with("wiki2", "wiki.toml", "", "");
    world.run(["check"]).exits_with(2).complains([]).prints([
        "error: wiki.toml:8: the target has no attribute `title`",
        "  help: add it to the attributes first",
        "1 error",
    ]);
}

#[test]
fn a_condition_on_an_empty_attribute_is_warned_of_told_in_the_log_or_refused() {
    let expression = "title = { expression = 'IIF([country]=\"\", \"abroad\", [country])' }";
    let text = mapping("title = {}\n", expression, "");
    let world = world(&text);
    world.run(["check"]).exits_with(0).complains([]).prints([
        "warning: wiki.toml:9: iif-null-condition: `[country] = \"\"` in a condition of IIF is documented as unsupported where \
         `country` is null or empty; the service may refuse it",
        "  help: use `Switch([country], .., \"\", ..)`, whose key \"\" stands for null, or `Coalesce([country], ..)`",
        "no errors: directory is ready to provision wiki",
        "wiki: the next cycle is initial, because no cycle has ended yet: about 2 reads and at most 1 write; about a \
         second at 25 requests a second",
    ]);
    world.sync().prints(["wiki: initial cycle Succeeded: 1 created; 3 requests in {duration}"]);
    assert_eq!(
        world.query(
            "SELECT type, status, description FROM provisioning_steps WHERE name = 'AttributeMappingWarning' ORDER BY time"
        ),
        [[
            "processing",
            "warning",
            "the mapping of `title`: iif-null-condition: the attribute `country` in a condition of IIF is null or empty; the \
             service may refuse that"
        ]]
    );
    world.write("wiki.toml", &format!("strict_conditions = true\n{text}"));
    world.run(["sync", "now"]).exits_with(1).prints([
        "wiki: initial cycle EntryLevelErrors: 1 failed; 1 request in {duration}",
        "  see what failed: scimulator logs --status failure --job wiki",
    ]);
    let record = world.id_of_record("status = 'failure'");
    let shown = world.run(["logs", "show", &record]).exits_with(0).stdout;
    let reason = "the mapping of `title` cannot be evaluated: An error occured while evaluating this function: 'IIF.' The \
                  attribute `country` in the condition is null or empty (iif-null-condition)";
    assert!(shown.contains(reason), "{shown}");
}

#[test]
fn what_the_directory_holds_is_known_where_a_mapping_names_it() {
    let mapping = mapping(
        "title = {}\nnickName = {}\nlocale = {}\ntags = { multivalued = true }",
        "title = { direct = \"proxyAddresses\" }\nnickName = { direct = \"extension_0f_Badge\" }\n\
         locale = { direct = \"extension_0f_unseen\" }\ntags = { direct = \"otherMails\" }",
        "[[users.scoping_filters]]\nclauses = [\n\
         { attribute = \"badges\", operator = \"INCLUDES\", value = \"x\" },\n\
         { attribute = \"contractor\", operator = \"EQUALS\", value = \"True\" },\n\
         { attribute = \"contractor\", operator = \"IS FALSE\" },\n\
         { attribute = \"office\", operator = \"EQUALS\", value = \"x\" },\n\
         { attribute = \"floor\", operator = \"GREATER_THAN\", value = \"1\" },\n]\n\
         [groups.attributes]\ndisplayName = { filterable = true }\nexternalId = {}\nnickName = {}\n[groups.mappings]\n\
         displayName = { direct = \"displayName\", matching = 1 }\nexternalId = { direct = \"surname\" }\n\
         nickName = { direct = \"costCentre\" }",
    );
    let mut world = world(&mapping);
    world.user("grace", |user| {
        user.set("extension_0f_badge", "7").set("badges", json!(["x"])).set("contractor", true);
        user.set("office", json!({"floor": 1})).set("floor", 2).set("costCentre", "77");
    });
    world.run(["check"]).exits_with(2).complains([]).prints([
        "warning: wiki.toml:11: `proxyAddresses` has several values, and `title` takes one: objects with values fail",
        "  help: pick one, as in `expression = 'Item([proxyAddresses], 1)'`, or join them with `Join`; an attribute that takes \
         them all is `multivalued`",
        "error: wiki.toml:12: the mapping of `nickName` names the source attribute `extension_0f_Badge`, which does not exist",
        "  help: letter case counts in the names of extensions: did you mean `extension_0f_badge`?",
        "warning: wiki.toml:17: the clause on `badges`: the service cannot filter on attributes with several values",
        "  help: filter on another attribute, or decide by whom you assign",
        "warning: wiki.toml:18: the clause on `contractor`: EQUALS cannot be asked of Boolean attributes",
        "  help: use IS TRUE, IS FALSE, IS NULL, IS NOT NULL",
        "warning: wiki.toml:20: the clause on `office`: the service cannot filter on attributes with members of their own",
        "  help: filter on another attribute, or decide by whom you assign",
        "warning: wiki.toml:29: the mapping of `externalId` names the source attribute `surname`, which users have and groups \
         do not",
        "  help: for groups it is always null: name another, such as `displayName` or `mailNickname`",
        "1 error",
    ]);
}
