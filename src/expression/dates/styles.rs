//! How leniently an exact format is read: .NET's `DateTimeStyles`.
//!
//! Source: `spec/EXPRESSIONS.md` §5.4.

use super::super::{evaluation_error::Reason, excerpt::excerpt};

/// A set of styles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the .NET enumeration")]
pub struct Styles {
    /// Blanks before the date are skipped.
    pub leading_white: bool,
    /// Blanks after the date are skipped.
    pub trailing_white: bool,
    /// Blanks within the date are skipped.
    pub inner_white: bool,
    /// A time without date is of 1 January 1 instead of today.
    pub no_current_date: bool,
    /// What has an offset becomes UTC.
    pub adjust_to_universal: bool,
    /// What has no offset is local time.
    pub assume_local: bool,
    /// What has no offset is UTC.
    pub assume_universal: bool,
    /// What is UTC stays UTC.
    pub roundtrip_kind: bool,
}

const NAMES: &str = "None, AllowLeadingWhite, AllowTrailingWhite, AllowInnerWhite, AllowWhiteSpaces, \
                     NoCurrentDateDefault, AdjustToUniversal, AssumeLocal, AssumeUniversal, RoundtripKind";

impl Styles {
    /// No styles.
    pub const NONE: Self = Self {
        leading_white: false,
        trailing_white: false,
        inner_white: false,
        no_current_date: false,
        adjust_to_universal: false,
        assume_local: false,
        assume_universal: false,
        roundtrip_kind: false,
    };

    /// The styles where none are named.
    pub const DEFAULT: Self = Self { leading_white: true, trailing_white: true, roundtrip_kind: true, ..Self::NONE };

    /// Reads names separated by commas, each with or without `DateTimeStyles.` before it; nothing gives the default.
    pub fn read(names: &str) -> Result<Self, Reason> {
        if names.trim().is_empty() {
            return Ok(Self::DEFAULT);
        }
        let mut styles = Self::NONE;
        for name in names.split(',').map(str::trim) {
            match name.strip_prefix("DateTimeStyles.").unwrap_or(name) {
                "None" => {}
                "AllowLeadingWhite" => styles.leading_white = true,
                "AllowTrailingWhite" => styles.trailing_white = true,
                "AllowInnerWhite" => styles.inner_white = true,
                "AllowWhiteSpaces" => {
                    (styles.leading_white, styles.trailing_white, styles.inner_white) = (true, true, true);
                }
                "NoCurrentDateDefault" => styles.no_current_date = true,
                "AdjustToUniversal" => styles.adjust_to_universal = true,
                "AssumeLocal" => styles.assume_local = true,
                "AssumeUniversal" => styles.assume_universal = true,
                "RoundtripKind" => styles.roundtrip_kind = true,
                other => {
                    return Err(Reason::UnknownChoice {
                        parameter: "dateTimeStyles",
                        found: excerpt(other),
                        allowed: NAMES,
                    });
                }
            }
        }
        let assumes = styles.assume_local || styles.assume_universal;
        let conflict = (styles.roundtrip_kind && (assumes || styles.adjust_to_universal))
            || (styles.assume_local && styles.assume_universal);
        if conflict { Err(Reason::ConflictingDateStyles) } else { Ok(styles) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_with_and_without_prefix() {
        assert_eq!(Styles::read(""), Ok(Styles::DEFAULT));
        assert_eq!(Styles::read("None"), Ok(Styles::NONE));
        assert_eq!(
            Styles::read("DateTimeStyles.AllowWhiteSpaces, AssumeUniversal"),
            Ok(Styles {
                leading_white: true,
                trailing_white: true,
                inner_white: true,
                assume_universal: true,
                ..Styles::NONE
            })
        );
    }

    #[test]
    fn unknown_and_conflicting_styles_are_refused() {
        for names in ["RoundtripKind, AssumeLocal", "AdjustToUniversal,RoundtripKind", "AssumeLocal,AssumeUniversal"] {
            assert_eq!(Styles::read(names), Err(Reason::ConflictingDateStyles), "{names}");
        }
        assert!(matches!(Styles::read("roundtripkind"), Err(Reason::UnknownChoice { .. })));
        assert!(matches!(Styles::read("None,"), Err(Reason::UnknownChoice { .. })));
    }
}
