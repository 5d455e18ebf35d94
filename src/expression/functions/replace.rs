//! `Replace`, which does five different things.
//!
//! | mode | given | result |
//! | --- | --- | --- |
//! | 1 | oldValue, replacementValue | every oldValue in the source replaced |
//! | 2 | oldValue, template | every oldValue in the template replaced by the source |
//! | 3 | regexPattern, replacementValue | every match in the source replaced, with substitutions |
//! | 4 | regexPattern, regexGroupName, replacementValue | what the group matches in the source replaced, literally |
//! | 5 | regexPattern, regexGroupName, replacementAttributeName | the source; if it is empty, what the group matches in the other attribute |
//!
//! Where several fit, the order is 2, 1, 5, 4, 3. What counts is what was written, not what it evaluates to; an empty text in
//! quotes counts as left out, except for replacementValue.
//!
//! Source: `spec/EXPRESSIONS.md` §4, `Replace`, and §1.7.

use super::{
    Function, example,
    signature::{Kind, Signature, optional, required},
};
use crate::expression::{
    arguments::Arguments,
    evaluation_error::{Reason, Stop},
    excerpt::excerpt,
    pattern::Pattern,
    syntax_error::SyntaxErrorKind,
    tree::{Call, Span},
    value::{Value, check_length},
};
use std::borrow::Cow;

const SOURCE: usize = 0;
const OLD_VALUE: usize = 1;
const PATTERN: usize = 2;
const GROUP: usize = 3;
const REPLACEMENT: usize = 4;
const OTHER_ATTRIBUTE: usize = 5;
const TEMPLATE: usize = 6;

pub(super) static FUNCTIONS: [Function; 1] = [Function::new(
    "Replace",
    Signature::of(&[
        required("source", Kind::Text),
        optional("oldValue", Kind::Text).keyed("Find"),
        optional("regexPattern", Kind::Pattern).keyed("RegularExpression"),
        optional("regexGroupName", Kind::Text).keyed("RegularExpressionGroupName"),
        optional("replacementValue", Kind::Text).keyed("Replacement"),
        optional("replacementAttributeName", Kind::Text).keyed("ReplacementPropertyName"),
        optional("template", Kind::Text).keyed("Template"),
    ]),
    "Replaces a text, the matches of a regular expression, or what one of its groups matches",
    &[
        example(
            "Replace([preferredLanguage], \"-\", , , \"_\", , )",
            &[("preferredLanguage", "EN-US")],
            "EN_US",
        ),
        example(
            "Replace([UserID],\"<username>\", , , , , \"<username>@contoso.com\")",
            &[("UserID", "jsmith")],
            "jsmith@contoso.com",
        ),
        example(
            "Replace([AddressLineData], ,\"(?<streetNumber>^\\\\d*)\",\"streetNumber\", \"888\", , )",
            &[("AddressLineData", "545 Tremont Street")],
            "888 Tremont Street",
        ),
        example(
            "Replace([telephoneNumber], , \"\\\\+(?<isdCode>\\\\d* )(?<phoneNumber>\\\\d{10})\", \"phoneNumber\" , , [mobile], )",
            &[("mobile", "+91 8887779999")],
            "8887779999",
        ),
    ],
    replace,
)
.with_check(check)];

/// What a call of `Replace` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Text,
    Template,
    Pattern,
    Group,
    OtherAttribute,
}

/// The mode of a call; none if its parameters fit no mode.
fn mode(call: &Call) -> Option<Mode> {
    let is_given = |slot: usize| {
        call.argument(slot).is_some_and(|argument| slot == REPLACEMENT || argument.constant() != Some(""))
    };
    if is_given(OLD_VALUE) && is_given(TEMPLATE) {
        Some(Mode::Template)
    } else if is_given(OLD_VALUE) && is_given(REPLACEMENT) {
        Some(Mode::Text)
    } else if is_given(PATTERN) && is_given(GROUP) && is_given(OTHER_ATTRIBUTE) {
        Some(Mode::OtherAttribute)
    } else if is_given(PATTERN) && is_given(GROUP) && is_given(REPLACEMENT) {
        Some(Mode::Group)
    } else if is_given(PATTERN) && is_given(REPLACEMENT) {
        Some(Mode::Pattern)
    } else {
        None
    }
}

