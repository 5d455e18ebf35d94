//! The source object that an expression is evaluated for: a user of the directory, the content of a file, or nothing.

use super::without_byte_order_mark;
use crate::{
    cli::{
        arguments::EvalCommand,
        exit::{CommandError, Exit},
    },
    clock::SystemClock,
    directory::{
        RawRecord, User,
        attribute::{self, Named},
        import,
    },
    expression::{Attributes, Value},
    store::{ObjectState, Scratch, Store},
};
use serde_json::{Map, Value as Json};
use std::{io::Read as _, path::Path};

/// The object, and what is known of the names that an expression may ask it for.
#[derive(Debug, Default)]
pub(super) struct SourceObject {
    attributes: Map<String, Json>,
    origin: Origin,
}

/// Where the object comes from.
#[derive(Debug, Default)]
enum Origin {
    /// There is none: every attribute is null.
    #[default]
    Nowhere,
    /// A file with these names, as a mapping asks for them, which may be ones that nobody else knows.
    File(Vec<String>),
    /// The directory, which knows these names besides the usual ones.
    Directory(Vec<String>),
}

/// A name in an expression that probably means something else, or nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    /// What is doubtful.
    pub(super) message: String,
    /// What to do.
    pub(super) help: String,
}

impl SourceObject {
    /// Reads the object that the arguments name. `names` are the attributes that the expression asks for.
    pub(super) async fn read(file: &Path, command: &EvalCommand, names: Vec<String>) -> Result<Self, CommandError> {
        match (&command.user, &command.object) {
            (Some(user), _) => Self::of_user(file, user, names).await,
            (None, Some(object)) => Self::of_file(object),
            (None, None) => Ok(Self::default()),
        }
    }

    fn of_file(file: &Path) -> Result<Self, CommandError> {
        let text = if file.as_os_str() == "-" {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map(|_| text)
        } else {
            std::fs::read_to_string(file)
        };
        let unusable = |reason: String| CommandError::usage(format!("`{}` {reason}", file.display()));
        let text = text.map_err(|error| unusable(format!("cannot be read: {error}")))?;
        let text = without_byte_order_mark(&text);
        let written = match serde_json::from_str(text) {
            Ok(Json::Object(written)) => {
                written.into_iter().map(|(name, _)| attribute::canonical(&name).to_owned()).collect()
            }
            Ok(_) => return Err(unusable("must hold one JSON object".to_owned())),
            Err(error) => return Err(unusable(format!("is no JSON: {error}"))),
        };
        let record = RawRecord { text: text.as_bytes().to_vec(), line: 1, column: 1, number: 1 };
        match User::sketch(&record) {
            Ok(attributes) => Ok(Self { attributes, origin: Origin::File(written) }),
            Err(problems) => {
                let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
                Err(unusable(format!("holds no user as a directory has one: {}", told.join("; "))))
            }
        }
    }

    /// A user of the configured directory, as it is now.
    async fn of_user(file: &Path, name: &str, names: Vec<String>) -> Result<Self, CommandError> {
        let settings = crate::cli::load(file)?;
        let scratch = Scratch::new()
            .map_err(|error| CommandError { message: format!("no temporary folder: {error}"), exit: Exit::Failed })?;
        let store = Store::open(&scratch.path().join("eval.db"), "scimulator eval")?;
        import(&store, &settings.directory, true, &SystemClock)
            .await
            .map_err(|error| CommandError::usage(error.to_string()))?;
        let wanted = name.to_owned();
        let extra = settings.directory.attributes.clone();
        let (found, manager, known) = store
            .read(move |tables| {
                let found = tables.objects_named(&wanted)?.into_iter().next();
                let manager = found.as_ref().and_then(|object| object.manager);
                let manager = manager.map(|key| tables.object(key)).transpose()?.flatten();
                let mut known = extra;
                if !names.iter().all(|name| attribute::is_known(name)) {
                    known.extend(tables.attribute_names()?);
                }
                Ok((found, manager, known))
            })
            .await?;
        let Some(object) = found else {
            let folder = settings.directory.path.display();
            return Err(CommandError::usage(format!("nobody in `{folder}` has the id or name `{name}`")));
        };
        let mut attributes: Map<String, Json> = serde_json::from_str(&object.attributes).unwrap_or_default();
        let gone = !object.enabled || object.state != ObjectState::Live;
        attributes.insert("IsSoftDeleted".to_owned(), gone.into());
        if let Some(manager) = manager {
            attributes.insert("manager".to_owned(), manager.id.into());
        }
        Ok(Self { attributes, origin: Origin::Directory(known) })
    }

    /// Whether an attribute called `name` would be read, and why that is doubtful.
    pub(super) fn doubt(&self, name: &str) -> Option<Doubt> {
        if matches!(self.origin, Origin::Nowhere) || Named(&self.attributes).value(name).is_some() {
            return None;
        }
        let own: &[String] = match &self.origin {
            Origin::Directory(known) | Origin::File(known) => known,
            Origin::Nowhere => &[],
        };
        let meant = || {
            let names = self.attributes.keys().chain(own).map(String::as_str);
            attribute::nearest_among(name, names).map(|known| format!("did you mean `{known}`?"))
        };
        match &self.origin {
            Origin::Directory(_) if name == "appRoleAssignments" => Some(Doubt {
                message: "`appRoleAssignments` depends on the application, so it counts as null here".to_owned(),
                help: "write the roles into a file for `--object`: {\"appRoleAssignments\": [{\"value\": \"Admin\"}]}"
                    .to_owned(),
            }),
            _ if attribute::is_known(name) || own.iter().any(|known| known == name) => None,
            Origin::Directory(_) => Some(Doubt {
                message: format!("neither Entra nor the directory knows the attribute `{name}`; it counts as null"),
                help: meant().unwrap_or_else(|| {
                    "correct it, or add it to `[directory] attributes` if records will have it".to_owned()
                }),
            }),
            Origin::File(_) => Some(Doubt {
                message: format!("neither Entra nor the object knows the attribute `{name}`; it counts as null"),
                help: meant().unwrap_or_else(|| "correct it, or write a value of it into the file".to_owned()),
            }),
            Origin::Nowhere => None,
        }
    }
}

impl Attributes for SourceObject {
    fn get(&self, name: &str) -> Value<'_> {
        Named(&self.attributes).value(name).map_or(Value::Null, Value::from)
    }
}
