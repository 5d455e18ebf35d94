//! The layers of the configuration: defaults, the file, the environment.
//!
//! figment lays them over each other; every value that survives still knows its origin, and for the file its line, so that
//! a problem can point at it.

use super::{
    Settings,
    document::{Node, NodeValue, Section},
    problem::{Place, Problem, Problems, Severity},
    toml_file::parse_toml,
};
use figment::{
    Figment, Metadata, Profile, Provider,
    providers::Env,
    value::{Dict, Map, Num, Value},
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// What environment variables that set something begin with.
const ENVIRONMENT_PREFIX: &str = "SCIMULATOR_";
/// Variables of that prefix that are no settings: the log filter, the file's own name, the token of `sandbox`.
const NOT_SETTINGS: &[&str] = &["log", "config", "sandbox_token"];

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file is not there.
    #[error("there is no configuration file `{}`; write one with `scimulator init`, or name another with `--config`", .0.display())]
    Missing(PathBuf),
    /// The file cannot be read.
    #[error("the configuration file `{}` cannot be read: {error}", file.display())]
    Unreadable {
        /// Its path.
        file: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// It was read and something in it is wrong.
    #[error("{}", list(.0))]
    Invalid(Vec<Problem>),
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Reads the configuration at `file`, under the environment's variables. Warnings are returned beside it.
pub fn load(file: &Path) -> Result<(Settings, Vec<Problem>), ConfigurationError> {
    usable(inspect(file)?)
}

/// Reads as much of the configuration at `file` as can be read, and everything that is wrong with it: for a check that wants
/// to look further all the same.
pub fn inspect(file: &Path) -> Result<(Option<Settings>, Vec<Problem>), ConfigurationError> {
    let text = std::fs::read_to_string(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => ConfigurationError::Missing(file.to_owned()),
        _ => ConfigurationError::Unreadable { file: file.to_owned(), error },
    })?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let environment = Env::prefixed(ENVIRONMENT_PREFIX).ignore(NOT_SETTINGS).split("__");
    Ok(read(&file.display().to_string(), &text, folder, Some(environment)))
}

/// Reads a configuration from a text, without the environment: for the built-in demonstration and for tests.
pub fn parse(origin: &str, text: &str, folder: &Path) -> Result<(Settings, Vec<Problem>), ConfigurationError> {
    usable(read(origin, text, folder, None))
}

fn read(origin: &str, text: &str, folder: &Path, environment: Option<Env>) -> (Option<Settings>, Vec<Problem>) {
    let problems = Problems::default();
    let written = parse_toml(origin, text, &problems);
    let mut layers = Figment::from(FileLayer { origin, root: &written });
    if let Some(environment) = environment {
        layers = layers.merge(environment);
    }
    let merged = match layers.extract::<Value>() {
        Ok(merged) => with_places(&merged, &layers, Some(&written), ""),
        Err(error) => {
            problems.error(&Place::origin(origin), error.to_string(), None);
            written
        }
    };
    let digest = super::hex(&Sha256::digest(merged.canonical()));
    let settings = Section::of(&merged, "the configuration", &problems)
        .map(|root| Settings { fingerprint: digest, ..Settings::read(root, folder) });
    (settings, problems.into_sorted())
}

/// Settings without errors, and the warnings about them.
fn usable(read: (Option<Settings>, Vec<Problem>)) -> Result<(Settings, Vec<Problem>), ConfigurationError> {
    let has_error = |problem: &Problem| problem.severity == Severity::Error;
    match read {
        (Some(settings), found) if !found.iter().any(has_error) => Ok((settings, found)),
        (_, found) => Err(ConfigurationError::Invalid(found)),
    }
}

/// The file, as figment sees it.
struct FileLayer<'a> {
    origin: &'a str,
    root: &'a Node,
}

impl Provider for FileLayer<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.to_owned())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let dict = match to_figment(self.root) {
            Value::Dict(_, dict) => dict,
            _ => Dict::new(),
        };
        Ok(Profile::Default.collect(dict))
    }
}

fn to_figment(node: &Node) -> Value {
    match &node.value {
        NodeValue::Text(text) => Value::from(text.as_str()),
        NodeValue::Boolean(flag) => Value::from(*flag),
        NodeValue::Integer(number) => Value::from(*number),
        NodeValue::Float(number) => Value::from(*number),
        NodeValue::List(items) => Value::from(items.iter().map(to_figment).collect::<Vec<_>>()),
        NodeValue::Table(table) => {
            Value::from(table.iter().map(|(key, item)| (key.clone(), to_figment(item))).collect::<BTreeMap<_, _>>())
        }
        NodeValue::Other(kind) => Value::from(*kind),
    }
}

