//! The texts of mails: built-in templates, each of which a file of the same name in a folder can override.
//!
//! There are three mails, each a text and an HTML page: `quarantine` (it began, or its reason changed), `disabled`,
//! `recovered`. `NAME.txt` begins with a line `Subject: ..`, and an empty line; `NAME.html` is optional in the folder, as
//! each of the six is. The language is Jinja's; a name that nothing has is an error, told when the templates are opened and
//! not when something is wrong at three in the morning. Source: `spec/HEALTH.md` §3.

use super::{Example, HeldBack, Notice};
use crate::health::{
    HealthRules,
    news::News,
    quarantine::{Quarantine, Reason},
};
use jiff::{SignedDuration, Timestamp};
use minijinja::{
    Environment, UndefinedBehavior, context,
    syntax::SyntaxConfig,
    value::{Serde, Value},
};
use std::path::{Path, PathBuf};

const BUILT_IN: [(&str, &str); 6] = [
    ("quarantine.txt", include_str!("templates/quarantine.txt")),
    ("quarantine.html", include_str!("templates/quarantine.html")),
    ("disabled.txt", include_str!("templates/disabled.txt")),
    ("disabled.html", include_str!("templates/disabled.html")),
    ("recovered.txt", include_str!("templates/recovered.txt")),
    ("recovered.html", include_str!("templates/recovered.html")),
];

/// What the first line of a text begins with.
const SUBJECT: &str = "Subject:";

/// The templates, ready.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
    tenant: String,
}

/// A mail's texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML page.
    pub html: String,
}

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The folder is not there.
    #[error("the folder of mail templates `{}` cannot be read: {error}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file is there and cannot be read.
    #[error("the mail template `{}` cannot be read: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file in the folder has the name of no mail.
    #[error("`{}` is no mail template; there are {}", file.display(), names().join(", "))]
    Unknown {
        /// The file.
        file: PathBuf,
    },
    /// The template says something that the language does not know, or names something that there is not.
    #[error("the mail template `{name}`: {message}")]
    Wrong {
        /// The template's name.
        name: String,
        /// What is wrong, with the line.
        message: String,
    },
    /// A text begins without a subject.
    #[error("the mail template `{0}` must begin with a line `Subject: ..`")]
    NoSubject(String),
}

fn names() -> Vec<&'static str> {
    BUILT_IN.iter().map(|(name, _)| *name).collect()
}

impl Templates {
    /// The built-in templates, those of `folder` in their place. Each is tried out once.
    pub fn open(folder: Option<&Path>, tenant: &str) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
        environment.set_syntax(syntax.build().map_err(|error| wrong("the syntax", &error))?);
        for (name, text) in BUILT_IN {
            environment.add_template(name, text).map_err(|error| wrong(name, &error))?;
        }
        for (name, text) in folder.map(overriding).transpose()?.unwrap_or_default() {
            environment.add_template_owned(name, text).map_err(|error| wrong(name, &error))?;
        }
        let templates = Self { environment, tenant: tenant.to_owned() };
        let all = [News::QuarantineBegan, News::ReasonChanged, News::GuardTripped, News::Disabled, News::Recovered];
        for news in all {
            for reason in [Reason::EncounteredQuarantineException, Reason::TooManyDeletes] {
                templates.render(&sample(news, reason))?;
            }
        }
        Ok(templates)
    }

    /// The texts of a mail.
    pub fn render(&self, notice: &Notice) -> Result<Rendered, TemplateError> {
        let name = match notice.news {
            News::QuarantineBegan | News::ReasonChanged | News::GuardTripped => "quarantine",
            News::Disabled => "disabled",
            News::Recovered => "recovered",
        };
        let text = self.fill(&format!("{name}.txt"), notice)?;
        let Some((subject, text)) =
            text.split_once('\n').and_then(|(first, rest)| Some((first.strip_prefix(SUBJECT)?.trim(), rest)))
        else {
            return Err(TemplateError::NoSubject(format!("{name}.txt")));
        };
        // A header is one line, whatever an application is called.
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Rendered {
            subject,
            text: text.trim_start_matches(['\r', '\n']).to_owned(),
            html: self.fill(&format!("{name}.html"), notice)?,
        })
    }

    fn fill(&self, name: &str, notice: &Notice) -> Result<String, TemplateError> {
        let Notice { news, at, job, application, target, quarantine, disabled_at, held_back, examples, .. } = notice;
        let values = context! {
            event => news.name(),
            at => moment(*at),
            tenant => self.tenant.as_str(),
            job => job,
            application => application,
            target => target,
            reason => quarantine.reason.name(),
            reason_text => reason_text(quarantine.reason),
            code => quarantine.error_code.as_str(),
            error => quarantine.error_message.as_str(),
            since => moment(quarantine.series_began),
            tries => quarantine.series_count,
            next_try => moment(quarantine.next_attempt),
            disabled_at => moment(*disabled_at),
            held_back => context! {
                disables => held_back.disables,
                deletes => held_back.deletes,
                threshold => held_back.threshold,
            },
            examples => Value::from(Serde(examples)),
            advice => advice(quarantine, job),
        };
        let template = self.environment.get_template(name).map_err(|error| wrong(name, &error))?;
        template.render(values).map_err(|error| wrong(name, &error))
    }
}

