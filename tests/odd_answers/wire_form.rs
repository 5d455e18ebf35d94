//! Answers as the bytes that stand on the wire.

use flate2::{Compression, write::GzEncoder};
use scimulator::sandbox::Response;
use serde_json::{Map, Value};
use std::{fmt::Write as _, io};

/// A whole answer, after which the connection closes.
pub(crate) fn closing(status: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// A whole answer with a JSON body, after which the connection closes.
pub(crate) fn json(status: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    closing(status, &[("Content-Type", "application/scim+json")], body)
}

/// The application's answer as it is. The connection stays open.
pub(crate) fn plain(response: Response) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Status\r\n", response.status);
    for (name, value) in response.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if response.status != 204 {
        let _ = write!(head, "Content-Length: {}\r\n", response.body.len());
    }
    [head.as_bytes(), b"\r\n", &response.body].concat()
}

fn with_body(mut response: Response, body: Vec<u8>) -> Vec<u8> {
    if !response.body.is_empty() {
        response.body = body;
    }
    plain(response)
}

/// The names of SCIM in capital letters.
pub(crate) fn shouting(response: Response) -> Vec<u8> {
    fn shout(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                Value::Object(members.iter().map(|(name, value)| (name.to_uppercase(), shout(value))).collect())
            }
            Value::Array(items) => items.iter().map(shout).collect(),
            other => other.clone(),
        }
    }
    let body = serde_json::from_slice::<Value>(&response.body).map(|body| shout(&body).to_string().into_bytes());
    with_body(response, body.unwrap_or_default())
}

/// Called a web page.
pub(crate) fn as_web_page(mut response: Response) -> Vec<u8> {
    response.headers = vec![("Content-Type".to_owned(), "text/html; charset=utf-8".to_owned())];
    plain(response)
}

/// Without any header of its own.
pub(crate) fn bare(mut response: Response) -> Vec<u8> {
    response.headers.clear();
    plain(response)
}

/// After a byte order mark, and after white space.
pub(crate) fn with_byte_order_mark(response: Response) -> Vec<u8> {
    let body = [b"\xef\xbb\xbf \r\n\t".as_slice(), &response.body].concat();
    with_body(response, body)
}

/// With each name at the top twice, the false one first.
pub(crate) fn with_duplicate_keys(response: Response) -> Vec<u8> {
    let members = serde_json::from_slice::<Map<String, Value>>(&response.body).unwrap_or_default();
    let falsified: Vec<String> =
        members.keys().map(|name| format!("{}:\"false\"", Value::from(name.as_str()))).collect();
    let body = String::from_utf8_lossy(&response.body).replacen('{', &format!("{{{},", falsified.join(",")), 1);
    with_body(response, body.into_bytes())
}

/// Packed though nobody asked for it.
pub(crate) fn gzipped(mut response: Response) -> Vec<u8> {
    if response.body.is_empty() {
        return plain(response);
    }
    response.headers.push(("Content-Encoding".to_owned(), "gzip".to_owned()));
    let body = gzip(&response.body);
    with_body(response, body)
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

/// In chunks of one byte.
pub(crate) fn chunked(response: Response) -> Vec<u8> {
    if response.body.is_empty() {
        return plain(response);
    }
    let mut bytes = format!("HTTP/1.1 {} Status\r\nTransfer-Encoding: chunked\r\n\r\n", response.status).into_bytes();
    for byte in response.body {
        bytes.extend_from_slice(&[b'1', b'\r', b'\n', byte, b'\r', b'\n']);
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

/// After some announcements that are no answer yet.
pub(crate) fn announced(response: Response) -> Vec<u8> {
    [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".as_slice(), &plain(response)]
        .concat()
}

/// By HTTP/1.0, where the end of the connection is the end of the body.
pub(crate) fn by_the_old_protocol(response: Response) -> Vec<u8> {
    let Response { status, body, .. } = response;
    [format!("HTTP/1.0 {status} Status\r\n\r\n").into_bytes(), body].concat()
}

/// With the status that says no more than that it went well.
pub(crate) fn with_a_plain_200(mut response: Response) -> Vec<u8> {
    response.status = 200;
    plain(response)
}

/// Without a body, where the application has one.
pub(crate) fn without_a_body(mut response: Response) -> Vec<u8> {
    response.body.clear();
    response.headers.clear();
    plain(response)
}

/// With a body, where the application has none.
pub(crate) fn with_an_empty_object(mut response: Response) -> Vec<u8> {
    if response.body.is_empty() {
        response.status = 200;
        response.body = b"{}".to_vec();
    }
    plain(response)
}
