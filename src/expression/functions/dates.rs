//! Dates: reading, writing and reckoning.

use super::{
    Function, example,
    signature::{Kind, Signature, optional, required},
};
use crate::expression::{
    arguments::Arguments,
    dates::{self, Interval, Styles},
    evaluation_error::{Reason, Stop},
    excerpt::excerpt,
    tree::{Call, Node, NodeKind},
    value::Value,
};

pub(super) static FUNCTIONS: [Function; 7] = [
    Function::new(
        "CDate",
        Signature::of(&[required("expression", Kind::DateTime)]),
        "Reads a text as a date in UTC",
        &[example("CDate([StatusHireDate])", &[("StatusHireDate", "2020-03-16-07:00")], "3/16/2020 7:00:00 AM")],
        c_date,
    ),
    Function::new(
        "DateAdd",
        Signature::of(&[
            required("interval", Kind::Text),
            required("value", Kind::Integer),
            required("dateTime", Kind::DateTime),
        ]),
        "Adds a number of intervals (yyyy, m, ww, d, h, n, s) to a date",
        &[example(
            "DateAdd(\"d\", 7, CDate([StatusHireDate]))",
            &[("StatusHireDate", "2012-03-16-07:00")],
            "3/23/2012 7:00:00 AM",
        )],
        date_add,
    )
    .with_constants(check_interval),
    Function::new(
        "DateDiff",
        Signature::of(&[
            required("interval", Kind::Text),
            required("date1", Kind::DateTime),
            required("date2", Kind::DateTime),
        ]),
        "Counts the intervals (yyyy, m, ww, d, h, n, s) from one date to another; negative if the second is earlier",
        &[example("DateDiff(\"d\", CDate(\"2021-08-18\"), CDate(\"2021-08-31\"))", &[], "13")],
        date_diff,
    )
    .with_constants(check_interval),
    Function::new(
        "DateFromNum",
        Signature::of(&[required("value", Kind::Integer)]),
        "Reads Active Directory's time, 100-nanosecond steps since 1601, as a date",
        &[example(
            "DateFromNum([lastLogonTimestamp])",
            &[("lastLogonTimestamp", "129699324000000000")],
            "1/1/2012 11:00:00 PM",
        )],
        date_from_num,
    ),
    Function::new(
        "FormatDateTime",
        Signature::of(&[
            required("source", Kind::DateTime),
            optional("dateTimeStyles", Kind::Text),
            required("inputFormat", Kind::Text),
            required("outputFormat", Kind::Text),
        ]),
        "Writes a date in another format",
        &[
            example(
                "FormatDateTime([extensionAttribute1], , \"yyyyMMddHHmmss.fZ\", \"yyyy-MM-dd\")",
                &[("extensionAttribute1", "20150123105347.1Z")],
                "2015-01-23",
            ),
            example(
                "FormatDateTime([extensionAttribute1], \"yyyyMMddHHmmss.fZ\", \"yyyy-MM-dd\")",
                &[("extensionAttribute1", "20150123105347.1Z")],
                "2015-01-23",
            ),
        ],
        format_date_time,
    )
    .with_older_form(Signature::of(&[
        required("source", Kind::DateTime),
        required("inputFormat", Kind::Text),
        required("outputFormat", Kind::Text),
    ]))
    .with_constants(check_formats),
    Function::new(
        "Now",
        Signature::of(&[]),
        "Gives the present moment in UTC",
        &[example("Now()", &[], "7/2/2021 3:33:38 PM")],
        now,
    ),
    Function::new(
        "NumFromDate",
        Signature::of(&[required("value", Kind::DateTime)]),
        "Writes a date as Active Directory's time, 100-nanosecond steps since 1601",
        &[example("NumFromDate(\"2012-01-01T23:00:00Z\")", &[], "129699324000000000")],
        num_from_date,
    ),
];

fn c_date<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(Value::DateTime(arguments.date(0)?))
}

fn date_add<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let interval = interval(arguments)?;
    let count = arguments.integer(1)?;
    Ok(Value::DateTime(interval.add(count, arguments.date(2)?)?))
}

fn date_diff<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let interval = interval(arguments)?;
    Ok(Value::Integer(interval.between(arguments.date(1)?, arguments.date(2)?)))
}

fn interval(arguments: &Arguments<'_, '_>) -> Result<Interval, Stop> {
    Ok(named_interval(&arguments.text(0)?.unwrap_or_default())?)
}

fn named_interval(name: &str) -> Result<Interval, Reason> {
    Interval::named(name).ok_or_else(|| Reason::UnknownChoice {
        parameter: "interval",
        found: excerpt(name),
        allowed: Interval::NAMES,
    })
}

fn check_interval(call: &Call) -> Result<(), Reason> {
    call.argument(0).and_then(Node::constant).map_or(Ok(()), |name| named_interval(name).map(drop))
}

/// Styles and the format to read in matter for texts only, and what a call gives may be a date. An empty format to write in is
/// the usual one.
fn check_formats(call: &Call) -> Result<(), Reason> {
    let constant = |position: usize| call.argument(position).and_then(Node::constant);
    let (styles, input, output) = slots(call.arguments.len());
    if call.argument(0).is_some_and(|source| !matches!(source.kind, NodeKind::Call(_))) {
        styles.and_then(constant).map_or(Ok(()), |names| Styles::read(names).map(drop))?;
        constant(input).map_or(Ok(()), dates::check_format)?;
    }
    constant(output).filter(|format| !format.is_empty()).map_or(Ok(()), dates::check_format)
}

/// Where the styles, the format to read in and the format to write in stand.
fn slots(count: usize) -> (Option<usize>, usize, usize) {
    if count == 3 { (None, 1, 2) } else { (Some(1), 2, 3) }
}