/// The templates of a folder, by name. A file that is none is a mistake: nobody would miss a misspelt one otherwise.
fn overriding(folder: &Path) -> Result<Vec<(&'static str, String)>, TemplateError> {
    let unreadable = |error| TemplateError::Folder { folder: folder.to_owned(), error };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let is_template = file.extension().is_some_and(|ending| ending == "txt" || ending == "html");
        if !is_template {
            continue;
        }
        let named = |name: &&str| file.file_name().is_some_and(|own| own == *name);
        let Some(name) = names().into_iter().find(named) else { return Err(TemplateError::Unknown { file }) };
        let text = std::fs::read_to_string(&file).map_err(|error| TemplateError::Unreadable { file, error })?;
        found.push((name, text));
    }
    Ok(found)
}

fn wrong(name: &str, error: &minijinja::Error) -> TemplateError {
    let place = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    TemplateError::Wrong { name: name.to_owned(), message: format!("{}{place}{detail}", error.kind()) }
}

fn moment(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// What a reason means, in words.
fn reason_text(reason: Reason) -> &'static str {
    match reason {
        Reason::EncounteredBaseEscrowThreshold | Reason::EncounteredTotalEscrowThreshold => {
            "too many users and groups have failed and wait to be tried again"
        }
        Reason::EncounteredEscrowProportionThreshold => "too large a share of the operations of the last cycle failed",
        Reason::EncounteredQuarantineException => {
            "the application cannot be worked with: it refuses the credentials, cannot be reached, or does not answer as \
             SCIM demands"
        }
        Reason::TooManyDeletes => "more users and groups would be disabled or deleted at once than is allowed",
    }
}

/// What the administrator does next.
fn advice(quarantine: &Quarantine, job: &str) -> Vec<String> {
    let try_now = format!("When that is mended, wait for the next try, or run: scimulator sync now {job}");
    match quarantine.reason {
        Reason::TooManyDeletes => vec![
            format!("See who is concerned: scimulator logs --job {job} --action stagedDelete"),
            format!("If all of them are meant to go, run: scimulator jobs allow-deletes {job}"),
            format!(
                "If not, assign or restore them (or mend the scoping filter), and run: scimulator jobs restart {job}"
            ),
        ],
        Reason::EncounteredQuarantineException => {
            let what = match quarantine.error_code.as_str() {
                "SystemForCrossDomainIdentityManagementInvalidCredentials" | "InsufficientRights" => {
                    "Check the secret token of the application: it may be wrong, expired or revoked."
                }
                "WebExceptionProtocolError" => "Check that the application runs and can be reached from this machine.",
                _ => {
                    "Check that `tenant_url` is the SCIM address of the application, and that it answers as SCIM demands."
                }
            };
            vec![what.to_owned(), format!("Ask it yourself: scimulator test-connection {job}"), try_now]
        }
        Reason::EncounteredBaseEscrowThreshold
        | Reason::EncounteredEscrowProportionThreshold
        | Reason::EncounteredTotalEscrowThreshold => vec![
            format!("See what failed, and why: scimulator logs --job {job} --status failure"),
            "Mend it at the application, in the mappings or in the directory.".to_owned(),
            try_now,
        ],
    }
}

