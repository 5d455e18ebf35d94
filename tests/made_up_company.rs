//! The made-up company: every reference leads to somebody, names are unique, the same seed gives the same bytes, and the
//! import takes it as it is, day after day.

use jiff::civil::date;
use scimulator::{
    clock::{Clock as _, ManualClock},
    config::{DirectorySettings, OnInvalidRecord},
    directory::{
        difference,
        generate::{CompanyFormat, CompanyOrder, DayChanges, ExpectedCompany, MadeCompany, generate, mutate},
        import,
    },
    store::{ChangeKind, Store},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

const THREE_DAYS: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// A company in a folder of its own.
struct Company {
    folder: TempDir,
    made: MadeCompany,
}

/// What a company's files hold.
struct Records {
    users: Vec<Value>,
    deleted: Vec<Value>,
    groups: Vec<Value>,
    roles: Vec<Value>,
    assignments: Vec<Value>,
}

fn order(users: u32, seed: u64) -> CompanyOrder {
    let apps = vec!["scim".to_owned(), "wiki".to_owned()];
    CompanyOrder { users, seed, format: CompanyFormat::Ndjson, apps, first_day: None }
}

impl Company {
    fn new(users: u32, seed: u64) -> Self {
        Self::ordered(order(users, seed))
    }

    fn ordered(order: CompanyOrder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = generate(folder.path(), order).unwrap();
        Self { folder, made }
    }

    /// Lets a day pass.
    fn next_day(&mut self, rate: f64) -> DayChanges {
        self.made = mutate(self.folder.path(), rate, &ExpectedCompany::default()).unwrap();
        self.made.changes
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    fn records(&self) -> Records {
        let read = |name: &str| {
            let text = std::fs::read_to_string(self.folder.path().join(format!("{name}.ndjson"))).unwrap();
            text.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        Records {
            users: read("users"),
            deleted: read("deletedUsers"),
            groups: read("groups"),
            roles: read("appRoles"),
            assignments: read("assignments"),
        }
    }

    /// The bytes of every file.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        files(self.folder.path())
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap()))
        .collect()
}

fn text<'r>(record: &'r Value, field: &str) -> &'r str {
    record[field].as_str().unwrap_or_else(|| panic!("{record} has no {field}"))
}

fn ids(records: &[Value]) -> HashSet<&str> {
    records.iter().map(|record| text(record, "id")).collect()
}

/// Everything that must hold of every company on every day.
fn check(records: &Records) {
    let Records { users, deleted, groups, roles, assignments } = records;
    let (user_ids, group_ids) = (ids(users), ids(groups));
    let all: Vec<_> = users.iter().chain(deleted).chain(groups).map(|record| text(record, "id")).collect();
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len(), "an id stands twice");
    let names: HashSet<_> = users.iter().map(|user| text(user, "userPrincipalName").to_lowercase()).collect();
    assert_eq!(names.len(), users.len(), "a user principal name stands twice");
    let mails: Vec<_> = users.iter().filter_map(|user| user["mail"].as_str()).collect();
    assert_eq!(mails.iter().collect::<HashSet<_>>().len(), mails.len(), "a mail address stands twice");
    assert!(names.iter().all(|name| name.is_ascii() && name.ends_with("@contoso.example")));
    let group_names: HashSet<_> = groups.iter().map(|group| text(group, "displayName").to_lowercase()).collect();
    assert_eq!(group_names.len(), groups.len(), "a group's name stands twice");
    for group in groups {
        let members: Vec<_> = group["members"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(members.iter().collect::<HashSet<_>>().len(), members.len(), "a member stands twice in {group}");
        let lost = members.iter().find(|id| !user_ids.contains(**id) && !group_ids.contains(**id));
        assert_eq!(lost, None, "in {}", text(group, "displayName"));
    }
    let known: HashSet<_> = roles.iter().map(|role| (text(role, "app"), text(role, "value"))).collect();
    assert_eq!(known.len(), roles.len());
    let mut seen = HashSet::new();
    for assignment in assignments {
        let principal = text(assignment, "principal").to_lowercase();
        assert!(names.contains(&principal) || group_names.contains(&principal), "{assignment}");
        assert!(assignment["role"].as_str().is_none_or(|role| known.contains(&(text(assignment, "app"), role))));
        assert!(seen.insert((text(assignment, "app"), principal)), "{assignment} stands twice");
    }
    check_managers(users);
}

