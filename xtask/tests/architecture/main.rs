//! What the rooms may know of each other, and what they may take from outside. The plan is
//! `architecture.toml` at the root; the truth is what cargo says. They have to be equal.

mod outside;
mod rooms;
mod workspace;
