//! Microsoft Graph's shapes, made from what the log holds. Pure conversions: no Graph server is asked, ever.
//! Source: `spec/GRAPH.md`.

mod identifiers;
mod on_demand;
mod record;

pub use identifiers::Identifiers;
pub use on_demand::{Verdict, on_demand_answer};
pub use record::provisioning_object_summary;
