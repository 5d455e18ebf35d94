//! A person as a Graph user resource.

use super::{
    company::{Company, DOMAIN},
    person::{Employment, Person, Rank},
};
use crate::chance::Chance;
use jiff::{ToSpan as _, civil::Date};
use serde::Serialize;
use uuid::Uuid;

/// What comes before a title at each grade.
const GRADES: [&str; 4] = ["Junior ", "", "Senior ", "Principal "];
/// The company's name.
const COMPANY: &str = "Contoso";

/// The record of a user.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserRecord<'c> {
    id: Uuid,
    user_principal_name: String,
    display_name: String,
    given_name: &'c str,
    surname: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<String>,
    mail_nickname: String,
    account_enabled: bool,
    user_type: &'static str,
    #[serde(flatten)]
    work: Option<Work<'c>>,
    company_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_mails: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    proxy_addresses: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_date_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manager: Option<Uuid>,
}

/// What only those have who work for the company.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Work<'c> {
    job_title: String,
    department: &'c str,
    employee_id: String,
    employee_type: &'static str,
    employee_hire_date: String,
    office_location: &'c str,
    street_address: &'c str,
    city: &'c str,
    #[serde(skip_serializing_if = "str::is_empty")]
    state: &'c str,
    #[serde(skip_serializing_if = "str::is_empty")]
    postal_code: &'c str,
    country: &'c str,
    usage_location: &'c str,
    preferred_language: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    business_phones: Option<[String; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile_phone: Option<String>,
    on_premises_extension_attributes: ExtensionAttributes,
}

#[derive(Serialize)]
struct ExtensionAttributes {
    #[serde(rename = "extensionAttribute1")]
    cost_centre: String,
    #[serde(rename = "extensionAttribute2")]
    badge: String,
    /// The company's branch in the country.
    #[serde(rename = "extensionAttribute3")]
    branch: String,
}

impl<'c> UserRecord<'c> {
    /// The record of the person of that number; of somebody in the recycle bin, with the day of the deletion where the
    /// company's calendar is a real one.
    pub(super) fn of(company: &'c Company, number: u32, deleted: Option<Date>) -> Self {
        let person = company.of(number);
        let principal_name = company.principal_name(person);
        let address = company.address(person, person.family, person.number);
        let is_guest = person.employment == Employment::Guest;
        let chance = Chance::of(company.order.seed, "record", number.into());
        // A few have no mailbox.
        let has_mail = chance.below(100) >= 2 || is_guest || number == 0;
        let work = (!is_guest).then(|| Work::of(company, number, &chance));
        let home = || format!("{address}@{}", company.partner(person));
        let mail = has_mail.then(|| if is_guest { home() } else { principal_name.clone() });
        let mut proxy_addresses: Vec<_> =
            mail.iter().filter(|_| !is_guest).map(|mail| format!("SMTP:{mail}")).collect();
        if let (Some((family, number)), Some(_)) = (person.former, &mail) {
            proxy_addresses.push(format!("smtp:{}@{DOMAIN}", company.address(person, family, number)));
        }
        let (given, family) = (company.given_name(person), company.family_name(person, person.family));
        let culture = &company.cultures[usize::from(person.culture)];
        Self {
            id: person.id,
            display_name: culture.display_name(given.written, family.written),
            given_name: given.written,
            surname: family.written,
            mail_nickname: address,
            account_enabled: person.enabled,
            user_type: if is_guest { "Guest" } else { "Member" },
            work,
            company_name: if is_guest { partner_name(company.partner(person)) } else { COMPANY.to_owned() },
            other_mails: mail.iter().filter(|_| is_guest).cloned().collect(),
            proxy_addresses,
            deleted_date_time: deleted.map(|date| format!("{date}T08:00:00Z")),
            manager: person.manager.map(|manager| company.of(manager).id),
            user_principal_name: principal_name,
            mail,
        }
    }
}

impl<'c> Work<'c> {
    fn of(company: &'c Company, number: u32, chance: &Chance) -> Self {
        let person = company.of(number);
        let (office, department) =
            (&company.offices[usize::from(person.office)], &company.departments[usize::from(person.department)]);
        let local = company.cultures[usize::from(person.culture)].name == office.culture;
        let cost_centre = department.code + 10 * chance.below(20);
        let badge = format!("B-{:07}", chance.below(10_000_000));
        // Numbers come last: a move draws others, and changes nothing else.
        let (has_phone, has_mobile) = (chance.below(100) < 85, chance.below(100) < 90);
        let (phone, mobile) = (digits(office.phone, chance), digits(office.mobile, chance));
        Self {
            job_title: title(company, person),
            department: department.name,
            employee_id: format!("{:06}", 1001 + u64::from(number)),
            employee_type: person.employment.name().unwrap_or_default(),
            employee_hire_date: format!("{}T00:00:00Z", company.order.date_of(person.hired)),
            office_location: office.name,
            street_address: office.street,
            city: office.city,
            state: office.state,
            postal_code: office.postal_code,
            country: office.country,
            usage_location: office.country,
            preferred_language: if local { office.language } else { "en-US" },
            business_phones: has_phone.then_some([phone]),
            mobile_phone: has_mobile.then_some(mobile),
            on_premises_extension_attributes: ExtensionAttributes {
                cost_centre: format!("CC-{cost_centre}"),
                badge,
                branch: format!("{COMPANY} {}", office.country),
            },
        }
    }
}

/// The job title.
fn title(company: &Company, person: &Person) -> String {
    let department = &company.departments[usize::from(person.department)];
    let leaders = department.leaders;
    let staff = department.staff[usize::from(person.title) % department.staff.len()];
    match person.rank {
        Rank::Chief | Rank::Head => leaders[0].to_owned(),
        Rank::VicePresident => leaders[1].to_owned(),
        Rank::Director => leaders[2].to_owned(),
        Rank::Manager => leaders[3].to_owned(),
        Rank::Staff if person.employment == Employment::Intern => format!("{staff} Intern"),
        Rank::Staff => format!("{}{staff}", GRADES[usize::from(person.grade) % GRADES.len()]),
    }
}

/// A telephone number of that shape.
fn digits(shape: &str, chance: &Chance) -> String {
    let digit = || char::from_digit(u32::try_from(chance.below(10)).unwrap_or_default(), 10).unwrap_or('0');
    shape.chars().map(|character| if character == '#' { digit() } else { character }).collect()
}

/// `Fabrikam` from `fabrikam.example`.
fn partner_name(domain: &str) -> String {
    let name = domain.split('.').next().unwrap_or_default();
    let mut letters = name.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

impl super::CompanyOrder {
    /// The date of a day, counted from the first one.
    pub(super) fn date_of(&self, day: i32) -> Date {
        let first = self.first_day.unwrap_or(super::FIRST_DAY);
        first.checked_add(i64::from(day).days()).unwrap_or(first)
    }
}