/// One head, above whom nobody is; everybody else but guests is below, a handful of steps away.
fn check_managers(users: &[Value]) {
    let managers: HashMap<_, _> = users.iter().map(|user| (text(user, "id"), user["manager"].as_str())).collect();
    let heads: Vec<_> = users.iter().filter(|user| user["manager"].is_null() && user["userType"] == "Member").collect();
    assert_eq!(heads.len(), 1);
    assert_eq!(heads[0]["jobTitle"], "Chief Executive Officer");
    for user in users.iter().filter(|user| user["userType"] == "Member") {
        let mut above = text(user, "id");
        let mut steps = 0;
        while let Some(manager) = managers[above] {
            above = manager;
            steps += 1;
            assert!(steps <= 9, "{user} is too far down, or above themselves");
        }
        assert_eq!(above, text(heads[0], "id"));
    }
}

#[test]
fn every_reference_leads_to_somebody_in_companies_of_all_sizes() {
    for users in [1, 2, 3, 5, 9, 20, 61, 240, 1_500] {
        let company = Company::new(users, u64::from(users));
        let records = company.records();
        assert_eq!(records.users.len(), users as usize);
        assert_eq!(company.made.users, u64::from(users));
        check(&records);
    }
}

#[test]
fn every_reference_leads_to_somebody_day_after_day() {
    for (users, rate) in [(8, 0.5), (60, 0.1), (400, 0.05)] {
        let mut company = Company::new(users, 3);
        for day in 1..=12 {
            company.next_day(rate);
            assert_eq!(company.made.day, day);
            check(&company.records());
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (mut one, mut other) = (Company::new(300, 11), Company::new(300, 11));
    assert_eq!(one.files(), other.files());
    for rate in [0.02, 0.1] {
        one.next_day(rate);
        other.next_day(rate);
        assert_eq!(one.files(), other.files());
    }
    let users = |company: &Company| company.files()["users.ndjson"].clone();
    assert_ne!(users(&Company::new(300, 12)), users(&Company::new(300, 11)));
    generate(one.folder.path(), order(300, 11)).unwrap();
    assert_eq!(one.files(), Company::new(300, 11).files());
}

#[test]
fn names_are_of_many_scripts_and_addresses_are_in_plain_letters() {
    let records = Company::new(2_000, 1).records();
    let has = |first: char, last: char| {
        let count = |user: &&Value| text(user, "displayName").chars().any(|letter| (first..=last).contains(&letter));
        records.users.iter().filter(count).count()
    };
    let scripts = [
        ('À', 'ỹ'), // Latin with diacritics
        ('Α', 'ώ'),
        ('А', 'ї'),
        ('א', 'ת'),
        ('ء', 'ي'),
        ('अ', 'ह'),
        ('一', '龥'),
        ('가', '힣'),
        ('ぁ', 'ん'),
    ];
    let counts: Vec<_> = scripts.iter().map(|(first, last)| has(*first, *last)).collect();
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    let is_plain = |user: &&Value| {
        text(user, "mailNickname").chars().all(|letter| letter.is_ascii_alphanumeric() || ".-".contains(letter))
    };
    assert!(records.users.iter().all(|user| is_plain(&user)));
}

#[test]
fn a_company_is_as_mixed_as_one_expects() {
    let company = Company::new(4_000, 5);
    let Records { users, deleted, groups, .. } = company.records();
    let count = |fits: &dyn Fn(&Value) -> bool| users.iter().filter(|user| fits(user)).count();
    let shares = [
        ("guests", count(&|user| user["userType"] == "Guest"), 80..160),
        ("disabled", count(&|user| user["accountEnabled"] == false), 50..120),
        ("without mailbox", count(&|user| user["mail"].is_null()), 50..120),
        ("contractors", count(&|user| user["employeeType"] == "Contractor"), 110..210),
        ("engineers", count(&|user| user["department"] == "Engineering"), 850..1_150),
        ("deleted", deleted.len(), 14..15),
        ("projects", groups.iter().filter(|group| text(group, "displayName").starts_with("Project ")).count(), 66..67),
    ];
    for (what, count, expected) in shares {
        assert!(expected.contains(&count), "{what}: {count}");
    }
    let distinct = |field: &str| users.iter().filter_map(|user| user[field].as_str()).collect::<BTreeSet<_>>().len();
    assert_eq!([distinct("department"), distinct("officeLocation"), distinct("country")], [13, 31, 30]);
    let sizes: BTreeMap<_, _> =
        groups.iter().map(|group| (text(group, "displayName"), group["members"].as_array().unwrap().len())).collect();
    assert_eq!(sizes["All Company"], count(&|user| user["userType"] == "Member"));
    assert_eq!(sizes["All Guests"], count(&|user| user["userType"] == "Guest"));
    assert_eq!(sizes["Engineering"], count(&|user| user["department"] == "Engineering"));
    assert_eq!(sizes["Executive Board"], 13);
    let (region, group_ids) =
        (groups.iter().find(|group| group["displayName"] == "Region Europe").unwrap(), ids(&groups));
    assert!(region["members"].as_array().unwrap().iter().all(|id| group_ids.contains(id.as_str().unwrap())));
    let guest = users.iter().find(|user| user["userType"] == "Guest").unwrap();
    let (name, mail) = (text(guest, "userPrincipalName"), text(guest, "mail"));
    assert_eq!(name, format!("{}#EXT#@contoso.example", mail.replace('@', "_")));
}

#[test]
fn both_formats_hold_the_same_and_only_one_is_there() {
    let lines = Company::new(30, 2);
    let list = Company::ordered(CompanyOrder { format: CompanyFormat::Json, ..order(30, 2) });
    let (lines, lists) = (lines.files(), list.files());
    for kind in ["users", "groups", "appRoles", "assignments", "deletedUsers"] {
        let list: Value = serde_json::from_slice(&lists[&format!("{kind}.json")]).unwrap();
        let text = String::from_utf8(lines[&format!("{kind}.ndjson")].clone()).unwrap();
        let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(list, Value::from(records), "{kind}");
    }
    generate(list.folder.path(), order(30, 2)).unwrap();
    assert_eq!(list.files(), lines);
}

#[test]
fn what_a_killed_process_left_is_taken_away_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join(".scimulator-a1B2c3.part");
    let kept = folder.path().join(".a1B2c3.part");
    std::fs::write(&left, "{\"id\":").unwrap();
    generate(folder.path(), order(5, 1)).unwrap();
    assert!(!left.exists());
    std::fs::write(&left, "{\"id\":").unwrap();
    std::fs::write(&kept, "mine").unwrap();
    mutate(folder.path(), 0.5, &ExpectedCompany::default()).unwrap();
    assert!(!left.exists() && kept.exists());
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "mine").unwrap();
    let refusal =
        |error: &dyn std::fmt::Display| error.to_string().replace(&folder.path().display().to_string(), "DIR");
    let error = generate(folder.path(), order(5, 1)).unwrap_err();
    assert_eq!(
        refusal(&error),
        "`DIR` holds files that are not a made-up company's (there is no `company.toml`); name a new folder"
    );
    assert_eq!(files(folder.path()).into_keys().collect::<Vec<_>>(), ["notes.txt"]);
    std::fs::remove_file(path).unwrap();
    let error = mutate(folder.path(), 0.1, &ExpectedCompany::default()).unwrap_err();
    assert_eq!(refusal(&error), "`DIR` holds no company yet; make one with `--users N` first, without `--mutate`");
    generate(folder.path(), order(5, 1)).unwrap();
    let expected = ExpectedCompany { users: Some(5), seed: Some(2) };
    let error = mutate(folder.path(), 0.1, &expected).unwrap_err();
    assert_eq!(
        refusal(&error),
        "the company in `DIR` was made with `--seed 1`, not `--seed 2`; leave the option out to go on with it"
    );
    std::fs::write(folder.path().join("company.toml"), "version = 0").unwrap();
    let error = generate(folder.path(), order(5, 1)).unwrap_err();
    assert!(refusal(&error).starts_with("`DIR/company.toml` cannot be used: missing field"), "{error}");
}