/// A notice to try templates out with.
fn sample(news: News, reason: Reason) -> Notice {
    let now = Timestamp::UNIX_EPOCH;
    let error = ("code".to_owned(), "what happened".to_owned());
    let example = Example { kind: "User".to_owned(), name: "somebody".to_owned(), what: "what happened".to_owned() };
    Notice {
        id: "id".to_owned(),
        thread: None,
        news,
        at: now,
        to: Vec::new(),
        job: "job".to_owned(),
        application: "application".to_owned(),
        target: "https://application.example".to_owned(),
        quarantine: Quarantine::impose(&HealthRules::default(), None, reason, error, now),
        disabled_at: now + SignedDuration::from_hours(1),
        held_back: HeldBack { disables: 1, deletes: 1, threshold: Some(2) },
        examples: vec![example],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_tells_what_happened_what_follows_and_what_to_do() {
        let templates = Templates::open(None, "Contoso").unwrap();
        let rendered = templates.render(&sample(News::QuarantineBegan, Reason::TooManyDeletes)).unwrap();
        assert_eq!(rendered.subject, "[scimulator] application: provisioning is in quarantine (job)");
        assert_eq!(
            rendered.text,
            "The provisioning job `job` of Contoso for application is in quarantine since 1970-01-01 00:00:00 UTC.\n\
             \n\
             Why\n  \
             TooManyDeletes: more users and groups would be disabled or deleted at once than is allowed.\n  \
             what happened\n\
             \n\
             For example\n  \
             User somebody: what happened\n\
             \n\
             What happens next\n  \
             Nothing that is held back is sent until somebody decides. Everything else goes on; the job looks again\n  \
             at 1970-01-01 00:05:00 UTC. If nothing changes, it is disabled at 1970-01-01 01:00:00 UTC.\n\
             \n\
             What to do\n  \
             * See who is concerned: scimulator logs --job job --action stagedDelete\n  \
             * If all of them are meant to go, run: scimulator jobs allow-deletes job\n  \
             * If not, assign or restore them (or mend the scoping filter), and run: scimulator jobs restart job\n\
             \n\
             The application is at https://application.example. This mail was sent automatically.\n"
        );
        assert!(rendered.html.contains("<li>If all of them are meant to go"), "{}", rendered.html);
    }

    #[test]
    fn what_comes_from_outside_cannot_become_html_or_a_header() {
        let templates = Templates::open(None, "Contoso").unwrap();
        let mut notice = sample(News::QuarantineBegan, Reason::EncounteredQuarantineException);
        notice.quarantine.error_message = "<script>alert(1)</script>".to_owned();
        notice.application = "App\r\nBcc: somebody@else.example".to_owned();
        let rendered = templates.render(&notice).unwrap();
        assert!(!rendered.html.contains("<script>"), "{}", rendered.html);
        assert!(!rendered.subject.contains(['\r', '\n']), "{}", rendered.subject);
    }

    #[test]
    fn files_override_the_texts_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("recovered.txt"), "Subject: {{ job }} is well\n\nAll well.\n").unwrap();
        let templates = Templates::open(Some(folder.path()), "Contoso").unwrap();
        let rendered = templates.render(&sample(News::Recovered, Reason::TooManyDeletes)).unwrap();
        assert_eq!((rendered.subject.as_str(), rendered.text.as_str()), ("job is well", "All well.\n"));
        assert!(rendered.html.contains("application"));
    }

    #[test]
    fn a_template_that_cannot_be_used_is_refused_when_it_is_opened() {
        let told = |file: &str, text: &str| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(file), text).unwrap();
            Templates::open(Some(folder.path()), "Contoso").unwrap_err().to_string()
        };
        let wrong = told("disabled.txt", "Subject: x\n\n{{ jbo }}\n");
        assert!(wrong.starts_with("the mail template `disabled.txt`: ") && wrong.contains("line 3"), "{wrong}");
        let wrong = told("disabled.txt", "Subject: x\n{% if %}\n");
        assert!(wrong.contains("line 2"), "{wrong}");
        assert_eq!(
            told("disabled.txt", "no subject\n"),
            "the mail template `disabled.txt` must begin with a line `Subject: ..`"
        );
        assert!(told("disabeld.txt", "x").contains("disabeld.txt` is no mail template; there are quarantine.txt, "));
    }
}
