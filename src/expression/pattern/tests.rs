//! What .NET's engine does, row by row of `spec/EXPRESSIONS.md` §6.

use super::{Budget, Pattern, PatternErrorKind, TooCostly};
use proptest::{collection::vec, prelude::*, sample::select};

fn replaced(pattern: &str, text: &str, replacement: &str) -> String {
    let pattern = Pattern::new(pattern).expect(pattern);
    pattern.replace(text, replacement, &mut Budget::default()).expect("within the budget")
}

fn assert_replaced(table: &[(&str, &str, &str, &str)]) {
    for &(pattern, text, replacement, expected) in table {
        assert_eq!(replaced(pattern, text, replacement), expected, "{pattern} on {text} by {replacement}");
    }
}

fn assert_matches(table: &[(&str, &str, bool)]) {
    for &(pattern, text, expected) in table {
        let pattern_read = Pattern::new(pattern).expect(pattern);
        assert_eq!(pattern_read.is_match(text, &mut Budget::default()), Ok(expected), "{pattern} on {text:?}");
    }
}

#[test]
fn empty_matches_are_found_as_dotnet_finds_them() {
    assert_replaced(&[
        (".*", "abc", "x", "xx"),
        ("[a-zA-Z_]*", "ab12", "-", "--1-2-"),
        ("", "ab", "-", "-a-b-"),
        ("a*", "baac", "-", "-b--c-"),
        ("(\\.)*$", "name...", "", "name"),
        ("$", "a\n", "-", "a-\n-"),
        ("^", "ab", "-", "-ab"),
        ("\\b", "a b", "|", "|a| |b|"),
        (".*?", "ab", "-", "-a-b-"),
        ("\\G\\d", "12a3", "x", "xxa3"),
        ("x*", "é", "-", "-é-"),
    ]);
}

#[test]
fn substitutions_refer_to_groups() {
    assert_replaced(&[
        ("(\\d+)-(\\d+)", "10-20", "$2-$1", "20-10"),
        ("b", "abc", "[$&]", "a[b]c"),
        ("b", "abc", "$$", "a$c"),
        ("b", "abc", "$`$'", "aacc"),
        ("b", "abc", "$_", "aabcc"),
        ("(b)(c)?", "abd", "<$+>", "a<>d"),
        ("(b)", "abc", "$1b", "abbc"),
        ("(b)", "abc", "${1}2", "ab2c"),
        ("(b)", "abc", "$2 ${x} $x $", "a$2 ${x} $x $c"),
        ("(b)", "abc", "$10", "a$10c"),
        ("(?<n>b)", "abc", "${n}${n}", "abbc"),
        ("(b)|(c)", "bc", "<$1$2>", "<b><c>"),
        ("(b)", "abc", "$0", "abc"),
        ("b", "abc", "${", "a${c"),
        ("b", "abc", "$99999999999999999999", "a$99999999999999999999c"),
    ]);
}

#[test]
fn named_groups_are_numbered_after_the_others() {
    assert_replaced(&[
        ("(?<id>b)(a)", "ba", "$1$2", "ab"),
        ("(?'id'b)(a)", "ba", "$1${id}", "ab"),
        ("(?<x>a)|(?<x>b)", "ab", "[${x}$1]", "[aa][bb]"),
        ("(?<2>a)(b)", "ab", "$1$2", "ba"),
        ("(?n)(a)(?<k>b)", "ab", "$1$2", "b$2"),
        ("(?:a)(b)", "ab", "$1", "b"),
        ("(a)*b", "aab", "$1", "a"),
        ("((a)|b)*", "ab", "$1$2", "ba"),
    ]);
}

#[test]
fn classes_are_read_as_dotnet_reads_them() {
    assert_matches(&[
        ("^[\\<\\>]+$", "<>", true),
        ("\\<b\\>", "a<b>", true),
        ("[[]", "[", true),
        ("^[a[b]$", "[", true),
        ("[a-z-[aeiou]]", "e", false),
        ("[a-z-[aeiou]]", "x", true),
        ("[a-[a]]", "a", false),
        ("^[\\w-[\\d_]]+$", "aé", true),
        ("^[\\w-[\\d_]]+$", "a1", false),
        ("^[a&&b]+$", "a&b", true),
        ("^[a~~b]+$", "~", true),
        ("^[+--]+$", "+,-", true),
        ("^[]a]+$", "]a", true),
        ("^[^]a]$", "]", false),
        ("^[a-]+$", "-a", true),
        ("^[-a]+$", "-a", true),
        ("^[\\d-x]+$", "1-x", true),
        ("^[()\\s-]+$", "( )-", true),
        ("^[\\/\\\\\\[\\]\\:\\;\\|\\=\\,\\+\\*\\?\\<\\>]+$", "/\\[]:;|=,+*?<>", true),
        ("[\\b]", "\u{8}", true),
        ("^\\d\\w\\s$", "٣é\u{a0}", true),
        ("\\d", "²", false),
        ("^\\D\\W\\S$", "x-x", true),
        ("^\\p{Lu}\\P{Lu}\\p{IsGreek}$", "ÉéΩ", true),
        ("^[\\x41-\\x43\\u0044\\t]+$", "ABCD\t", true),
        ("^\\x41\\u00e9\\101\\e\\cA$", "AéA\u{1b}\u{1}", true),
        ("^\\uD83D\\uDE00.$", "😀😀", true),
        ("]", "]", true),
        ("[^a]", "\n", true),
    ]);
}

