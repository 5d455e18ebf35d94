//! The configuration that `scimulator init` writes: small, commented, and valid as it stands.

use std::fmt::Write as _;

/// A commented configuration with one job: `application` is the name of an embedded mapping, `tenant_url` where it lives.
pub fn starter(application: &str, tenant_url: &str) -> String {
    let variable: String = application
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' })
        .collect();
    let mut text = String::from(HEAD);
    let _ = write!(
        text,
        r#"
[[jobs]]
name = {application:?}
mapping = {application:?}            # an embedded mapping, or the path of a mapping file
tenant_url = {tenant_url:?}          # add "?aadOptscim062020" for the SCIM-compliant dialect
secret_token = {{ env = "{variable}_TOKEN" }}  # or {{ file = "path" }}
scope = "assigned"                   # or "all"
every = "40m"                        # or cron = "0 0 6 * * *", with timezone = "Europe/Oslo"
# max_in_flight = 8                  # requests at once
# pace = "entra"                     # 25 requests a second at most
# notification_email = ["it@contoso.example"]
# notify_on_failure = true           # see [mail]
# deletion_threshold = 500           # hold back so many disables and deletes in a cycle
# enabled = false                    # the daemon leaves the job alone
"#
    );
    text
}

const HEAD: &str = r#"# The configuration of scimulator. Relative paths start at this file's folder.
# Every single value can be set from the environment as well: SCIMULATOR_STATE__PATH sets state.path.

[tenant]
name = "Contoso"

[directory]
path = "directory"                   # users.*, groups.*, assignments.* (JSON, NDJSON or CSV)
# on_invalid_record = "skip"         # leave bad records out instead of refusing the whole import; removals may wait
# attributes = ["costCentre"]        # source attributes of your own that no record has yet

[state]
path = "state/scimulator.db"         # SQLite; open it with sqlite3 and look at the views
# log_retention_days = 30

# [mail]
# transport = "smtp://user@mail.example:587"   # left out: .eml files in state/outbox
# password = { env = "MAIL_PASSWORD" }
# from = "provisioning@contoso.example"
"#;

#[cfg(test)]
mod tests {
    use super::starter;
    use std::path::Path;

    #[test]
    fn the_starter_is_valid_as_it_stands() {
        let text = starter("askspoke", "http://127.0.0.1:9001/scim/v2");
        let (settings, warnings) = super::super::parse("scimulator.toml", &text, Path::new(".")).unwrap();
        assert!(warnings.is_empty());
        assert_eq!(settings.jobs[0].name, "askspoke");
        assert!(text.contains(r#"{ env = "ASKSPOKE_TOKEN" }"#));
    }
}