#[test]
fn entries_of_the_recycle_bin_carry_dates_where_the_calendar_is_real_and_last_thirty_days() {
    let mut company = Company::ordered(CompanyOrder { first_day: Some(date(2026, 2, 27)), ..order(200, 9) });
    let dates = |company: &Company| -> BTreeSet<String> {
        company.records().deleted.iter().map(|user| text(user, "deletedDateTime").to_owned()).collect()
    };
    assert_eq!(dates(&company), BTreeSet::from(["2026-02-27T08:00:00Z".to_owned()]));
    for _ in 1..=2 {
        company.next_day(0.05);
    }
    assert_eq!(
        dates(&company).into_iter().collect::<Vec<_>>(),
        ["2026-02-27T08:00:00Z", "2026-02-28T08:00:00Z", "2026-03-01T08:00:00Z"]
    );
    for _ in 3..=30 {
        company.next_day(0.0);
    }
    assert_eq!(dates(&company).into_iter().collect::<Vec<_>>(), ["2026-02-28T08:00:00Z", "2026-03-01T08:00:00Z"]);
}

#[test]
fn a_day_touches_about_as_many_people_as_the_rate_says() {
    let mut company = Company::new(2_000, 4);
    let by_id = |records: &Records| -> HashMap<String, Value> {
        records.users.iter().map(|user| (text(user, "id").to_owned(), user.clone())).collect()
    };
    for rate in [0.01, 0.1] {
        let before = by_id(&company.records());
        let changes = company.next_day(rate);
        let after = by_id(&company.records());
        let differing = after.iter().filter(|(id, user)| before.get(*id).is_some_and(|old| old != *user)).count();
        let joined = after.keys().filter(|id| !before.contains_key(*id)).count();
        let left = before.keys().filter(|id| !after.contains_key(*id)).count();
        assert_eq!((joined, left), (changes.joined + changes.returned, changes.left));
        assert_eq!(differing, changes.moved + changes.renamed + changes.switched);
        #[expect(clippy::cast_precision_loss, reason = "a share of some thousands")]
        let share = (differing + joined + left + changes.regrouped) as f64 / 2_000.0;
        assert!((share - rate).abs() < rate / 10.0, "{share} of {rate}: {changes:?}");
        let counts =
            [changes.joined, changes.left, changes.moved, changes.renamed, changes.switched, changes.reassigned];
        assert!(rate < 0.1 || counts.iter().all(|count| *count > 0), "{changes:?}");
    }
    let before = company.files();
    assert_eq!(company.next_day(0.0), DayChanges::default());
    let same = |name: &str| assert_eq!(before[name], company.files()[name], "{name}");
    ["users.ndjson", "groups.ndjson", "assignments.ndjson", "deletedUsers.ndjson"].into_iter().for_each(same);
}