#[test]
fn anchors_know_the_last_line_end() {
    assert_matches(&[
        ("a$", "a\n", true),
        ("a$", "a\n\n", false),
        ("a\\Z", "a\n", true),
        ("a\\z", "a\n", false),
        ("(?m)^b$", "a\nb\nc", true),
        ("^b", "a\nb", false),
        ("(?m)\\Ab", "a\nb", false),
        ("a.b", "a\nb", false),
        ("a.b", "a\rb", true),
        ("(?s)a.b", "a\nb", true),
        ("\\Bb", "ab", true),
        ("\\bb", "ab", false),
    ]);
}

#[test]
fn quantifiers_and_braces() {
    assert_matches(&[
        ("^a{,3}$", "a{,3}", true),
        ("^{$", "{", true),
        ("^a{$", "a{", true),
        ("^a{x}$", "a{x}", true),
        ("^a{2}$", "aa", true),
        ("^a{2}$", "aaa", false),
        ("^a{2,}$", "aaaa", true),
        ("^(?:ab){1,2}$", "abab", true),
        ("^(?:ab){1,2}$", "ababab", false),
        ("^(a?){3}$", "", true),
        ("^(a*)*$", "aaa", true),
        ("^(a*)+b", "aaa", false),
        ("^(?:){1000000}$", "", true),
        ("^(?:a|ab)(?:c|bcd)$", "abcd", true),
    ]);
    assert_replaced(&[
        ("a+?", "aaa", "x", "xxx"),
        ("a{1,2}?b", "aab", "x", "x"),
        ("(?:ab)+?", "abab", "x", "xx"),
        ("<.+?>", "<a><b>", "x", "xx"),
        ("<.+>", "<a><b>", "x", "x"),
        ("é{2}", "ééé", "x", "xé"),
    ]);
}

#[test]
fn looks_back_references_and_atomic_groups() {
    assert_matches(&[
        ("^(?!test).*$", "testuser", false),
        ("^(?!test).*$", "user", true),
        ("(?<=a)b", "ab", true),
        ("(?<=a)b", "cb", false),
        ("(?<!a)b", "ab", false),
        ("(?<=a+)b", "caab", true),
        ("(?<=(\\d)x)\\1", "1x1", true),
        ("(?<=\\1(a))b", "aab", true),
        ("(?=(a+))a*b\\1", "baaabac", true),
        ("^(a)\\1$", "aa", true),
        ("^(?<n>a)\\k<n>\\k'n'$", "aaa", true),
        ("(?i)^(a)\\1$", "aA", true),
        ("^(a)?\\1$", "", false),
        ("^(?>a*)ab", "aaab", false),
        ("^(?>a|ab)c", "abc", false),
        ("^(a)?(?(1)b|c)$", "ab", true),
        ("^(a)?(?(1)b|c)$", "c", true),
        ("^(a)?(?(1)b|c)$", "ac", false),
        ("^(?<x>a)?(?(x)b)$", "", true),
        ("^(?(?=a)ab|c)$", "ab", true),
        ("^(?(a)ab|c)$", "c", true),
        ("^(?(1)(?:a|b))(x)$", "x", true),
    ]);
    assert_replaced(&[("(?=(b))", "abc", "<$1>", "a<b>bc"), ("(?<=(.))x", "axbx", "$1", "aabb")]);
}

#[test]
fn options_hold_to_the_end_of_their_group() {
    assert_matches(&[
        ("(?i)ABC", "abc", true),
        ("(?i:a)b", "Ab", true),
        ("(?i:a)b", "AB", false),
        ("(a(?i)b)c", "aBc", true),
        ("(a(?i)b)c", "aBC", false),
        ("(?i)[^a]", "A", false),
        ("(?i)^[a-c]é$", "BÉ", true),
        ("(?i)a(?-i)b", "AB", false),
        ("(?x) a b # comment\n c", "abc", true),
        ("(?x)a b", "a b", false),
        ("(?x)a\\ [ ]b", "a  b", true),
        ("a(?#comment)b", "ab", true),
        ("(?x)a +", "aaa", true),
        ("(?im)^B$", "a\nb", true),
    ]);
}