fn date_from_num<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(Value::DateTime(dates::from_directory_time(arguments.integer(0)?)?))
}

fn format_date_time<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    let (styles, input, output) = slots(arguments.count());
    let source = arguments.value(0)?;
    let output = arguments.text(output)?.unwrap_or_default();
    let (moment, kind) = match source {
        Value::DateTime(moment) => (moment, dates::Kind::Utc),
        source => {
            let text = arguments.text_of(0, source)?.unwrap_or_default();
            if text.is_empty() {
                return Ok(Value::Null);
            }
            let styles = styles.map_or(Ok(None), |position| arguments.text(position))?;
            let styles = Styles::read(&styles.unwrap_or_default())?;
            let input = arguments.text(input)?.unwrap_or_default();
            dates::parse_exact(&text, &input, styles, present(arguments)?)?
        }
    };
    Ok(Value::text(dates::format(moment, kind, &output)?))
}

fn now<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(Value::DateTime(present(arguments)?))
}

fn present(arguments: &Arguments<'_, '_>) -> Result<jiff::civil::DateTime, Reason> {
    dates::from_timestamp(arguments.surroundings().now)
}

fn num_from_date<'a>(arguments: &Arguments<'_, 'a>) -> Result<Value<'a>, Stop> {
    Ok(Value::Integer(dates::to_directory_time(arguments.date(0)?)?))
}

#[cfg(test)]
mod tests {
    use crate::expression::functions::testing::{assert_errors, assert_reasons, assert_values};

    #[test]
    fn texts_become_dates_in_utc() {
        assert_values(&[
            ("CDate(\"2021-06-30+08:00\")", "6/29/2021 4:00:00 PM"),
            ("CDate(Now())", "7/2/2021 3:33:38 PM"),
            ("Now()", "7/2/2021 3:33:38 PM"),
        ]);
        assert_errors(&["CDate([none])", "CDate([empty])", "CDate([a])", "CDate([list])", "CDate([five])"]);
    }

    #[test]
    fn dates_are_reckoned_with() {
        assert_values(&[
            ("DateAdd(\"d\", \"-10\", \"2012-03-16-07:00\")", "3/6/2012 7:00:00 AM"),
            ("DateAdd(\"h\", [five], Now())", "7/2/2021 8:33:38 PM"),
            ("DateDiff(\"d\", Now(), \"2021-07-12\")", "9"),
            ("DateDiff(\"d\", \"2021-07-12\", Now())", "-9"),
        ]);
        assert_reasons(&[
            ("DateAdd(\"q\", 1, Now())", "`q` is no interval; it must be one of yyyy, m, ww, d, h, n, s"),
            ("DateAdd(\"d\", 1.5, Now())", "The parameter `value` needs a whole number, not `1.5`"),
            ("DateAdd(\"yyyy\", 9999, Now())", "The date is out of range"),
            ("DateDiff(\"d\", [a], Now())", "`value` is no date"),
        ]);
        assert_errors(&[
            "DateAdd(\"d\", [none], Now())",
            "DateAdd(\"d\", 1, [none])",
            "DateDiff([none], Now(), Now())",
        ]);
    }

    #[test]
    fn directory_time_is_read_and_written() {
        assert_values(&[
            ("DateFromNum(129699324000000000)", "1/1/2012 11:00:00 PM"),
            ("NumFromDate(\"2020-12-31 23:59:59-08:00\")", "132539615990000000"),
            ("NumFromDate(DateFromNum(\"129699324000000001\"))", "129699324000000001"),
        ]);
        assert_errors(&[
            "DateFromNum([a])",
            "DateFromNum([none])",
            "DateFromNum(-1)",
            "DateFromNum(9223372036854775807)",
            "NumFromDate([none])",
            "NumFromDate(\"9999-12-31T23:59:59-08:00\")",
            "NumFromDate(\"1600-12-31\")",
        ]);
    }

    #[test]
    fn dates_change_their_format() {
        assert_values(&[
            ("FormatDateTime(\"20150123105347.1Z\", , \"yyyyMMddHHmmss.fZ\", \"yyyy-MM-dd\")", "2015-01-23"),
            ("FormatDateTime(\"20150123105347.1Z\", \"yyyyMMddHHmmss.fZ\", \"ddd, dd MMM yyyy\")", "Fri, 23 Jan 2015"),
            ("FormatDateTime(\"2020-12-31-08:00\", \"\", \"yyyy-MM-ddzzz\", \"yyyy-MM-dd HH:mm\")", "2020-12-31 08:00"),
            ("FormatDateTime(Now(), , \"anything\", \"yyyy-MM-ddTHH:mm:ssK\")", "2021-07-02T15:33:38Z"),
            ("FormatDateTime(DateAdd(\"d\", 1, Now()), , [none], \"d\")", "07/03/2021"),
            ("FormatDateTime([none], , \"d\", \"d\")", "null"),
            ("FormatDateTime([empty], , \"d\", \"d\")", "null"),
        ]);
        assert_errors(&[
            "FormatDateTime(\"05/03/2024\", , \"yyyy-MM-dd\", \"yyyyMMdd\")",
            "FormatDateTime(\" 2024-03-05\", \"None\", \"yyyy-MM-dd\", \"yyyyMMdd\")",
            "FormatDateTime(\"2024-03-05\", \"Sloppy\", \"yyyy-MM-dd\", \"yyyyMMdd\")",
            "FormatDateTime(\"2024-03-05\", , [none], \"yyyyMMdd\")",
            "FormatDateTime(Now(), , \"d\", \"x\")",
            "FormatDateTime([list], , \"d\", \"d\")",
        ]);
    }
}
