//! The names by which mappings and scoping filters may read a source attribute. Source: `spec/ENGINE.md` §1.

use super::world::World;
use scimulator::engine::JobError;
use serde_json::json;

/// A world whose mapping reads these source attributes, each into a text of its own, behind this scoping filter.
fn reading(names: &[&str], filter: &str) -> World {
    let listed: Vec<_> = (1..=names.len()).map(|number| format!("text{number} = {{}}\n")).collect();
    let mapped: Vec<_> =
        (1..).zip(names).map(|(number, name)| format!("text{number} = {{ direct = \"{name}\" }}\n")).collect();
    World::with(|setup| {
        setup.mapping = setup
            .mapping
            .replacen("\n[users.mappings]", &format!("{}\n[users.mappings]", listed.concat()), 1)
            .replacen("\n[groups]", &format!("{}{filter}\n[groups]", mapped.concat()), 1);
    })
}

#[tokio::test]
async fn graphs_spellings_and_members_of_structures_have_their_values() {
    let names = [
        "mobilePhone",
        "id",
        "onPremisesExtensionAttributes.extensionAttribute1",
        "employeeOrgData.costCenter",
        "mobile",
    ];
    let filter = "[[users.scoping_filters]]\nclauses = [\n\
                  { attribute = \"employeeOrgData.costCenter\", operator = \"EQUALS\", value = \"77\" },\n\
                  { attribute = \"mobilePhone\", operator = \"IS NOT NULL\" }]\n";
    let mut world = reading(&names, filter);
    world.user(
        "ann",
        &json!({
            "mobilePhone": "+1",
            "onPremisesExtensionAttributes": {"extensionAttribute1": "A1"},
            "employeeOrgData": {"costCenter": "77"},
        }),
    );
    world.user("bob", &json!({"mobilePhone": "+2", "employeeOrgData": {"costCenter": "78"}}));
    world.assign("ann");
    world.assign("bob");
    world.sync().await;
    assert_eq!(world.accounts(), ["ann true"]);
    let ann = world.account("ann");
    let texts: Vec<_> = (1..=5).map(|number| ann[format!("text{number}")].as_str().unwrap()).collect();
    assert_eq!(texts, ["+1", "id-ann", "A1", "77", "+1"]);
}

#[tokio::test]
async fn a_name_in_another_letter_case_is_refused() {
    let mut world = reading(&["MobilePhone"], "");
    world.users(&["ann"]);
    world.import().await.unwrap();
    let engine = world.engine();
    let refused = world.job().check_attributes(&engine.store, &[]).await;
    let Err(JobError::Mapping(found)) = refused else { panic!("{refused:?}") };
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].message,
        "the mapping of `text1` names the source attribute `MobilePhone`, which does not exist"
    );
    assert_eq!(found[0].help.as_deref(), Some("did you mean `mobilePhone`?"));
}