#[test]
fn a_whole_match_leaves_nothing_over() {
    for (pattern, text, expected) in [
        ("a|ab", "ab", true),
        ("[1-9][0-9]", "100", false),
        ("^x$", "x", true),
        ("x", "x\n", false),
        ("x$", "x\n", false),
        (".*\\@domain.com", "jane@domain.com", true),
        ("", "", true),
        ("", "a", false),
    ] {
        assert_eq!(
            Pattern::whole(pattern).expect(pattern).is_match(text, &mut Budget::default()),
            Ok(expected),
            "{pattern} on {text:?}"
        );
    }
}

#[test]
fn invalid_patterns_say_where() {
    for (pattern, message) in [
        ("a++", "a quantifier cannot follow another at character 3"),
        ("a**", "a quantifier cannot follow another at character 3"),
        ("a{2}{3}", "a quantifier cannot follow another at character 5"),
        ("*a", "the quantifier has nothing to repeat at character 1"),
        ("(+)", "the quantifier has nothing to repeat at character 2"),
        ("{2}", "the quantifier has nothing to repeat at character 1"),
        ("a{3,2}", "the range is in reverse order at character 2"),
        ("a{9999999999}", "the number is too large at character 2"),
        ("(a", "`(` is never closed at character 1"),
        ("a)", "`)` closes nothing at character 2"),
        ("[a", "`[` is never closed at character 1"),
        ("[]", "`[` is never closed at character 1"),
        ("[a--b]", "the range is in reverse order at character 4"),
        ("[z-a]", "the range is in reverse order at character 4"),
        ("[a-\\d]", "a class cannot end a range at character 4"),
        ("[a-z-[b]c]", "a subtracted class must be the last part of a class at character 5"),
        ("\\", "the backslash escapes nothing at character 2"),
        ("\\y", "`\\y` is no escape at character 2"),
        ("\\xZZ", "`\\x` is no escape at character 2"),
        ("\\k<n>", "there is no group `n` at character 2"),
        ("\\2(a)", "there is no group `2` at character 2"),
        ("\\p{Greek}", "`Greek` is no known Unicode category at character 2"),
        ("\\p{IsKlingon}", "`IsKlingon` is no known Unicode category at character 2"),
        ("(?<a-b>x)", "balancing groups are not supported at character 4"),
        ("(?<-b>x)", "balancing groups are not supported at character 4"),
        ("(?<0>x)", "the group's name is invalid at character 4"),
        ("(?<1a>x)", "the group's name is invalid at character 4"),
        ("(?P<n>x)", "the group's kind is unknown at character 1"),
        ("(?q)", "the group's kind is unknown at character 1"),
        ("(a)(?(1)a|b|c)", "a conditional group has at most two alternatives at character 4"),
        ("(?#x", "`(` is never closed at character 1"),
    ] {
        let error = Pattern::new(pattern).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(error, Err(message.to_owned()), "{pattern}");
    }
    let nested = format!("{}a{}", "(".repeat(500), ")".repeat(500));
    assert_eq!(Pattern::new(&nested).map(|_| ()).map_err(|error| error.kind), Err(PatternErrorKind::TooDeep));
}

#[test]
fn a_group_can_be_replaced_or_taken_alone() {
    for (pattern, text, group, replacement, expected) in [
        ("(?<streetNumber>^\\d*)", "545 Tremont Street", "streetNumber", "888", "888 Tremont Street"),
        ("(?<Suffix>@(.)*)", "jsmith@contoso.com", "Suffix", "", "jsmith"),
        ("a(?<n>b)?", "aabac", "n", "$1", "aa$1ac"),
        ("a(?<n>b)?", "ab", "1", "x", "ax"),
        ("(?<=(?<n>a))b", "abab", "n", "x", "xbxb"),
    ] {
        let pattern = Pattern::new(pattern).expect(pattern);
        let replaced = pattern.replace_group(text, group, replacement, &mut Budget::default());
        assert_eq!(replaced.as_deref(), Ok(expected), "{text}");
    }
    let pattern = Pattern::new("a(?<n>b)?").expect("a pattern");
    for (text, expected) in [("xab", Some("b")), ("xa", Some("")), ("x", None)] {
        assert_eq!(pattern.first_group(text, "n", &mut Budget::default()), Ok(expected), "{text}");
    }
    assert!(pattern.has_group("n") && pattern.has_group("1") && !pattern.has_group("2") && !pattern.has_group("m"));
}

