//! Golden traffic: for each rule of `spec/WIRE.md` a story, and the exact requests that follow from it in both dialects.
//!
//! A [`story::Story`] says what is there, what changes, and which requests a cycle then sends; [`golden`] has the form in
//! which they are written. They are read from a socket, byte for byte, by an application ([`application`]) that a job of the
//! engine reaches through the real transport. What is expected was written from the rules and from Microsoft's pages, and
//! there is no switch that writes it anew from what the program sends.

mod access_tokens;
mod answers;
mod application;
mod clock;
mod connections;
mod creating;
mod directory;
mod golden;
mod heads;
mod leaving;
mod managers;
mod mapping;
mod memberships;
mod patching;
mod reading;
mod references;
mod roles;
mod samples;
mod stage;
mod steadiness;
mod story;
mod urls;
