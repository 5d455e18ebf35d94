//! Microsoft Graph's shapes, made from what the log holds. Pure conversions: no Graph server is asked, ever.
//! Source: `spec/GRAPH.md`.

mod identifiers;
mod record;

pub use identifiers::Identifiers;
pub use record::provisioning_object_summary;
