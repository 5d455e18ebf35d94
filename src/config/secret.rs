//! Where a secret comes from, and how it stays out of sight.
//!
//! A setting names an environment variable or a file, or holds the secret itself. It is read only when a command needs
//! it. Neither the value nor anything that could hold it is ever part of an error.

use super::{document::Section, problem::Place};
use secrecy::{ExposeSecret, SecretString};
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// The origin of a secret.
#[derive(Clone)]
pub enum SecretSource {
    /// An environment variable, by name.
    Environment(String),
    /// A file whose text, less the line end, is the secret.
    File(PathBuf),
    /// The configuration itself.
    Inline(SecretString),
}

/// Why a secret could not be had. Never holds its value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The environment variable is not set.
    #[error("the environment variable `{0}` is not set; set it, or name another one in the configuration")]
    NotSet(String),
    /// The variable, the file or the setting holds nothing.
    #[error("the secret from {0} is empty")]
    Empty(String),
    /// The file could not be read.
    #[error("the secret file `{}` cannot be read: {error}", file.display())]
    File {
        /// The file's path.
        file: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The secret has characters that no HTTP header can carry.
    #[error("the secret from {0} holds a line break or a character outside ASCII, which no HTTP header can carry")]
    NotHeaderSafe(String),
    /// A password, or a client's secret, has characters that nobody can have meant.
    #[error("the secret from {0} holds a line break or another control character")]
    ControlCharacter(String),
}

impl SecretSource {
    /// Reads `key` as `{ env = ".." }`, `{ file = ".." }` or a text. Relative files start at `folder`.
    pub fn read(section: &Section<'_>, key: &'static str, folder: &Path) -> Option<Self> {
        use super::document::NodeValue;
        let node = section.node(key)?;
        match &node.value {
            NodeValue::Text(text) => Some(Self::Inline(SecretString::from(text.clone()))),
            NodeValue::Integer(number) => Some(Self::Inline(SecretString::from(number.to_string()))),
            NodeValue::Table(_) => {
                let table = Section::of(node, "a secret", section.problems())?;
                let (variable, file) = (table.text("env"), table.text("file"));
                table.finish();
                match (variable, file) {
                    (Some(variable), None) => Some(Self::Environment(variable)),
                    (None, Some(file)) => Some(Self::File(folder.join(file))),
                    _ => Self::refuse(section, key, &node.place),
                }
            }
            _ => Self::refuse(section, key, &node.place),
        }
    }

    fn refuse(section: &Section<'_>, key: &str, place: &Place) -> Option<Self> {
        let help = "write { env = \"NAME\" }, { file = \"path\" } or the secret itself as a text".to_owned();
        section.problems().error(place, format!("`{key}` does not say where the secret is"), Some(help));
        None
    }

    /// The value of a secret that goes into an HTTP header.
    pub fn resolve(&self) -> Result<SecretString, SecretError> {
        let value = self.value()?;
        if !value.expose_secret().chars().all(|character| character == ' ' || character.is_ascii_graphic()) {
            return Err(SecretError::NotHeaderSafe(self.to_string()));
        }
        Ok(value)
    }

    /// The value of a password or of a client's secret, which may have letters of all scripts: it is encoded before it is sent.
    pub fn password(&self) -> Result<SecretString, SecretError> {
        let value = self.value()?;
        if value.expose_secret().chars().any(char::is_control) {
            return Err(SecretError::ControlCharacter(self.to_string()));
        }
        Ok(value)
    }

    fn value(&self) -> Result<SecretString, SecretError> {
        let value = match self {
            Self::Environment(name) => std::env::var(name).map_err(|_| SecretError::NotSet(name.clone()))?.into(),
            Self::File(file) => std::fs::read_to_string(file)
                .map(|text| SecretString::from(text.trim_end_matches(['\r', '\n']).to_owned()))
                .map_err(|error| SecretError::File { file: file.clone(), error })?,
            Self::Inline(secret) => secret.clone(),
        };
        if value.expose_secret().trim().is_empty() {
            return Err(SecretError::Empty(self.to_string()));
        }
        Ok(value)
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(formatter, "the environment variable `{name}`"),
            Self::File(file) => write!(formatter, "the file `{}`", file.display()),
            Self::Inline(_) => formatter.write_str("the configuration"),
        }
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