#[test]
fn endless_backtracking_ends_in_an_error() {
    let text = format!("{}!", "a".repeat(60));
    for pattern in ["^(a+)+$", "^(a|aa)+$", "^(a|a)*$", "(x+x+)+y|(a*)*b", "^(?:(a+)(?=b))*$|^(\\w+\\s?)+$"] {
        let read = Pattern::new(pattern).expect(pattern);
        assert_eq!(read.replace(&text, "", &mut Budget::default()), Err(TooCostly), "{pattern}");
    }
    let everything = Pattern::new("x").expect("a pattern");
    assert_eq!(everything.replace(&"x".repeat(100_000), "$_", &mut Budget::default()), Err(TooCostly));
}

#[test]
fn one_budget_holds_for_all_searches() {
    let (mut budget, pattern) = (Budget::default(), Pattern::new("^(a|aa)+$").expect("a pattern"));
    let text = format!("{}!", "a".repeat(20));
    let searches = (0..10_000).take_while(|_| pattern.is_match(&text, &mut budget).is_ok()).count();
    assert!((10..1000).contains(&searches), "{searches}");
}

#[test]
fn nested_conditions_stay_small() {
    let pattern = format!("{}a{}", "(?(".repeat(40), ")b|c)".repeat(40));
    assert!(Pattern::new(&pattern).expect("a pattern").program.instructions.len() < 500);
}

#[test]
fn long_values_stay_within_the_budget() {
    let text = "+1 (999) 888-7777 ".repeat(20_000);
    assert_eq!(replaced("[()\\s-]+", &text, "").len(), 20_000 * 12);
    assert_eq!(replaced("(\\d+)-(\\d+)", &text, "$2-$1").len(), text.len());
    assert_eq!(replaced("^.*$", &text, "x"), "x");
    assert_eq!(replaced("(?<a>.*?)-", &text, "").len(), "7777 ".len());
}

/// What stands for one character.
const SINGLE: [&str; 9] = ["a", "b", "c", ".", "[ab]", "[^a]", "\\w", "[b-c-]", "é"];

/// Patterns in which this engine and that of the regular expression crate must agree: no part that could match nothing is
/// repeated, and nothing stands in them that only one of the two knows.
fn common_pattern() -> impl Strategy<Value = String> {
    let single = select(SINGLE.to_vec()).prop_map(str::to_owned);
    let repeat = select(vec!["", "", "", "*", "+", "?", "{2}", "{1,2}", "*?", "+?", "??", "{1,}?"]);
    single.prop_recursive(3, 24, 4, move |inner| {
        let some = (inner.clone(), repeat.clone()).prop_map(|(part, times)| {
            let times = if SINGLE.contains(&part.as_str()) { times } else { "" };
            format!("{part}{times}")
        });
        prop_oneof![
            vec(some, 1..4).prop_map(|parts| parts.concat()),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("(?:{left}|{right})")),
            inner.clone().prop_map(|part| format!("({part})")),
            inner.clone().prop_map(|part| format!("(?:a{part})+")),
            inner.clone().prop_map(|part| format!("(b{part})*?")),
            inner.clone().prop_map(|part| format!("(?={part})")),
            inner.clone().prop_map(|part| format!("(?!{part})")),
            inner.clone().prop_map(|part| format!("(?>{part})")),
            inner.clone().prop_map(|part| format!("(?<=a)b{part}")),
            inner.clone().prop_map(|part| format!("(?i:{part})")),
            inner.prop_map(|part| format!("^{part}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn common_patterns_match_as_in_the_regular_expression_crate(pattern in common_pattern(), text in "[abcABé]{0,8}") {
        let theirs = fancy_regex::Regex::new(&pattern).expect(&pattern);
        let expected = theirs.captures(&text).expect(&pattern).map(|captures| {
            captures.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect::<Vec<_>>()
        });
        let ours = Pattern::new(&pattern).expect(&pattern);
        let found = ours.find(&text, 0, &mut Budget::default()).expect(&pattern).map(|found| found.groups);
        prop_assert_eq!(found, expected, "{} on {}", pattern, text);
    }

    #[test]
    fn no_pattern_is_too_strange_to_be_refused(
        parts in vec(select(vec!["(", ")", "[", "]", "?", "<", "-", "\\", "k", "1", "{", "}", ",", "*", "|", "^", "$", "a", "é", ":", "#", "x", "n", "=", "!", "'", "&", "d"]), 0..14),
        text in any::<String>()
    ) {
        if let Ok(pattern) = Pattern::new(&parts.concat()) {
            let _ = pattern.replace(&text, "$1$+$_${a}", &mut Budget::default());
        }
    }
}
