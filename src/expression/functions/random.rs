//! Random values. They are others at each evaluation, so mappings that use them should flow at creation only.

use super::{
    Function, illustration,
    signature::{Kind, Signature, optional, required},
};
use crate::{
    chance::Chance,
    expression::{
        arguments::Arguments,
        evaluation_error::{Reason, Stop},
        impossible::constant_integer,
        value::Value,
    },
};

/// The longest random text (§4, `RandomString`).
const MAXIMUM_LENGTH: i64 = 256;

/// The classes of characters, in the order of the parameters: those of the Windows password policy.
const CLASSES: [(&str, &str); 4] = [
    ("minNumbers", "0123456789"),
    ("minSpecial", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
    ("minCapital", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("minLowerCase", "abcdefghijklmnopqrstuvwxyz"),
];

pub(super) static FUNCTIONS: [Function; 2] = [
    Function::new("Guid", Signature::of(&[]), "Gives a new random GUID", &[illustration("Guid()")], guid),
    Function::new(
        "RandomString",
        Signature::of(&[
            required("length", Kind::Integer),
            required("minNumbers", Kind::Integer),
            required("minSpecial", Kind::Integer),
            required("minCapital", Kind::Integer),
            required("minLowerCase", Kind::Integer),
            optional("charactersToAvoid", Kind::Text),
        ]),
        "Gives a random text of a length, with at least so many digits, special characters, capitals and small letters",
        &[illustration("RandomString(6,3,0,0,3)"), illustration("RandomString(10,2,2,2,1,\"?,\")")],
        random_string,
    )
    .with_constants(|call| {
        (0..=CLASSES.len()).try_for_each(|position| match constant_integer(call, position) {
            Some(count) => check_count(position, count).map(drop),
            None => Ok(()),
        })
    }),
];

#[expect(clippy::unnecessary_wraps, reason = "every function of the table has this form")]
fn guid<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(Value::text(arguments.surroundings().chance.uuid().to_string()))
}

fn random_string<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let count = |position: usize| Ok::<_, Stop>(check_count(position, arguments.integer(position)?)?);
    let length = count(0)?;
    let mut minimums = [0; 4];
    for (position, minimum) in minimums.iter_mut().enumerate() {
        *minimum = count(position + 1)?;
    }
    let needed = minimums.iter().sum();
    if needed > length {
        return Err(Reason::CharactersDoNotFit { length, needed }.into());
    }
    let avoided = arguments.text(5)?.unwrap_or_default();
    let classes =
        CLASSES.map(|(_, class)| class.chars().filter(|&letter| !avoided.contains(letter)).collect::<Vec<_>>());
    let any: Vec<char> = classes.iter().flatten().copied().collect();

    let chance = arguments.surroundings().chance;
    let mut characters = Vec::new();
    for ((class, (name, _)), minimum) in classes.iter().zip(CLASSES).zip(minimums) {
        draw(class, minimum, chance, &mut characters).ok_or(Reason::Unavailable(name))?;
    }
    draw(&any, length - needed, chance, &mut characters).ok_or(Reason::Unavailable("length"))?;
    for last in (1..characters.len()).rev() {
        characters.swap(last, chance.below(last + 1));
    }
    Ok(Value::text(characters.into_iter().collect::<String>()))
}

/// The length, or the minimum of a class, if there can be so many characters.
fn check_count(position: usize, found: i64) -> Result<i64, Reason> {
    let parameter = position.checked_sub(1).map_or("length", |class| CLASSES[class].0);
    let is_possible = (0..=MAXIMUM_LENGTH).contains(&found);
    is_possible.then_some(found).ok_or(Reason::OutOfRange { parameter, found, allowed: "from 0 to 256" })
}

/// Draws `count` of `letters`; nothing if there are none to draw from.
fn draw(letters: &[char], count: i64, chance: &Chance, characters: &mut Vec<char>) -> Option<()> {
    for _ in 0..count {
        characters.push(*letters.get(chance.below(letters.len()))?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::{
        chance::Chance,
        expression::{
            Expression, Surroundings, Value,
            functions::testing::{assert_errors, assert_values, evaluate},
        },
    };
    use std::collections::HashMap;

    fn random(expression: &str, seed: u64) -> String {
        let (object, chance) = (HashMap::<String, Value<'_>>::new(), Chance::seeded(seed));
        let surroundings = Surroundings::new(jiff::Timestamp::UNIX_EPOCH, &chance);
        let expression = Expression::parse(expression).expect(expression);
        let outcome = expression.evaluate(&object, &surroundings).expect("a value");
        outcome.value.string_form().expect("a text").into_owned()
    }

    #[test]
    fn the_minimums_are_kept_and_the_avoided_characters_avoided() {
        for seed in 0..50 {
            let text = random("RandomString(12,2,2,2,1,\"?,aB3\")", seed);
            let count = |belongs: fn(char) -> bool| text.chars().filter(|&letter| belongs(letter)).count();
            assert_eq!(text.len(), 12, "{text}");
            assert!(count(|letter| letter.is_ascii_digit()) >= 2, "{text}");
            assert!(count(|letter| letter.is_ascii_punctuation()) >= 2, "{text}");
            assert!(count(|letter| letter.is_ascii_uppercase()) >= 2, "{text}");
            assert!(count(|letter| letter.is_ascii_lowercase()) >= 1, "{text}");
            assert!(!text.contains(['?', ',', 'a', 'B', '3']), "{text}");
        }
    }

    #[test]
    fn exact_minimums_leave_nothing_to_chance_but_the_order() {
        let text = random("RandomString(6,3,0,0,3)", 7);
        assert_eq!(text.chars().filter(char::is_ascii_digit).count(), 3);
        assert_eq!(text.chars().filter(char::is_ascii_lowercase).count(), 3);
        assert_eq!(text, random("RandomString(6,3,0,0,3)", 7));
        assert_ne!(text, random("RandomString(6,3,0,0,3)", 8));
        assert_values(&[("RandomString(0,0,0,0,0)", "")]);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert_errors(&[
            "RandomString(257,1,1,1,1)",
            "RandomString(3,2,1,1,0)",
            "RandomString(3,1,1,0,2)",
            "RandomString(-1,0,0,0,0)",
            "RandomString(3,-1,0,0,0)",
            "RandomString(3,\"x\",0,0,0)",
            "RandomString(3,1,0,0,0,\"0123456789\")",
        ]);
        assert_eq!(random("RandomString(256,1,1,1,1)", 1).len(), 256);
    }

    #[test]
    fn a_guid_is_written_in_small_letters_and_new_each_time() {
        let guid = evaluate("Guid()").expect("a GUID");
        let parts: Vec<usize> = guid.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(guid, guid.to_lowercase());
        assert_ne!(random("Join(\"\", Guid(), Guid())", 1)[..36], random("Join(\"\", Guid(), Guid())", 1)[36..]);
    }
}