fn check(call: &mut Call) -> Result<(), (SyntaxErrorKind, Span)> {
    let Some(mode) = mode(call) else {
        return Err((SyntaxErrorKind::ReplaceMode, call.name_span.clone()));
    };
    if matches!(mode, Mode::Text | Mode::Template) {
        return Ok(());
    }
    let constant = |slot: usize| call.argument(slot).and_then(|argument| Some((argument.constant()?, &argument.span)));
    let Some((text, span)) = constant(PATTERN) else {
        return Ok(());
    };
    let pattern = Pattern::new(text).map_err(|error| (SyntaxErrorKind::InvalidPattern(error), span.clone()))?;
    if matches!(mode, Mode::Group | Mode::OtherAttribute)
        && let Some((name, span)) = constant(GROUP)
        && !pattern.has_group(name)
    {
        return Err((SyntaxErrorKind::UnknownGroup(name.to_owned()), span.clone()));
    }
    call.pattern = Some(Box::new(pattern));
    Ok(())
}

fn replace<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let mode = mode(arguments.call());
    let source = arguments.text(SOURCE)?;
    if mode == Some(Mode::OtherAttribute) {
        return match source {
            Some(source) if !source.is_empty() => Ok(Value::Text(source)),
            _ => other_attribute(arguments),
        };
    }
    let Some(source) = source else {
        return Ok(Value::Null);
    };
    let text = |slot: usize| arguments.text(slot).map(Option::unwrap_or_default);
    Ok(Value::Text(match mode {
        Some(Mode::Template) => match arguments.text(TEMPLATE)? {
            Some(template) => replace_all(template, &text(OLD_VALUE)?, &source)?,
            None => return Ok(Value::Null),
        },
        Some(Mode::Text) => replace_all(source, &text(OLD_VALUE)?, &text(REPLACEMENT)?)?,
        Some(Mode::Pattern) => {
            let replacement = text(REPLACEMENT)?;
            match pattern(arguments)? {
                Some(pattern) => pattern.replace(&source, &replacement, &mut arguments.budget()).map(Cow::Owned)?,
                None => source,
            }
        }
        Some(Mode::Group) => {
            let replacement = text(REPLACEMENT)?;
            match pattern(arguments)? {
                Some(pattern) => {
                    let group = group(arguments, &pattern)?;
                    pattern.replace_group(&source, &group, &replacement, &mut arguments.budget()).map(Cow::Owned)?
                }
                None => source,
            }
        }
        Some(Mode::OtherAttribute) | None => return Ok(Value::Null),
    }))
}

fn other_attribute<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let (Some(other), Some(pattern)) = (arguments.text(OTHER_ATTRIBUTE)?, pattern(arguments)?) else {
        return Ok(Value::Null);
    };
    let group = group(arguments, &pattern)?;
    let found = pattern.first_group(&other, &group, &mut arguments.budget())?;
    Ok(found.map_or(Value::Null, |found| Value::text(found.to_owned())))
}

/// Literal replacement. Nothing can be found of an empty text.
fn replace_all<'a>(text: Cow<'a, str>, old: &str, new: &str) -> Result<Cow<'a, str>, Reason> {
    if old.is_empty() {
        return Ok(text);
    }
    let found = text.matches(old).count();
    if found == 0 {
        return Ok(text);
    }
    let length = (text.len() - found * old.len()).saturating_add(found.saturating_mul(new.len()));
    check_length(length)?;
    let mut replaced = String::with_capacity(length);
    for (number, part) in text.split(old).enumerate() {
        replaced.push_str(if number == 0 { "" } else { new });
        replaced.push_str(part);
    }
    Ok(Cow::Owned(replaced))
}

/// The regular expression: the one compiled beforehand, or that which another expression makes now; none if that is empty,
/// for then there is nothing to look for.
fn pattern<'a>(arguments: &Arguments<'_, 'a>) -> Result<Option<Cow<'a, Pattern>>, Stop> {
    if let Some(pattern) = &arguments.call().pattern {
        return Ok(Some(Cow::Borrowed(pattern)));
    }
    match arguments.text(PATTERN)? {
        Some(text) if !text.is_empty() => {
            arguments.budget().spend_on_reading(&text)?;
            let pattern = Pattern::new(&text).map_err(Reason::InvalidPattern)?;
            Ok(Some(Cow::Owned(pattern)))
        }
        _ => Ok(None),
    }
}

fn group<'a>(arguments: &Arguments<'_, 'a>, pattern: &Pattern) -> Result<Cow<'a, str>, Stop> {
    let name = arguments.text(GROUP)?.unwrap_or_default();
    if pattern.has_group(&name) { Ok(name) } else { Err(Reason::UnknownGroup(excerpt(&name)).into()) }
}

#[cfg(test)]
mod tests {
    use crate::expression::{
        Expression, SyntaxErrorKind,
        functions::testing::{assert_errors, assert_reasons, assert_values},
        tree::NodeKind,
    };

