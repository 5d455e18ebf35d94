//! The sample company, embedded in the program.

use crate::store::private_folder;
use std::{io, path::Path};

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
    COMPANY.iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text))
}
