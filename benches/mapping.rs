//! How long the mapping language takes: one direct mapping, one function, a regular expression that was compiled
//! with the mapping and one that is made for each object, and a whole user through the default mappings.

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use scimulator::{
    chance::Chance,
    expression::{Expression, Surroundings},
    mapping::{embedded, evaluate, read},
};
use serde_json::{Map, Value, json};
use std::hint::black_box;

fn user() -> Map<String, Value> {
    let user = json!({
        "userPrincipalName": "grace.whitfield@contoso.example", "displayName": "Grace Whitfield", "jobTitle": "Engineer",
        "mail": "grace.whitfield@contoso.example", "preferredLanguage": "en-US", "givenName": "Grace",
        "surname": "Whitfield", "physicalDeliveryOfficeName": "Seattle HQ", "streetAddress": "1200 Third Avenue",
        "city": "Seattle", "state": "WA", "postalCode": "98101", "country": "US", "telephoneNumber": "+1 206 555 0101",
        "mobile": "+1 425 555 0101", "facsimileTelephoneNumber": "+1 206 555 0199", "mailNickname": "grace.whitfield",
        "employeeId": "C1007", "department": "Executive", "IsSoftDeleted": false,
    });
    match user {
        Value::Object(user) => user,
        _ => Map::new(),
    }
}

fn expressions(criterion: &mut Criterion) {
    let (user, chance) = (user(), Chance::seeded(1));
    let surroundings = Surroundings::new(Timestamp::UNIX_EPOCH, &chance);
    for (name, text) in [
        ("direct", "[givenName]"),
        ("join", r#"Join(" ", [givenName], [surname])"#),
        ("replace, constant pattern", r#"Replace([telephoneNumber], , "[()\s-]+", , "")"#),
        ("replace, pattern made anew", r#"Replace([telephoneNumber], , Append("[()\s-]", "+"), , "")"#),
    ] {
        let expression = Expression::parse(text).expect("the expression is well-formed");
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| black_box(expression.evaluate(black_box(&user), &surroundings)).is_ok());
        });
    }
}

fn whole_user(criterion: &mut Criterion) {
    let (user, chance) = (user(), Chance::seeded(1));
    let surroundings = Surroundings::new(Timestamp::UNIX_EPOCH, &chance);
    let (_, text) = embedded::find("scim").expect("the default mapping is embedded");
    let (template, _) = read::parse("scim", text).expect("the default mapping is well-formed");
    criterion.bench_function("whole user, default mappings", |bencher| {
        bencher.iter(|| {
            for mapping in &template.users.mappings {
                let _ = black_box(evaluate(mapping, black_box(&user), &surroundings));
            }
        });
    });
}

criterion_group!(benches, expressions, whole_user);
criterion_main!(benches);
