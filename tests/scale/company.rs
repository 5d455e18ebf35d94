//! A made-up company in a folder, and single changes to its files, which are streamed: they may be large.

use jiff::Timestamp;
use scimulator::directory::generate::{CompanyFormat, CompanyOrder, MadeCompany, generate};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

/// The group that everybody is in.
pub(crate) const EVERYBODY: &str = "All Company";

/// The company's folder.
pub(crate) struct Company {
    folder: PathBuf,
    /// What was made.
    pub(crate) made: MadeCompany,
}

impl Company {
    /// Makes a company of so many users.
    pub(crate) fn generate(folder: &Path, users: u32) -> Self {
        let order = CompanyOrder {
            users,
            seed: 1,
            format: CompanyFormat::Ndjson,
            apps: vec!["app".to_owned()],
            first_day: None,
        };
        Self { made: generate(folder, order).unwrap(), folder: folder.to_owned() }
    }

    /// The bytes that a file has.
    pub(crate) fn size(&self, file: &str) -> u64 {
        fs::metadata(self.folder.join(file)).unwrap().len()
    }

    /// Writes a file of these records.
    pub(crate) fn write(&self, file: &str, records: &[Value]) {
        let lines: Vec<String> = records.iter().map(Value::to_string).collect();
        fs::write(self.folder.join(file), lines.join("\n") + "\n").unwrap();
    }

    /// Rewrites a file, record by record. `alter` gets each one's number, counted from 0, and tells whether it changed it.
    pub(crate) fn rewrite(&self, file: &str, mut alter: impl FnMut(usize, &mut Value) -> bool) {
        let (old, new) = (self.folder.join(file), self.folder.join("being-written"));
        let mut out = BufWriter::new(File::create(&new).unwrap());
        for (number, line) in BufReader::new(File::open(&old).unwrap()).lines().enumerate() {
            let line = line.unwrap();
            let mut record: Value = serde_json::from_str(&line).unwrap();
            if alter(number, &mut record) {
                writeln!(out, "{record}").unwrap();
            } else {
                writeln!(out, "{line}").unwrap();
            }
        }
        out.into_inner().unwrap().sync_all().unwrap();
        fs::rename(new, old).unwrap();
    }

    /// Assigns the application to everybody as a group, and to one user directly, who is taken out of that group. Returns
    /// how that user is called in the group's record.
    pub(crate) fn assign_everybody_but_one_member(&self) -> Value {
        let mut left_out = Value::Null;
        self.rewrite("groups.ndjson", |_, group| {
            let is_meant = group["displayName"] == EVERYBODY;
            if is_meant {
                left_out = group["members"].as_array_mut().unwrap().pop().unwrap();
            }
            is_meant
        });
        let assignment = |principal: &Value| json!({"app": "app", "principal": principal});
        self.write("assignments.ndjson", &[assignment(&EVERYBODY.into()), assignment(&left_out)]);
        left_out
    }

    /// Gives every file the same time of last modification.
    pub(crate) fn date(&self, moment: Timestamp) {
        for entry in fs::read_dir(&self.folder).unwrap() {
            date_file(&entry.unwrap().path(), moment);
        }
    }

    /// Gives one file a time of last modification.
    pub(crate) fn date_one(&self, file: &str, moment: Timestamp) {
        date_file(&self.folder.join(file), moment);
    }
}

fn date_file(path: &Path, moment: Timestamp) {
    if path.is_file() {
        File::options().append(true).open(path).unwrap().set_modified(moment.into()).unwrap();
    }
}
