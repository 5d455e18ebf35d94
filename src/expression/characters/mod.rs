//! Characters as .NET sees them: letter case one to one, general categories, positions in UTF-16 code units.

pub mod casing;
pub mod categories;
pub mod code_units;
pub mod diacritics;
pub mod title_case;
