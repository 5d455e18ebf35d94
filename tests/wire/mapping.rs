//! The mapping files of the stories.

/// An attribute of users: its path, its definition, and what fills it, each as a mapping file has them.
pub(crate) type Line = (&'static str, &'static str, &'static str);

/// The manager of the enterprise extension.
pub(crate) const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";

const USER_NAME: Line = (
    "userName",
    "{ type = \"String\", required = true, filterable = true }",
    "{ direct = \"userPrincipalName\", matching = 1 }",
);
const ACTIVE: Line = (
    "active",
    "{ type = \"Boolean\" }",
    "{ expression = 'Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")' }",
);
const DISPLAY_NAME: Line = ("displayName", "{}", "{ direct = \"displayName\" }");
const TITLE: Line = ("title", "{}", "{ direct = \"jobTitle\" }");

const GROUPS: &str = r#"
[groups.attributes]
displayName = { required = true, filterable = true }
externalId = { filterable = true }
members = { type = "Reference", multivalued = true }

[groups.mappings]
displayName = { direct = "displayName", matching = 1 }
externalId = { direct = "objectId" }
members = { direct = "members" }
"#;

/// The usual attributes of users, and these.
pub(crate) fn small(more: &[Line]) -> String {
    let usual = [USER_NAME, ACTIVE, DISPLAY_NAME, TITLE];
    of(&usual.iter().chain(more).copied().collect::<Vec<_>>())
}

/// These attributes of users, and groups with members.
pub(crate) fn of(users: &[Line]) -> String {
    let lines = |value: fn(&Line) -> &str| {
        users.iter().fold(String::new(), |text, line| format!("{text}'{}' = {}\n", line.0, value(line)))
    };
    let (attributes, mappings) = (lines(|line| line.1), lines(|line| line.2));
    format!(
        "application = \"app\"\ntitle = \"App\"\n[users.attributes]\n{attributes}[users.mappings]\n{mappings}{GROUPS}"
    )
}

/// The embedded mapping of the application that is in no gallery.
pub(crate) fn embedded() -> String {
    let text = scimulator::mapping::embedded::find("scim").unwrap().1;
    text.replacen("application = \"scim\"", "application = \"app\"", 1)
}
