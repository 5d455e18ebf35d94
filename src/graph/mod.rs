//! Microsoft Graph's shapes, made from what the log and the mapping language hold. Pure conversions: no Graph server is asked, ever.
//! Source: `spec/GRAPH.md`.

mod function;
mod identifiers;
mod on_demand;
mod record;

pub use function::function_schema;
pub use identifiers::Identifiers;
pub use on_demand::{Verdict, on_demand_answer};
pub use record::provisioning_object_summary;
