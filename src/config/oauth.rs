//! The settings of a job that gets access tokens by the OAuth 2.0 client credentials grant.

use super::{document::Section, secret::SecretSource};
use std::path::Path;

/// Where the client says to the token endpoint who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CredentialsIn {
    /// In the form that is the request's body.
    Body,
    /// In the `Authorization` header: what Entra does unless it is told otherwise.
    #[default]
    Header,
}

/// How a job gets its access tokens.
#[derive(Clone, Debug)]
pub struct OAuthSettings {
    /// The token endpoint's address.
    pub token_url: String,
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: SecretSource,
    /// What the tokens are to be good for; the token endpoint decides when left out.
    pub scope: Option<String>,
    /// Where id and secret stand in the request.
    pub credentials_in: CredentialsIn,
}

impl OAuthSettings {
    /// Reads the table `oauth` of a job. Problems are noted; without one of the three that it needs there are no settings.
    pub(super) fn read(job: &Section<'_>, folder: &Path) -> Option<Self> {
        let section = job.section("oauth", "the `oauth` of a job")?;
        let (token_url, client_id) = (section.required_text("token_url"), section.required_text("client_id"));
        let client_secret = SecretSource::read(&section, "client_secret", folder);
        if client_secret.is_none() && section.node("client_secret").is_none() {
            let help = "write `client_secret = { env = \"NAME\" }`, { file = \"path\" } or the secret itself as a text";
            section.problems().error(
                section.place,
                "`client_secret` of the `oauth` of a job is missing",
                Some(help.to_owned()),
            );
        }
        let scope = section.text("scope");
        let places = [("header", CredentialsIn::Header), ("body", CredentialsIn::Body)];
        let credentials_in = section.choice("credentials_in", &places).unwrap_or_default();
        section.finish();
        Some(Self {
            token_url: token_url?,
            client_id: client_id?,
            client_secret: client_secret?,
            scope,
            credentials_in,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::CredentialsIn;
    use crate::config::parse;
    use std::path::Path;

    const JOB: &str = "[[jobs]]\nname = \"a\"\nmapping = \"scim\"\ntenant_url = \"https://app.example/scim\"\n";

    /// What is said about a job with these lines.
    fn complaint(lines: &str) -> String {
        parse("c.toml", &format!("{JOB}{lines}"), Path::new(".")).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn all_of_it_is_read_and_the_secret_is_not_shown() {
        let lines = "oauth = { token_url = \"https://login.example/t\", client_id = 7, client_secret = \"hush-hush\", \
                     scope = \"scim\", credentials_in = \"body\" }\n";
        let (settings, warnings) = parse("c.toml", &format!("{JOB}{lines}"), Path::new(".")).unwrap();
        assert!(warnings.is_empty());
        let oauth = settings.jobs[0].oauth.as_ref().unwrap();
        assert_eq!((oauth.token_url.as_str(), oauth.client_id.as_str()), ("https://login.example/t", "7"));
        assert_eq!((oauth.scope.as_deref(), oauth.credentials_in), (Some("scim"), CredentialsIn::Body));
        assert!(!format!("{settings:?}").contains("hush"));
    }

    #[test]
    fn what_is_missing_or_wrong_is_told_with_its_line() {
        assert_eq!(
            complaint(
                "oauth = { token_url = \"https://login.example/t\", client = \"7\", credentials_in = \"url\" }\n"
            ),
            "error: c.toml:5: `client_id` of the `oauth` of a job is missing\n  \
             help: write `client_id = \"..\"`\n\
             error: c.toml:5: `client_secret` of the `oauth` of a job is missing\n  \
             help: write `client_secret = { env = \"NAME\" }`, { file = \"path\" } or the secret itself as a text\n\
             error: c.toml:5: `credentials_in` must be one of `header`, `body`, not `url`\n  \
             help: write it like `credentials_in = \"header\"`\n\
             error: c.toml:5: `client` is not a setting of the `oauth` of a job\n  \
             help: did you mean `client_id`?"
        );
    }

    #[test]
    fn a_job_has_one_way_to_say_who_it_is() {
        let oauth = "oauth = { token_url = \"https://login.example/t\", client_id = \"7\", client_secret = \"s\" }\n";
        assert_eq!(
            complaint(&format!("secret_token = \"x\"\n{oauth}")),
            "error: c.toml:6: `oauth` and `secret_token` cannot both be set\n  help: keep one of them"
        );
        assert_eq!(
            complaint(&format!("anonymous = true\n{oauth}")),
            "error: c.toml:6: `oauth` and `anonymous = true` cannot both be set\n  help: keep one of them"
        );
    }
}
