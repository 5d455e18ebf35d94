//! `init`: writes a commented configuration to start from.

use super::{
    arguments::InitCommand,
    exit::{CommandError, Exit},
};
use crate::{config::problem::did_you_mean, config::starter, mapping::embedded, scim::target::Target};
use std::{io::Write as _, path::Path};

pub(super) fn run(file: &Path, command: &InitCommand) -> Result<Exit, CommandError> {
    let Some((application, _)) = embedded::find(&command.app) else {
        let names = embedded::MAPPINGS.iter().map(|(name, _)| *name);
        let help = did_you_mean(&command.app, names.clone()).unwrap_or_default();
        let known: Vec<_> = names.collect();
        let message = format!("there is no embedded mapping `{}`; there are {}. {help}", command.app, known.join(", "));
        return Err(CommandError::usage(message.trim_end().to_owned()));
    };
    Target::parse(&command.tenant_url).map_err(|error| CommandError::usage(error.to_string()))?;
    let mut written = std::fs::OpenOptions::new().write(true).create_new(true).open(file).map_err(|error| {
        CommandError::usage(match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                format!("`{}` is there already and stays as it is; name another file with `--config`", file.display())
            }
            _ => format!("`{}` cannot be written: {error}", file.display()),
        })
    })?;
    written
        .write_all(starter(application, &command.tenant_url).as_bytes())
        .map_err(|error| CommandError::failed(format!("`{}` cannot be written: {error}", file.display())))?;
    let variable: String = application.to_uppercase();
    say!("wrote {}", file.display());
    say!("next: put users, groups and assignments into the folder that `[directory] path` names,");
    say!("      set {variable}_TOKEN, then `scimulator check` and `scimulator sync now`");
    Ok(Exit::Success)
}
