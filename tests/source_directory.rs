//! Reading a folder from end to end: what the portal and Graph give works as it is, and errors name their place.

use scimulator::directory::{
    AppRole, Assignment, FileKind, Group, Meter, RawRecord, RecordProblem, User, discover, open,
};
use std::{fs, path::Path};
use tempfile::TempDir;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Everything in a folder, an object a line, errors in their places.
fn read(folder: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for file in discover(folder).unwrap().files {
        let records = match open(&file, &Meter::default()) {
            Ok(records) => records,
            Err(error) => {
                lines.push(error.to_string());
                continue;
            }
        };
        for record in records {
            match record {
                Ok(record) => lines.extend(shown(&record, file.kind, &file.name)),
                Err(error) => lines.push(error.to_string()),
            }
        }
    }
    lines
}

fn shown(record: &RawRecord, kind: FileKind, file: &Path) -> Vec<String> {
    let place = record.place(file);
    let shown = match kind {
        FileKind::Users | FileKind::DeletedUsers => User::parse(record).map(|user| {
            let manager = user.manager.map(|manager| format!(" under {manager}")).unwrap_or_default();
            let deleted = user.deleted_at.map(|moment| format!(" deleted {moment}")).unwrap_or_default();
            vec![format!("{}{manager}{deleted}", serde_json::Value::Object(user.attributes))]
        }),
        FileKind::Groups | FileKind::DeletedGroups => {
            Group::parse(record).map(|group| vec![format!("{} {:?}", group.display_name, group.members)])
        }
        FileKind::Assignments => Assignment::parse(record).map(|assignment| {
            let role = assignment.role.or(assignment.role_id).unwrap_or("Default Access".into());
            vec![format!("{} to {} as {role}", assignment.principal, assignment.app)]
        }),
        FileKind::AppRoles => {
            let shown = |role: AppRole| format!("{} {} {}", role.app, role.id, role.display_name);
            AppRole::parse(record).map(|roles| roles.into_iter().map(shown).collect())
        }
    };
    let located = |problems: Vec<RecordProblem>| problems.iter().map(|problem| format!("{place}: {problem}")).collect();
    shown.unwrap_or_else(located)
}

#[test]
fn the_download_of_the_portal_works_in_both_generations() {
    let folder = folder(&[
        (
            "users/exportUsers_2021-8-19.csv",
            "\u{feff}userPrincipalName,displayName,surname,mail,givenName,id,userType,jobTitle,department,\
             accountEnabled,usageLocation,streetAddress,state,country,officeLocation,city,postalCode,telephoneNumber,\
             mobilePhone,alternateEmailAddress,ageGroup,consentProvidedForMinor,legalAgeGroupClassification,\
             companyName,creationType,directorySynced,invitationState,identityIssuer,createdDateTime\r\n\
             bob_partner.example#EXT#@contoso.example,\"Ray, Bob\",Ray,,Bob,7CC0C81B-F2A2-489A-8243-EDA96DA4214D,\
             Guest,,,True,DE,,,,B 7,,,,+49 1,bob@partner.example,,,,,Invitation,,Accepted,contoso.example,\
             8/19/2021 1:25:31 PM\r\n",
        ),
        (
            "users/exportUsers_2026-1-31.csv",
            "userPrincipalName,displayName,surname,mail,givenName,objectId,userType,jobTitle,department,accountEnabled,\
             usageLocation,streetAddress,state,country,physicalDeliveryOfficeName,city,postalCode,telephoneNumber,\
             mobile,authenticationAlternativePhoneNumber,authenticationEmail,alternateEmailAddress,ageGroup,\
             consentProvidedForMinor,legalAgeGroupClassification\n\
             ann@contoso.example,Ann Lee,Lee,ann@contoso.example,Ann,0b7a,Member,Clerk,Sales,False,\
             US,1 Main St,NY,USA,C 1,New York,00501,+1 2,+1 3,,,,,,\n",
        ),
    ]);
    assert_eq!(
        read(folder.path()),
        [
            "{\"objectId\":\"7cc0c81b-f2a2-489a-8243-eda96da4214d\",\"userPrincipalName\":\"bob@partner.example\",\
             \"originalUserPrincipalName\":\"bob_partner.example#EXT#@contoso.example\",\"accountEnabled\":true,\
             \"displayName\":\"Ray, Bob\",\"surname\":\"Ray\",\"givenName\":\"Bob\",\"userType\":\"Guest\",\
             \"usageLocation\":\"DE\",\"physicalDeliveryOfficeName\":\"B 7\",\"mobile\":\"+49 1\",\
             \"alternateEmailAddress\":\"bob@partner.example\",\"creationType\":\"Invitation\",\
             \"invitationState\":\"Accepted\",\"identityIssuer\":\"contoso.example\",\
             \"createdDateTime\":\"8/19/2021 1:25:31 PM\"}",
            "{\"objectId\":\"0b7a\",\"userPrincipalName\":\"ann@contoso.example\",\
             \"originalUserPrincipalName\":\"ann@contoso.example\",\"accountEnabled\":false,\"displayName\":\"Ann \
             Lee\",\"surname\":\"Lee\",\"mail\":\"ann@contoso.example\",\"givenName\":\"Ann\",\"userType\":\"Member\",\
             \"jobTitle\":\"Clerk\",\"department\":\"Sales\",\"usageLocation\":\"US\",\"streetAddress\":\"1 Main St\",\
             \"state\":\"NY\",\"country\":\"USA\",\"physicalDeliveryOfficeName\":\"C 1\",\"city\":\"New York\",\
             \"postalCode\":\"00501\",\"telephoneNumber\":\"+1 2\",\"mobile\":\"+1 3\"}",
        ]
    );
}

