//! What is simulated where nothing is configured: the sample company, and jobs for applications whose mappings ship.

use crate::{
    config::{self, Settings},
    directory::sample as company,
};
use std::{fmt::Write as _, io, path::Path};

/// The applications to which somebody of the company is assigned; the first of them is enabled.
const APPLICATIONS: [&str; 6] = ["frankli", "flock", "askspoke", "mediusflow", "tribeloo", "scim"];

/// Writes the sample company into `folder`, and configures jobs for it. Only the first job runs unless others are named.
pub fn sample(folder: &Path) -> io::Result<Settings> {
    company::write_to(&folder.join("contoso"))?;
    let mut text = "[tenant]\nname = \"Contoso\"\n\n[directory]\npath = \"contoso\"\n".to_owned();
    for (number, name) in APPLICATIONS.iter().enumerate() {
        let _ = write!(
            text,
            "\n[[jobs]]\nname = {name:?}\nmapping = {name:?}\nenabled = {}\nanonymous = true\n\
             tenant_url = \"http://127.0.0.1/scim\"\nnotification_email = [\"it@contoso.example\"]\n\
             notify_on_failure = true\nnotify_on_recovery = true\n",
            number == 0
        );
    }
    let (settings, _) = config::parse("the sample's configuration", &text, folder).map_err(io::Error::other)?;
    Ok(settings)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_sample_has_a_job_that_runs_and_others_to_be_named() {
        let folder = tempfile::tempdir().unwrap();
        let settings = super::sample(folder.path()).unwrap();
        let enabled: Vec<_> = settings.jobs.iter().filter(|job| job.enabled).map(|job| job.name.as_str()).collect();
        assert_eq!(enabled, ["frankli"]);
        assert_eq!(settings.jobs.len(), 6);
    }
}
