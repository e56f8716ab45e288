//! The commands for developers: the whole output of each, good and bad, against golden files that
//! read as a terminal shows them. `UPDATE_GOLDEN=1` rewrites them; then read the diff.

mod golden;
mod helps;
mod listens;
mod loads;
mod looks;
mod sandbox;
mod shows;