#[test]
fn a_marriage_keeps_the_old_address() {
    let mut company = Company::new(500, 8);
    let before = company.records().users;
    assert!(company.next_day(0.2).renamed > 0);
    let after = company.records().users;
    let old: HashMap<_, _> = before.iter().map(|user| (text(user, "id"), user)).collect();
    let renamed = after.iter().filter_map(|user| Some((*old.get(text(user, "id"))?, user)));
    let renamed: Vec<_> = renamed.filter(|(old, new)| old["surname"] != new["surname"]).collect();
    assert_eq!(renamed.len(), company.made.changes.renamed);
    for (old, new) in renamed {
        assert_ne!(old["userPrincipalName"], new["userPrincipalName"]);
        if let Some(mail) = old["mail"].as_str() {
            let addresses = json!([format!("SMTP:{}", text(new, "mail")), format!("smtp:{mail}")]);
            assert_eq!(new["proxyAddresses"], addresses);
        }
    }
}

#[tokio::test]
async fn the_import_takes_it_without_a_warning_and_finds_what_the_day_changed() {
    let mut company = Company::new(300, 6);
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(&state.path().join("state.db"), "test").unwrap();
    let settings = DirectorySettings {
        path: company.path(),
        on_invalid_record: OnInvalidRecord::Fail,
        attributes: Vec::new(),
        soft_delete_retention_days: 60,
    };
    let clock = ManualClock::at("2026-01-05T08:00:00Z".parse().unwrap());
    let first = import(&store, &settings, false, &clock).await.unwrap();
    assert_eq!(first.warnings, []);
    let MadeCompany { users, deleted_users, groups, memberships, .. } = company.made;
    assert_eq!((first.counts.objects, first.counts.memberships), (users + deleted_users + groups, memberships));
    let (mut hard_deleted, mut restored) = (0, 0);
    for round in 0..11 {
        clock.advance(THREE_DAYS);
        company.next_day(0.02);
        company.next_day(0.02);
        assert_eq!(import(&store, &settings, false, &clock).await.unwrap().warnings, [], "round {round}");
        let changes = company.next_day(0.1);
        let found = difference(&store, &settings, clock.now()).unwrap();
        let of = |kind: ChangeKind| {
            let count = found.counts.users.iter().find(|(found, _)| *found == kind);
            count.map_or(0, |(_, count)| usize::try_from(*count).unwrap())
        };
        assert_eq!(of(ChangeKind::Changed), changes.moved + changes.renamed + changes.switched, "round {round}");
        assert_eq!(
            (of(ChangeKind::Added), of(ChangeKind::Restored)),
            (changes.joined, changes.returned),
            "round {round}"
        );
        assert_eq!(of(ChangeKind::SoftDeleted), changes.left, "round {round}");
        hard_deleted += of(ChangeKind::HardDeleted);
        restored += of(ChangeKind::Restored);
        assert_eq!(found.counts.groups, []);
        assert!(found.refusal.is_none() && found.warnings.is_empty(), "round {round}: {:?}", found.warnings);
        let imported = import(&store, &settings, false, &clock).await.unwrap();
        assert_eq!(imported.warnings, [], "round {round}");
    }
    assert!(hard_deleted > 0 && restored > 0, "{hard_deleted} hard-deleted, {restored} restored");
}
