//! Members of JSON objects, found by name ignoring letter case (RFC 7643 §2.1), in their order.

use serde_json::{Map, Value};

/// The name under which the object holds `name`.
fn key<'a>(object: &'a Map<String, Value>, name: &'a str) -> Option<&'a str> {
    if object.contains_key(name) {
        return Some(name);
    }
    object.keys().find(|key| key.eq_ignore_ascii_case(name)).map(String::as_str)
}

/// The member of this name.
pub(crate) fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// Sets the member of this name; one that is there under another letter case keeps its name and place.
pub(crate) fn set(object: &mut Map<String, Value>, name: &str, value: Value) {
    let key = key(object, name).unwrap_or(name).to_owned();
    object.insert(key, value);
}

/// Takes the member of this name out; the others keep their order.
pub(crate) fn take(object: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = key(object, name)?.to_owned();
    object.shift_remove(&key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_member_is_replaced_where_it_stands_whatever_its_letter_case() {
        let mut object = json!({"a": 1, "userName": 2, "b": 3}).as_object().unwrap().clone();
        set(&mut object, "USERNAME", json!(4));
        assert_eq!(Value::Object(object.clone()).to_string(), r#"{"a":1,"userName":4,"b":3}"#);
        assert_eq!(take(&mut object, "A"), Some(json!(1)));
        assert_eq!(Value::Object(object).to_string(), r#"{"userName":4,"b":3}"#);
    }
}
