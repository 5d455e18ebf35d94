//! The real binary against servers written by others: SCIM in both dialects into scim2-server, from PyPI, and an application
//! around scimmy, from npm; and mail.
//!
//! The sample company is provisioned into each ([`scim2_server`], [`scimmy`]), and [`acceptance`] plays one case after
//! another and holds the README's tables against what came of them. What a server has at the end is read back with plain
//! HTTP, and compared as whole resources with what the test works out from the source files.
//!
//! What a server refuses must end in the log and in a retry, and nothing else may suffer from it (`spec/WIRE.md` §8).
//!
//! Mail goes through aiosmtpd, from PyPI ([`aiosmtpd`]).
//!
//! Needs Python 3.11 with pip, Node 20 with npm and, at the first start, their package registries:
//! `cargo test --test foreign -- --ignored`. `WRITE_README=1` puts the new tables into the README.

mod acceptance;
mod aiosmtpd;
mod case;
mod changes;
mod characters;
mod company;
mod extension_cases;
mod group_cases;
mod mail_server;
mod project;
mod readme;
mod requests;
mod scene;
mod scim2_server;
mod scimmy;
mod server;
mod template_cases;
mod user_cases;

/// What the tenant URL ends in for the legacy dialect.
const LEGACY: &str = "";
/// What the tenant URL ends in for the compliant dialect.
const COMPLIANT: &str = "?aadOptscim062020";
