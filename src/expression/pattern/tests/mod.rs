//! What .NET's engine does, row by row of `spec/EXPRESSIONS.md` §6.

mod agreement;
mod limits;

use super::{Budget, Pattern, PatternErrorKind};

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
        ("(b)", "abc", "${1 ${1$1}", "a${1 ${1b}c"),
        ("(b)", "abc", "${}${01}$01", "a${}bbc"),
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
        ("^(?:\\11x|y)(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)$", "yabcdefghijk", true),
        ("^(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)\\11$", "abcdefghijkk", true),
        ("^(a)\\101$", "aA", true),
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
        ("(?(1)a|b)", "there is no group `1` at character 4"),
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
