//! A trace as a browser's network panel opens it: HTTP Archive (HAR) 1.2.
//!
//! The file is a whole JSON document after every entry: each new one is written over the closing brackets of the last,
//! which then follow anew. So a program that is stopped leaves a file that opens. Job, cycle and number of an entry
//! stand in fields that begin with an underscore, as the format provides for additions.
//!
//! Source: the HAR 1.2 specification (<http://www.softwareishard.com/blog/har-12-spec/>).

use super::trace::{TraceEntry, TraceSink};
use serde_json::{Map, Value, json};
use std::{
    io::{self, Seek, SeekFrom, Write},
    sync::{Mutex, PoisonError},
};
use url::form_urlencoded;

/// What stands after the last entry.
const CLOSING: &[u8] = b"\n]}}\n";

/// What an unknown size is written as.
const UNKNOWN: i64 = -1;

/// A HAR file that grows.
#[derive(Debug)]
pub struct HarFile<F>(Mutex<Growing<F>>);

#[derive(Debug)]
struct Growing<F> {
    file: F,
    /// Where the closing brackets begin.
    end: u64,
    empty: bool,
}

impl<F: Write + Seek> HarFile<F> {
    /// Begins a document in an empty file.
    pub fn new(mut file: F) -> io::Result<Self> {
        let creator = json!({"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")});
        let opening = format!(r#"{{"log":{{"version":"1.2","creator":{creator},"entries":["#);
        file.write_all(opening.as_bytes())?;
        file.write_all(CLOSING)?;
        file.flush()?;
        let end = u64::try_from(opening.len()).unwrap_or(u64::MAX);
        Ok(Self(Mutex::new(Growing { file, end, empty: true })))
    }
}

impl<F: Write + Seek + Send> TraceSink for HarFile<F> {
    fn record(&self, entry: &TraceEntry) -> io::Result<()> {
        let mut growing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = if growing.empty { "\n" } else { ",\n" }.to_owned().into_bytes();
        serde_json::to_writer(&mut text, &har_entry(entry))?;
        let grown = u64::try_from(text.len()).unwrap_or(u64::MAX);
        text.extend_from_slice(CLOSING);
        let end = growing.end;
        growing.file.seek(SeekFrom::Start(end))?;
        growing.file.write_all(&text)?;
        growing.file.flush()?;
        growing.end += grown;
        growing.empty = false;
        Ok(())
    }
}

/// An entry in the archive's terms.
pub fn har_entry(entry: &TraceEntry) -> Value {
    let mut request = json!({
        "method": entry.method,
        "url": entry.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": pairs(&entry.request_headers),
        "queryString": query(&entry.url),
        "headersSize": UNKNOWN,
        "bodySize": text(&entry.request_body).len(),
    });
    if !entry.request_body.is_null() {
        let data = json!({
            "mimeType": header(&entry.request_headers, "Content-Type"),
            "text": text(&entry.request_body),
        });
        request["postData"] = data;
    }
    let none = Map::new();
    let headers = entry.response_headers.as_ref().unwrap_or(&none);
    let body = text(&entry.response_body);
    let response = json!({
        "status": entry.status.unwrap_or_default(),
        "statusText": entry.status.map_or("", super::failure::reason_phrase),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": pairs(headers),
        "content": {"size": body.len(), "mimeType": header(headers, "Content-Type"), "text": body},
        "redirectURL": header(headers, "Location"),
        "headersSize": UNKNOWN,
        "bodySize": UNKNOWN,
    });
    let mut object = json!({
        "startedDateTime": entry.time,
        "time": entry.duration_ms,
        "request": request,
        "response": response,
        "cache": {},
        "timings": {"send": 0, "wait": entry.duration_ms, "receive": 0},
        "_job": entry.job,
        "_cycle": entry.cycle,
        "_seq": entry.seq,
    });
    if let Some(error) = &entry.error {
        object["_error"] = json!(error);
    }
    object
}

/// The entry that [`har_entry`] made this of; `None` for one that it did not make.
pub fn trace_entry(object: &Value) -> Option<TraceEntry> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let status = u16::try_from(object.pointer("/response/status")?.as_u64()?).ok().filter(|status| *status > 0);
    let response_headers = headers(object.pointer("/response/headers")?)?;
    Some(TraceEntry {
        time: text("/startedDateTime")?,
        job: text("/_job"),
        cycle: text("/_cycle"),
        seq: object.get("_seq")?.as_u64()?,
        method: text("/request/method")?,
        url: text("/request/url")?,
        request_headers: headers(object.pointer("/request/headers")?)?,
        request_body: text("/request/postData/text").map_or(Value::Null, body),
        status,
        response_headers: status.map(|_| response_headers),
        response_body: text("/response/content/text").map_or(Value::Null, body),
        duration_ms: object.get("time")?.as_u64()?,
        error: text("/_error"),
    })
}

fn headers(pairs: &Value) -> Option<Map<String, Value>> {
    pairs.as_array()?.iter().map(|pair| Some((pair["name"].as_str()?.to_owned(), pair["value"].clone()))).collect()
}

/// A body from its text.
fn body(text: String) -> Value {
    match serde_json::from_str(&text) {
        _ if text.is_empty() => Value::Null,
        Ok(value) => value,
        Err(_) => Value::String(text),
    }
}

/// A body as text: what is JSON, without the spaces it may have had.
fn text(body: &Value) -> String {
    match body {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        json => json.to_string(),
    }
}

fn pairs(headers: &Map<String, Value>) -> Value {
    headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}

fn header<'a>(headers: &'a Map<String, Value>, name: &str) -> &'a str {
    let found = headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
    found.and_then(|(_, value)| value.as_str()).unwrap_or_default()
}

fn query(url: &str) -> Value {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).map(|(name, value)| json!({"name": name, "value": value})).collect()
}
