//! What holds of the streams whatever a file says.

use super::tests::{file_name, items, texts};
use super::{Format, Records};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{io::BufReader, path::Path};

/// Any JSON value.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        r#"[\[\]{}",:\\/ value]{0,8}"#.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let members = prop::collection::vec((any::<String>(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The text of a value with blanks around its brackets, commas and colons.
fn spaced(value: &Value, blanks: &[String]) -> String {
    let mut blanks = blanks.iter().cycle();
    let (mut text, mut in_text, mut is_escaped) = (String::new(), false, false);
    for character in value.to_string().chars() {
        let is_spaced = !in_text && "[]{},:".contains(character);
        text.extend(blanks.next().filter(|_| is_spaced).map(String::as_str));
        text.push(character);
        text.extend(blanks.next().filter(|_| is_spaced).map(String::as_str));
        in_text ^= character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
    }
    text
}

/// Bytes of which many mean something in one of the formats.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        r#"([\[\]{}",;:a1 \n\r\\é\u{feff}]|"value"|\{\}|""){0,40}"#.prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn splitting_gives_back_the_elements_whatever_the_blanks_and_chunks(
        values in prop::collection::vec(value(), 0..6),
        blanks in prop::collection::vec("[ \t\r\n]{0,3}", 1..40),
        chunk in 1_usize..20,
        in_page in any::<bool>(),
    ) {
        let list = Value::from(values.clone());
        let page = json!({"@odata.count": [[], {}], "value": list, "x": "]"});
        let text = spaced(if in_page { &page } else { &list }, &blanks);
        let reader = BufReader::with_capacity(chunk, text.as_bytes());
        let mut split = Vec::new();
        for record in Records::new(reader, Path::new("users.json"), Format::Json).unwrap() {
            let record = record.unwrap();
            let lines_before = usize::try_from(record.line).unwrap() - 1;
            let columns_before = usize::try_from(record.column).unwrap() - 1;
            let line_start: usize = text.split_inclusive('\n').take(lines_before).map(str::len).sum();
            let column: usize = text[line_start..].chars().take(columns_before).map(char::len_utf8).sum();
            prop_assert!(text.as_bytes()[line_start + column..].starts_with(&record.text));
            split.push(serde_json::from_slice::<Value>(&record.text).unwrap());
            prop_assert_eq!(record.number, split.len() as u64);
        }
        prop_assert_eq!(split, values);
    }

    #[test]
    fn a_list_that_is_cut_off_anywhere_is_refused(
        values in prop::collection::vec(value(), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let text = Value::from(values).to_string();
        let cut = &text.as_bytes()[..cut.index(text.len())];
        prop_assert!(matches!(items(Format::Json, cut).last(), Some(Err(_))));
    }

    #[test]
    fn rows_come_back_as_they_were_quoted(
        rows in prop::collection::vec(prop::collection::vec("[a\",;\r\n é]{1,6}", 3), 1..5),
        separator in prop::sample::select(vec![",", ";"]),
        line_end in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let mut text = ["x", "y", "z"].join(separator) + line_end;
        let mut expected = Vec::new();
        for row in &rows {
            let line = text.matches('\n').count() + 1;
            expected.push(format!("{line}:1 {}", json!({"x": row[0], "y": row[1], "z": row[2]})));
            text += &(row.iter().map(quoted).collect::<Vec<_>>().join(separator) + line_end);
        }
        prop_assert_eq!(texts(Format::Csv, &text), expected);
    }

    #[test]
    fn no_bytes_panic_and_the_size_of_chunks_makes_no_difference(bytes in bytes(), chunk in 1_usize..9) {
        for format in [Format::Json, Format::Ndjson, Format::Csv] {
            let chunked = items(format, BufReader::with_capacity(chunk, bytes.as_slice()));
            let whole = items(format, bytes.as_slice());
            prop_assert_eq!(format!("{chunked:?}"), format!("{whole:?}"), "{}", file_name(format));
            prop_assert!(whole.iter().flatten().all(|record| std::str::from_utf8(&record.text).is_ok()));
        }
    }
}