    #[test]
    fn each_mode_replaces_in_its_way() {
        assert_values(&[
            ("Replace(\"a.b.c\", \".\", , , \"\", , )", "abc"),
            ("Replace(\"a.b.c\", \".\", , , \"\")", "abc"),
            ("Replace(\"a.b\", \".\", , , [none])", "ab"),
            ("Replace(\"a.b\", [none], , , \"x\")", "a.b"),
            ("Replace(\"a.b\", \"A\", , , \"x\")", "a.b"),
            ("Replace(\"aaa\", \"aa\", , , \"b\")", "ba"),
            ("Replace([none], \".\", , , \"\")", "null"),
            ("Replace(\"j\", \"<u>\", , , , , \"<u>@x <u>\")", "j@x j"),
            ("Replace([none], \"<u>\", , , , , \"<u>@x\")", "null"),
            ("Replace(\"10-20\", , \"(\\\\d+)-(\\\\d+)\", , \"$2-$1\")", "20-10"),
            ("Replace(\"10-20\", , \"\\d+\", , \"x\")", "x-x"),
            ("Replace(\"abc\", , [none], , \"-\")", "abc"),
            ("Replace([none], , \"a\", , \"x\")", "null"),
            ("Replace(\"545 Street\", , \"(?<n>^\\\\d*)\", \"n\", \"$1\")", "$1 Street"),
            ("Replace(\"555\", , \"(?<n>\\\\d)\", \"n\", , [none])", "555"),
            ("Replace([empty], , \"(?<n>\\\\d)\", \"n\", , \"a7b8\")", "7"),
            ("Replace([none], , \"(?<n>\\\\d)\", \"n\", , \"abc\")", "null"),
            ("Replace([none], , \"(?<n>\\\\d)\", \"n\", , [none])", "null"),
        ]);
    }

    #[test]
    fn the_order_of_the_modes_is_2_1_5_4_3() {
        assert_values(&[
            ("Replace(\"b\", \"b\", \"(?<n>b)\", \"n\", \"4\", \"b\", \"<b>\")", "<b>"),
            ("Replace(\"b\", \"b\", \"(?<n>b)\", \"n\", \"1\", \"b\", )", "1"),
            ("Replace(\"b\", , \"(?<n>b)\", \"n\", \"4\", \"b\", )", "b"),
            ("Replace(\"b\", , \"(?<n>b)\", \"n\", \"$0\", , )", "$0"),
            ("Replace(\"b\", , \"(?<n>b)\", , \"<$0>\", , )", "<b>"),
            ("Replace(\"b\", \"\", \"b\", \"\", \"<$0>\", \"\", \"\")", "<b>"),
        ]);
    }

    #[test]
    fn parameters_that_fit_no_mode_are_refused_at_once() {
        for expression in
            ["Replace([a])", "Replace([a], \"x\")", "Replace([a], , \"x\")", "Replace([a], \"\", , , \"x\")"]
        {
            let error = Expression::parse(expression).expect_err(expression);
            assert_eq!(error.kind, SyntaxErrorKind::ReplaceMode, "{expression}");
        }
        let error = Expression::parse("Replace([a], , \"(x\", , \"\")").expect_err("an open group");
        assert_eq!(
            error.to_string(),
            "the regular expression is invalid: `(` is never closed at character 1 (character 16)"
        );
        let error = Expression::parse("Replace([a], , \"(?<n>x)\", \"m\", \"\")").expect_err("no group m");
        assert_eq!(error.to_string(), "the regular expression has no group `m` (character 27)");
    }

    #[test]
    fn constant_patterns_are_compiled_when_the_expression_is_read_and_never_again() {
        let is_compiled = |text: &str| match &Expression::parse(text).expect(text).root().kind {
            NodeKind::Call(call) => call.pattern.is_some(),
            _ => false,
        };
        assert!(is_compiled("Replace([a], , \"[()\\\\s-]+\", , \"\")"));
        assert!(is_compiled("Replace([a], , \"(?<n>x)\", \"n\", \"\")"));
        assert!(is_compiled("Replace([a], , \"(?<n>x)\", \"n\" , , [b])"));
        assert!(!is_compiled("Replace([a], , [pattern], , \"\")"));
    }

    #[test]
    fn patterns_that_come_from_values_are_checked_when_they_come() {
        assert_values(&[("Replace(\"abc\", , Join(\"\", \"[a\", \"b]\"), , \"\")", "c")]);
        assert_reasons(&[
            (
                "Replace([a], , Join(\"\", \"[\", \"a\"), , \"\")",
                "The regular expression is invalid: `[` is never closed at character 1",
            ),
            ("Replace([a], , \"(?<n>a)\", [a], \"\")", "The regular expression has no group `value`"),
        ]);
        assert_errors(&["Replace([list], \"a\", , , \"\")"]);
    }
}
