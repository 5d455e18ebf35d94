//! scimulator
pub mod chance;
pub mod cli;
pub mod clock;
pub mod config;
pub mod directory;
pub mod engine;
pub mod expression;
pub mod graph;
pub mod health;
pub mod log;
pub mod mapping;
pub mod sandbox;
pub mod scim;
pub mod service;
pub mod store;