#[test]
fn every_kind_is_read_from_whatever_it_is_written_in() {
    let folder = folder(&[
        ("users/ann.json", r#"{"id": "A", "userPrincipalName": "ann@x", "manager": {"id": "B"}}"#),
        ("users.ndjson", "{\"id\": \"b\", \"userPrincipalName\": \"bob@x\"}\n"),
        ("groups.csv", "displayName;members\nSales;\"ann@x;bob@x\"\n"),
        (
            "appRoles.json",
            r#"{"value": [{"displayName": "Frankli", "appRoles": [{"id": "R1", "displayName": "Admin"}]}]}"#,
        ),
        ("assignments.csv", "app,principal,role\nfrankli,Sales,Admin\n"),
        (
            "assignments/graph.json",
            "{\"value\": [{\"principalId\": \"a\", \"resourceDisplayName\": \"Frankli\",\n\
             \"appRoleId\": \"00000000-0000-0000-0000-000000000000\"}]}",
        ),
        (
            "deletedUsers.json",
            r#"[{"id": "c", "userPrincipalName": "cy@x", "deletedDateTime": "2026-01-31T08:00:00Z"}]"#,
        ),
        ("deletedGroups.json", r#"[{"id": "g", "displayName": "Old"}]"#),
    ]);
    let user = |id: &str, name: &str| {
        format!(
            "{{\"objectId\":\"{id}\",\"userPrincipalName\":\"{name}\",\"originalUserPrincipalName\":\"{name}\",\
             \"accountEnabled\":true}}"
        )
    };
    assert_eq!(
        read(folder.path()),
        [
            user("b", "bob@x"),
            user("a", "ann@x") + " under B",
            "Sales [\"ann@x\", \"bob@x\"]".into(),
            "Frankli r1 Admin".into(),
            "Sales to frankli as Admin".into(),
            "a to Frankli as Default Access".into(),
            user("c", "cy@x") + " deleted 2026-01-31T08:00:00Z",
            "Old []".into(),
        ]
    );
}

#[test]
fn every_error_of_every_file_is_reported_with_its_place() {
    let folder = folder(&[
        ("users.json", "[\n  {\"id\": \"a\"},\n  {\"id\": x},\n  7\n]\n"),
        ("users/csv.csv", "userPrincipalName,accountEnabled\nann@x,maybe\nbob@x\n"),
        ("groups.json", "[{\"displayName\": \"Sales\"},\n{\"displayName\": \"Sa"),
        ("assignments.json", ""),
    ]);
    assert_eq!(
        read(folder.path()),
        [
            "users.json:2 (record 1): `userPrincipalName` is missing",
            "users.json:3 (record 2): the record is not JSON: expected value in line 3, column 10",
            "users.json:4 (record 3): the record must be a JSON object, not 7",
            "users/csv.csv:2 (record 1): `accountEnabled` must be true or false, not \"maybe\"",
            "users/csv.csv:3 (record 2): the row has 1 column, the heading row has 2; a cell that holds the separator \
             must be quoted",
            "Sales []",
            "groups.json:2: the file ends within record 2; it may be incomplete",
            "assignments.json: the file is empty, perhaps half-written; without records it must hold `[]`",
        ]
    );
}