/// Turns a merged value back into a document. Where it still is what the file says at the same position (`written`), it has
/// the file's place, and tables have the file's order.
/// `variable` is the part of an environment variable's name that leads here.
fn with_places(value: &Value, layers: &Figment, written: Option<&Node>, variable: &str) -> Node {
    let layer = layers.get_metadata(value.tag()).map(|layer| layer.name.as_ref());
    let place = match written {
        Some(node) if layer == Some(&*node.place.origin) => node.place.clone(),
        _ if layer.is_some() => Place::origin(format!("environment variable `{ENVIRONMENT_PREFIX}{variable}`")),
        _ => Place::origin("the configuration"),
    };
    let value = match value {
        Value::String(_, text) => NodeValue::Text(text.clone()),
        Value::Char(_, character) => NodeValue::Text(character.to_string()),
        Value::Bool(_, flag) => NodeValue::Boolean(*flag),
        Value::Num(_, number) => number_value(*number),
        Value::Empty(..) => NodeValue::Other("nothing"),
        Value::Array(_, items) => {
            let below = match written.map(|node| &node.value) {
                Some(NodeValue::List(below)) => below.as_slice(),
                _ => &[],
            };
            let items =
                items.iter().enumerate().map(|(index, item)| with_places(item, layers, below.get(index), variable));
            NodeValue::List(items.collect())
        }
        Value::Dict(_, dict) => {
            let below = match written.map(|node| &node.value) {
                Some(NodeValue::Table(below)) => Some(below),
                _ => None,
            };
            let mut table: indexmap::IndexMap<_, _> = dict
                .iter()
                .map(|(key, item)| {
                    let separator = if variable.is_empty() { "" } else { "__" };
                    let variable = format!("{variable}{separator}{}", key.to_uppercase());
                    (key.clone(), with_places(item, layers, below.and_then(|below| below.get(key)), &variable))
                })
                .collect();
            table.sort_by_cached_key(|key, _| below.and_then(|below| below.get_index_of(key)).unwrap_or(usize::MAX));
            NodeValue::Table(table)
        }
    };
    Node::new(value, place)
}

fn number_value(number: Num) -> NodeValue {
    match number.to_i128().map(i64::try_from) {
        Some(Ok(number)) => NodeValue::Integer(number),
        Some(Err(_)) => NodeValue::Other("a number that is too large"),
        None => number.to_u128().map_or_else(
            || number.to_f64().map_or(NodeValue::Other("an unreadable number"), NodeValue::Float),
            |_| NodeValue::Other("a number that is too large"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: &str = "[[jobs]]\nname = \"a\"\nmapping = \"scim\"\ntenant_url = \"http://localhost/\"\n";

    fn errors(text: &str) -> Vec<String> {
        match parse("scimulator.toml", text, Path::new("/etc")) {
            Err(ConfigurationError::Invalid(problems)) => problems.iter().map(ToString::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn relative_paths_start_at_the_files_folder() {
        let text = format!("[directory]\npath = \"people\"\n{JOB}secret_token = \"x\"\n");
        let (settings, warnings) = parse("scimulator.toml", &text, Path::new("/etc/scim")).unwrap();
        assert_eq!(settings.directory.path, Path::new("/etc/scim/people"));
        assert_eq!(settings.state.path, Path::new("/etc/scim/state/scimulator.db"));
        assert!(warnings.is_empty());
        assert_eq!(settings.jobs[0].max_in_flight, 8);
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one_and_the_line() {
        let found = errors(&format!("{JOB}secret_tokn = \"x\"\nscope = \"everyone\"\n"));
        assert_eq!(
            found,
            [
                "error: scimulator.toml:1: the job has no `secret_token`\n  help: give one, as in `secret_token = { env = \
                 \"TOKEN\" }`; for an application that asks for none, set `anonymous = true`",
                "error: scimulator.toml:5: `secret_tokn` is not a setting of a job\n  help: did you mean `secret_token`?",
                "error: scimulator.toml:6: `scope` must be one of `assigned`, `all`, not `everyone`\n  help: write it like \
                 `scope = \"assigned\"`",
            ]
        );
    }

    #[test]
    fn two_jobs_of_one_name_are_refused() {
        let job = format!("{JOB}secret_token = \"x\"\n");
        assert_eq!(
            errors(&format!("{job}{}", job.replace("\"a\"", "\"A\""))),
            ["error: scimulator.toml:6: two jobs are named `A`\n  help: give each job a name of its own"]
        );
    }

    #[test]
    fn the_tokens_value_is_nowhere_in_the_settings() {
        let (settings, _) = parse("c", &format!("{JOB}secret_token = \"hush-hush\"\n"), Path::new(".")).unwrap();
        assert!(!format!("{settings:?}").contains("hush"));
    }
}
