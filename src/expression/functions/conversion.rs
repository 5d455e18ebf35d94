//! Conversions between kinds of values, encodings and bits.

use super::{
    Function, example,
    signature::{Kind, Signature, required},
};
use crate::expression::{
    arguments::Arguments,
    comparison,
    evaluation_error::{Reason, Stop},
    excerpt::excerpt,
    value::Value,
};

pub(super) static FUNCTIONS: [Function; 5] = [
    Function::new(
        "BitAnd",
        Signature::of(&[required("value1", Kind::Integer), required("value2", Kind::Integer)]),
        "Gives the bits that two whole numbers have in common",
        &[example("BitAnd(&HF, &HF7)", &[], "7")],
        bit_and,
    ),
    Function::new(
        "CBool",
        Signature::of(&[required("expression", Kind::Condition)]),
        "Gives True for a comparison that holds or a number other than 0",
        &[example("CBool([attribute1] = [attribute2])", &[("attribute1", "x"), ("attribute2", "x")], "True")],
        c_bool,
    ),
    Function::new(
        "CStr",
        Signature::of(&[required("value", Kind::Any)]),
        "Writes a value as a text",
        &[example("CStr([dn])", &[("dn", "cn=Joe,dc=contoso,dc=com")], "cn=Joe,dc=contoso,dc=com")],
        c_str,
    ),
    Function::new(
        "ConvertToBase64",
        Signature::of(&[required("source", Kind::Text)]),
        "Encodes the UTF-16 bytes of a text in Base64",
        &[example("ConvertToBase64(\"Hello world!\")", &[], "SABlAGwAbABvACAAdwBvAHIAbABkACEA")],
        convert_to_base64,
    ),
    Function::new(
        "ConvertToUTF8Hex",
        Signature::of(&[required("source", Kind::Text)]),
        "Writes the UTF-8 bytes of a text as hexadecimal digits",
        &[example("ConvertToUTF8Hex(\"Hello world!\")", &[], "48656C6C6F20776F726C6421")],
        convert_to_utf8_hex,
    ),
];

fn bit_and<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(Value::Integer(arguments.integer(0)? & arguments.integer(1)?))
}

fn c_bool<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let truth = match arguments.text(0)?.as_deref() {
        None | Some("False") => false,
        Some("True") => true,
        Some(text) => match comparison::is_zero(text) {
            Some(zero) => !zero,
            None => return Err(Reason::NotBoolean(excerpt(text)).into()),
        },
    };
    Ok(Value::Boolean(truth))
}

fn c_str<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(arguments.text(0)?.map_or(Value::Null, Value::Text))
}

fn convert_to_base64<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(match arguments.text(0)? {
        Some(text) => {
            let mut bytes = Vec::with_capacity(text.len() * 2);
            bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
            Value::text(base64(&bytes))
        }
        None => Value::Null,
    })
}

/// Base64 in the standard alphabet, padded (RFC 4648 §4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |position: usize| group.get(position).copied().map_or(0, usize::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let padded = digit > group.len();
            encoded.push(if padded { '=' } else { char::from(ALPHABET[bits >> (18 - 6 * digit) & 63]) });
        }
    }
    encoded
}

fn convert_to_utf8_hex<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let Some(text) = arguments.text(0)? else {
        return Ok(Value::Null);
    };
    let digit = |value: u8| char::from(b"0123456789ABCDEF"[usize::from(value)]);
    let mut digits = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        digits.push(digit(byte >> 4));
        digits.push(digit(byte & 0xF));
    }
    Ok(Value::text(digits))
}

#[cfg(test)]
mod tests {
    use crate::expression::functions::testing::{assert_errors, assert_values};

    #[test]
    fn bit_and_keeps_common_bits() {
        assert_values(&[
            ("BitAnd(&HF, &HF7)", "7"),
            ("BitAnd(12, 10)", "8"),
            ("BitAnd(\"6\", \"3\")", "2"),
            ("BitAnd(-1, [five])", "5"),
            ("BitAnd(&HFFFFFFFFFFFFFFFF, 9223372036854775807)", "9223372036854775807"),
        ]);
        assert_errors(&["BitAnd([a], 2)", "BitAnd([none], 2)", "BitAnd(1.5, 2)", "BitAnd(9223372036854775808, 1)"]);
    }

    #[test]
    fn c_bool_is_about_zero() {
        assert_values(&[
            ("CBool([a] = \"value\")", "True"),
            ("CBool(0)", "False"),
            ("CBool(\"0.0\")", "False"),
            ("CBool(-5)", "True"),
            ("CBool([five])", "True"),
            ("CBool([no])", "False"),
            ("CBool(\"True\")", "True"),
            ("CBool(\"False\")", "False"),
            ("CBool([none])", "False"),
            ("CBool(BitAnd(512, 2))", "False"),
        ]);
        assert_errors(&["CBool([a])", "CBool(\"\")", "CBool([list])", "CBool(\"true\")"]);
    }

    #[test]
    fn c_str_gives_the_string_form() {
        assert_values(&[
            ("CStr([five])", "5"),
            ("CStr([no])", "False"),
            ("CStr([none])", "null"),
            ("CStr(Now())", "7/2/2021 3:33:38 PM"),
        ]);
        assert_errors(&["CStr([list])"]);
    }

    #[test]
    fn encodings() {
        assert_values(&[
            ("ConvertToBase64(\"A\")", "QQA="),
            ("ConvertToBase64(\"é\")", "6QA="),
            ("ConvertToBase64(\"abc\")", "YQBiAGMA"),
            ("ConvertToBase64(\"😀\")", "PdgA3g=="),
            ("ConvertToBase64(\"\")", ""),
            ("ConvertToBase64([none])", "null"),
            ("ConvertToUTF8Hex(\"é\")", "C3A9"),
            ("ConvertToUTF8Hex(\"\")", ""),
            ("ConvertToUTF8Hex([none])", "null"),
        ]);
    }
}
