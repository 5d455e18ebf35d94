//! Values with characters that have a meaning in filters, in URLs or in JSON, in each attribute that users and groups are
//! matched by.

use crate::{
    case::{Case, Stage},
    project::Cycle,
    scene::{Objection, Scene},
};
use serde_json::json;

/// What stands in a value, and what the README calls it.
const CHARACTERS: [(&str, &str); 10] = [
    ("\"", "`\"`"),
    ("\\", "`\\`"),
    ("+", "`+`"),
    ("&", "`&`"),
    ("%", "`%`"),
    ("#", "`#`"),
    ("'", "`'`"),
    (" ", "a space"),
    ("\u{1f9ad}", "an emoji"),
    ("\u{645}\u{631}\u{64a}\u{645}", "right-to-left letters"),
];

/// The cases: an attribute each.
pub(crate) const CASES: &[Case] = &[
    Case {
        name: "users matched by `emails[type eq \"work\"].value`, somebody else has no e-mail",
        play: |stage| {
            let mut somebody_else = stage.scene();
            somebody_else.user("bob", &json!({}));
            somebody_else.provision()?;
            let mut scene = stage.named("matched").scene_with(&matching(EMAIL), "");
            scene.user("ann", &json!({"mail": "ann@contoso.example"}));
            scene.provision()
        },
    },
    Case { name: "users matched by `userName`, special characters", play: |stage| users(stage, "userName") },
    Case { name: "users matched by `externalId`, special characters", play: |stage| users(stage, "externalId") },
    Case { name: "users matched by `displayName`, special characters", play: |stage| users(stage, "displayName") },
    Case {
        name: "users matched by `emails[type eq \"work\"].value`, special characters",
        play: |stage| users(stage, EMAIL),
    },
    Case {
        name: "users matched by `phoneNumbers[type eq \"work\"].value`, special characters",
        play: |stage| users(stage, "'phoneNumbers[type eq \"work\"].value'"),
    },
    Case {
        name: "users matched by the enterprise `employeeNumber`, special characters",
        play: |stage| users(stage, "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber\""),
    },
    Case { name: "groups matched by `displayName`, special characters", play: groups },
];

/// The work e-mail as a mapping file has it.
const EMAIL: &str = "'emails[type eq \"work\"].value'";

/// The default mapping with `attribute` as the one that users are matched by.
fn matching(attribute: &str) -> String {
    let usual = include_str!("../../mappings/scim.toml");
    let (attributes, mappings) = usual.split_once("[users.mappings]\n").unwrap();
    let mappings = mappings.replacen("\", matching = 1 }", "\" }", 1);
    let line = mappings.lines().find(|line| line.split(" = ").next().unwrap().trim_end() == attribute).unwrap();
    let matching = line.replacen("\" }", "\", matching = 1 }", 1);
    assert_ne!(line, matching);
    format!("{attributes}[users.mappings]\n{}", mappings.replacen(line, &matching, 1))
}

/// A name with this character in it.
fn name_with(character: &str) -> String {
    format!("x{character}y")
}

/// Users with the characters in all that they are called are created, matched anew, changed and disabled.
fn users(stage: &Stage, attribute: &str) -> Result<(), Objection> {
    let mut scene = stage.scene_with(&matching(attribute), "");
    for (character, _) in CHARACTERS {
        let name = name_with(character);
        scene.user(&name, &json!({"jobTitle": "Librarian"}));
        let (mail, number) = (scene.user_name(&name), scene.group_name(&format!("4{character}7")));
        scene.change(&name, &json!({"mail": mail, "employeeId": number, "businessPhones": [number]}));
    }
    scene.cycle();
    scene.forget();
    let anew = scene.cycle();
    for (character, _) in CHARACTERS {
        scene.change(&name_with(character), &json!({"jobTitle": "Archivist"}));
    }
    scene.cycle();
    let verdict = summary(&scene, &anew, |scene, character| scene.user_name(&name_with(character)));
    let misfits = scene.misfits();
    for (character, _) in CHARACTERS {
        scene.enable(&name_with(character), false);
    }
    scene.cycle();
    let afterwards = scene.misfits();
    let nobody_can_be_disabled = afterwards.len() == CHARACTERS.len();
    assert!(afterwards == misfits || nobody_can_be_disabled, "{afterwards:?} instead of {misfits:?}");
    verdict
}

/// Groups with the characters in their names are created, matched anew, get a member, and are deleted.
fn groups(stage: &Stage) -> Result<(), Objection> {
    let mut scene = stage.scene();
    scene.user("ann", &json!({}));
    for (character, _) in CHARACTERS {
        scene.group(&name_with(character), &[]);
    }
    scene.cycle();
    scene.forget();
    let anew = scene.cycle();
    for (character, _) in CHARACTERS {
        scene.members(&name_with(character), &["ann"]);
    }
    scene.cycle();
    let verdict = summary(&scene, &anew, |scene, character| scene.group_name(&name_with(character)));
    let misfits = scene.misfits();
    for (character, _) in CHARACTERS {
        scene.delete_group(&name_with(character));
    }
    scene.cycle();
    let ann = scene.user_name("ann");
    assert!(scene.held().keys().all(|left| *left == ann || misfits.contains(left)), "who was found is gone");
    verdict
}

/// Which characters work, where `name` is what the resource with a character goes by. In the cycle that matched everybody
/// `anew` nothing was created but what the server did not find.
fn summary(scene: &Scene, anew: &Cycle, name: impl Fn(&Scene, &str) -> String) -> Result<(), Objection> {
    let misfits = scene.misfits();
    let created = anew.requests.iter().filter(|request| request.method == "POST").map(|request| {
        let body = &request.request_body;
        body["userName"].as_str().or(body["displayName"].as_str()).unwrap().to_owned()
    });
    assert!(created.clone().all(|name| misfits.contains(&name)), "{:?}", anew.writes());
    assert_eq!(anew.writes().len(), created.count(), "{:?}", anew.writes());
    let refused: Vec<_> =
        CHARACTERS.into_iter().filter(|(character, _)| misfits.contains(&name(scene, character))).collect();
    assert_eq!(refused.len(), misfits.len(), "{misfits:?}");
    let shown = refused.iter().map(|(_, shown)| *shown).collect::<Vec<_>>().join(", ");
    match scene.refusals() {
        refusals if refusals.is_empty() && refused.is_empty() => Ok(()),
        refusals if refusals.is_empty() => Err(Objection::Differs(format!("what is held with {shown}"))),
        refusals if refused.len() == CHARACTERS.len() => Err(Objection::Refused(refusals)),
        refusals => Err(Objection::Partly(format!("all but {shown}: {refusals}"))),
    }
}
