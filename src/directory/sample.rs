//! The sample company, embedded in the program.

use crate::store::{private_folder, private_options};
use std::{
    io::{self, Write as _},
    path::Path,
};

/// The company's files.
const COMPANY: &[(&str, &str)] = &[
    ("users.json", include_str!("../../fixtures/contoso/users.json")),
    ("groups.json", include_str!("../../fixtures/contoso/groups.json")),
    ("assignments.json", include_str!("../../fixtures/contoso/assignments.json")),
    ("appRoles.json", include_str!("../../fixtures/contoso/appRoles.json")),
];

/// Writes the sample company into a folder, which is made if need be.
pub fn write_to(folder: &Path) -> io::Result<()> {
    private_folder(folder)?;
    COMPANY.iter().try_for_each(|(name, text)| {
        let file = private_options().write(true).create(true).truncate(true).open(folder.join(name));
        file?.write_all(text.as_bytes())
    })
}
