//! Expressions of every shape, made up by chance: none panics, none takes more steps than it may, and what is too long or too
//! deep is an error.

use jiff::Timestamp;
use proptest::{collection::vec, prelude::*, sample::select, strategy::Union};
use scimulator::{
    chance::Chance,
    expression::{
        EvaluationError, Expression, MAXIMUM_DEPTH, MAXIMUM_LENGTH, Outcome, Reason, RoleAssignment, Surroundings,
        SyntaxErrorKind, Value,
        functions::{self, Function, Kind, Signature},
    },
};
use serde_json::json;
use std::collections::HashMap;

/// Ordinary regular expressions, of which none takes many steps on a short value.
const PATTERNS: [&str; 6] =
    [r"[()\\s-]+", r"(?<n>^\\d*)", r"\\+(?<code>\\d* )(?<n>\\d{10})", "[a-zA-Z_]*", "(?<n>@(.)*)", "(a|b)+?$"];

type Object = HashMap<String, Value<'static>>;

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Something without parts that suits a parameter of this kind.
fn leaf(kind: Kind) -> BoxedStrategy<String> {
    let anything = prop_oneof![
        3 => select(vec!["[text]", "[number]", "[truth]", "[list]", "[roles]", "[none]", "[empty]"]).prop_map(str::to_owned),
        2 => any::<String>().prop_map(|text| quoted(&text)),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => select(vec!["True", "False", "vbTextCompare", "IgnoreAttributeFlow", "1.5", "&HFF"]).prop_map(str::to_owned),
    ];
    let words = |words: &[&'static str]| select(words.to_vec()).prop_map(quoted);
    let fitting = match kind {
        Kind::Any | Kind::Condition => Just("[text]".to_owned()).boxed(),
        Kind::DateTime => words(&["2020-03-16-07:00", "8/25/2021 5:41:18 PM", "9999-12-31"]).boxed(),
        Kind::Integer => prop_oneof![(-2..12_i64).boxed(), any::<i64>().boxed()].prop_map(|n| n.to_string()).boxed(),
        Kind::List => Just("[list]".to_owned()).boxed(),
        Kind::Pattern => select(PATTERNS.to_vec()).prop_map(|pattern| format!("\"{pattern}\"")).boxed(),
        Kind::Roles => Just("[roles]".to_owned()).boxed(),
        Kind::Text => {
            words(&["d", "ww", "yyyy-MM-dd", "n", "RoundtripKind", " ,", "a", "$1b${n}$&$_", "tr-TR", ""]).boxed()
        }
    };
    prop_oneof![2 => fitting, 1 => anything].boxed()
}

/// A call with as many parameters as the function takes, each given by `argument`.
fn call(
    function: &'static Function,
    argument: fn(Kind, u32) -> BoxedStrategy<String>,
    depth: u32,
) -> BoxedStrategy<String> {
    let signatures = std::iter::once(&function.signature).chain(&function.older);
    let calls = signatures.map(|signature: &Signature| {
        let slot = move |kind, required: bool| {
            let given = argument(kind, depth);
            if required { given } else { prop_oneof![given, Just(String::new())].boxed() }
        };
        let fixed: Vec<_> = signature.fixed.iter().map(|parameter| slot(parameter.kind, parameter.required)).collect();
        let repeated: Vec<_> = signature.repeated.iter().map(|parameter| slot(parameter.kind, true)).collect();
        let rounds = if repeated.is_empty() { 0..=0 } else { signature.at_least..=signature.at_least + 2 };
        (fixed, vec(repeated, rounds)).prop_map(|(fixed, rounds)| {
            let slots: Vec<String> = fixed.into_iter().chain(rounds.into_iter().flatten()).collect();
            format!("{}({})", function.name, slots.join(", "))
        })
    });
    Union::new(calls).boxed()
}

/// An expression for a parameter of this kind, nested so deep at most.
fn expression(kind: Kind, depth: u32) -> BoxedStrategy<String> {
    let Some(below) = depth.checked_sub(1) else {
        return leaf(kind);
    };
    let function = select(functions::all().collect::<Vec<_>>());
    let nested = function.prop_flat_map(move |function| call(function, expression, below));
    let comparison = (leaf(Kind::Any), select(vec!["=", "<>", ">", ">=", "<", "<="]), leaf(Kind::Any))
        .prop_map(|(left, operator, right)| format!("{left} {operator} {right}"));
    prop_oneof![2 => leaf(kind), 3 => nested, 1 => comparison].boxed()
}

fn object() -> impl Strategy<Value = Object> {
    let text = || any::<String>();
    let role =
        (text(), text(), text()).prop_map(|(id, value, display_name)| RoleAssignment { id, value, display_name });
    (text(), any::<i64>(), any::<bool>(), vec(text(), 0..5), vec(role, 0..3)).prop_map(
        |(text, number, truth, list, roles)| {
            [
                ("text", Value::text(text)),
                ("number", Value::Integer(number)),
                ("truth", Value::Boolean(truth)),
                ("list", Value::List(list.into())),
                ("roles", Value::Roles(roles.into())),
                ("empty", Value::text("")),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
        },
    )
}

fn evaluate<'a>(expression: &'a Expression, object: &'a Object) -> Result<Outcome<'a>, EvaluationError> {
    let chance = Chance::seeded(1);
    expression.evaluate(object, &Surroundings::new(Timestamp::UNIX_EPOCH, &chance))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_expression_panics_or_takes_more_steps_than_it_may(text in expression(Kind::Any, 3), object in object()) {
        let expression = match Expression::parse(&text) {
            Ok(expression) => expression,
            Err(error) => {
                let may_be_refused = matches!(
                    error.kind,
                    SyntaxErrorKind::NestedSelectUniqueValue
                        | SyntaxErrorKind::ReplaceMode
                        | SyntaxErrorKind::InvalidPattern(_)
                        | SyntaxErrorKind::UnknownGroup(_)
                        | SyntaxErrorKind::TooLong(_)
                );
                prop_assert!(may_be_refused, "{}", error.diagnostic());
                return Ok(());
            }
        };
        let outcome = evaluate(&expression, &object);
        if let Err(EvaluationError { reason, .. }) = &outcome {
            let is_costly = matches!(reason, Reason::PatternTooCostly | Reason::TooMuchText | Reason::TooLong);
            prop_assert!(!is_costly, "{}: {}", text, reason);
        }
        prop_assert_eq!(&evaluate(&expression, &object), &outcome, "{}", text);
        let chance = Chance::seeded(1);
        let explanation = expression.explain(&object, &Surroundings::new(Timestamp::UNIX_EPOCH, &chance));
        prop_assert_eq!(&explanation.outcome, &outcome, "{}", text);
        prop_assert_eq!(Expression::parse(&expression.to_string()), Ok(expression.clone()), "{}", text);
    }
}

/// A call of the function with `inner` for the parameter at `place`, and something harmless for those that it needs beside.
fn call_around(function: &Function, place: usize, inner: &str) -> String {
    let slots =
        function.signature.needed().enumerate().map(|(position, parameter)| match (parameter.name, parameter.kind) {
            _ if position == place => inner,
            ("regexPattern" | "replacementValue", _) => "\"a\"",
            _ if !parameter.required => "",
            (_, Kind::Integer) => "1",
            (_, Kind::Condition) => "True",
            _ => "[text]",
        });
    format!("{}({})", function.name, slots.collect::<Vec<_>>().join(","))
}

#[test]
fn every_function_nests_to_the_limit_in_each_of_its_parameters() {
    let (object, chance) = (Object::from([("text".to_owned(), Value::text(""))]), Chance::seeded(1));
    let surroundings = Surroundings::new(Timestamp::UNIX_EPOCH, &chance);
    for function in functions::all().filter(|function| function.name != functions::SELECT_UNIQUE_VALUE) {
        for place in 0..function.signature.needed().count() {
            let nested = |depth| (0..depth).fold("[text]".to_owned(), |inner, _| call_around(function, place, &inner));
            let deepest = nested(MAXIMUM_DEPTH);
            let expression = Expression::parse(&deepest).expect(&deepest);
            assert_eq!(expression.explain(&object, &surroundings).outcome, expression.evaluate(&object, &surroundings));
            let error = Expression::parse(&nested(MAXIMUM_DEPTH + 1)).map(|_| ()).map_err(|error| error.kind);
            assert_eq!(error, Err(SyntaxErrorKind::TooDeep), "{function:?}");
        }
    }
}

#[test]
fn expressions_of_any_length_are_read_or_refused() {
    let parsed =
        |text: &str| Expression::parse(text).map_or_else(|error| error.kind.to_string(), |_| "read".to_owned());
    for (head, part, tail, expected) in [
        ("Join(\"\"", ", [a]", ")", "read"),
        ("Switch([a], \"\"", ", \"k\", \"v\"", ")", "read"),
        ("Coalesce([a]", ",", ")", "read"),
        ("\"", "\\\\", "\"", "read"),
        ("", " ", "[a]", "read"),
        ("Left(\"a\", 1", "0", ")", "read"),
        ("Replace([a], , \"", "(a)", "\", , \"$1\")", "read"),
        ("[a", "[", "", "`[` is opened and never closed"),
        ("", "-", "", "`-` is not expected here"),
        ("IIF(", "IIF(", "", "functions nest more than 200 deep"),
        ("Not(Not([a])", ")", "", "expected the end of the expression, found `)`"),
        ("Replace([a], , \"", "(", "\", , \"$1\")", "the regular expression is invalid: groups nest too deep"),
        ("Replace([a], , \"", "(?", "\", , \"$1\")", "the regular expression is invalid: groups nest too deep"),
        ("Replace([a], , \"", "[a-", "\", , \"$1\")", "the regular expression is invalid: groups nest too deep"),
    ] {
        let text = |repeats: usize| format!("{head}{}{tail}", part.repeat(repeats));
        let most = (MAXIMUM_LENGTH - head.len() - tail.len()) / part.len();
        let found = parsed(&text(most));
        assert!(found.starts_with(expected), "{head}{part}{tail}: {found}");
        for repeats in [most + 1, 1_000_000] {
            let found = parsed(&text(repeats));
            let length = head.len() + repeats * part.len() + tail.len();
            assert_eq!(found, format!("the expression has {length} characters; at most 10000 are allowed"), "{part}");
        }
    }
}

#[test]
fn lists_of_a_hundred_thousand_values_are_no_trouble() {
    let elements: Vec<String> = (0..100_000).map(|number| (number % 1000).to_string()).collect();
    let object = Object::from([("list".to_owned(), Value::List(elements.into()))]);
    for (text, expected) in [
        ("Count([list])", "100000"),
        ("Item([list], 100000)", "999"),
        ("Count(RemoveDuplicates([list]))", "1000"),
        ("Count(Split(Join(\";\", [list]), \";\"))", "100000"),
        ("Left(Join(\";\", [list]), 9)", "0;1;2;3;4"),
    ] {
        let expression = Expression::parse(text).expect(text);
        let value = evaluate(&expression, &object).map(|outcome| outcome.value.into_string_form().map(Into::into));
        assert_eq!(value, Ok(Some(expected.to_owned())), "{text}");
    }
}

#[test]
fn an_evaluation_works_through_so_much_text_and_no_more() {
    let object = Object::from([
        ("long".to_owned(), Value::text("aé, b".repeat(200_000))),
        ("list".to_owned(), Value::List(vec!["a".repeat(100); 10_000].into())),
    ]);
    for argument in [
        "Left(Append([long],\"x\"),0)",
        "Left([long]=\"\",0)",
        "Left(InStr([long],\"x\"),0)",
        "Left(Join(\"\",[list]),0)",
        "Left(Item(RemoveDuplicates([list]),1),0)",
    ] {
        let calls = |count: usize| format!("Coalesce({})", vec![argument; count].join(","));
        let few = Expression::parse(&calls(10)).expect(argument);
        let many = Expression::parse(&calls(200)).expect(argument);
        assert!(evaluate(&few, &object).is_ok(), "{argument}");
        let reason = evaluate(&many, &object).map(|_| ()).map_err(|error| error.reason);
        assert_eq!(reason, Err(Reason::TooMuchText), "{argument}");
    }
}

#[test]
fn values_that_are_copied_out_of_an_object_count_however_little_is_asked_of_them() {
    let role = json!({"id": "1".repeat(40), "value": "2".repeat(40), "displayName": "3".repeat(40)});
    let object = json!({"list": vec!["a".repeat(100); 10_000], "roles": vec![role; 10_000], "table": {"a": "b".repeat(1_000_000)}});
    let object = object.as_object().expect("an object");
    for attribute in ["[list]", "[roles]", "[table]"] {
        let expression = Expression::parse(&format!(
            "Coalesce({})",
            vec![format!("IIF(IsNull({attribute}),1,\"\")"); 200].join(",")
        ));
        let (expression, chance) = (expression.expect(attribute), Chance::seeded(1));
        let outcome = expression.evaluate(object, &Surroundings::new(Timestamp::UNIX_EPOCH, &chance));
        assert_eq!(outcome.map_err(|error| error.reason), Err(Reason::TooMuchText), "{attribute}");
    }
}

#[test]
fn a_value_of_a_megabyte_is_not_repeated_by_an_error() {
    let object = Object::from([("long".to_owned(), Value::text("é".repeat(500_000)))]);
    for text in [
        "CDate([long])",
        "CBool([long])",
        "BitAnd([long], 1)",
        "IIF([long], \"1\", \"2\")",
        "DateAdd([long], 1, Now())",
        "FormatDateTime([long], , \"d\", \"d\")",
        "FormatDateTime([long], , Append([long], \"x\"), \"d\")",
        "FormatDateTime([long], [long], \"d\", \"d\")",
        "FormatDateTime(Now(), , \"d\", Append([long], \"\\\\\"))",
        "InStr(\"a\", \"b\", 1, [long])",
        "InStr(\"a\", \"b\", [long])",
        "Replace(\"a\", , \"(?<n>a)\", [long], \"b\")",
        "Replace(\"a\", , Left([long], 200), Left([long], 200), \"b\")",
    ] {
        let expression = Expression::parse(text).expect(text);
        let error = evaluate(&expression, &object).expect_err(text).to_string();
        assert!(error.len() < 700, "{text}: {} bytes", error.len());
    }
    let expression = Expression::parse("ToLower([long])").expect("an expression");
    let chance = Chance::seeded(1);
    let explanation = expression.explain(&object, &Surroundings::new(Timestamp::UNIX_EPOCH, &chance));
    assert!(explanation.to_string().len() < 5000, "{} bytes", explanation.to_string().len());
}
