//! What is worth knowing of the catalog that will be, beside what changes.

use super::keep::Kept;
use super::part::parts;
use super::{Note, Part};
use crate::settings::Setting;
use crate::{Document, Mode};
use std::collections::BTreeMap;

pub(super) fn notes(old: &Document, kept: &Kept) -> Vec<Note> {
    let mut notes = Vec::new();
    for (key, reseller) in &kept.merged.resellers {
        for (mode, side) in reseller.sides() {
            if !kept.merged.is_called(key, mode) {
                notes.push(Note::NoCredential(Part::Side { reseller: key.clone(), mode }));
            }
            let open = side.routes.iter().filter(|(_, route)| !route.settles_unknowns());
            notes.extend(open.map(|(merchant, _)| {
                Note::UnknownsStay(Part::Route { reseller: key.clone(), mode, merchant: merchant.clone() })
            }));
        }
    }
    notes.extend(stays_retired(old, kept));
    notes.extend(kept.missing.iter().map(|(part, counts)| Note::Missing(part.clone(), *counts)));
    notes
}

fn stays_retired(old: &Document, kept: &Kept) -> Vec<Note> {
    let (before, after) = (parts(old), parts(&kept.merged));
    let says = |parts: &BTreeMap<Part, Vec<Setting>>, part: &Part| parts.get(part).cloned();
    let same =
        kept.kept.iter().filter(|(part, _)| says(&before, part).is_some_and(|was| says(&after, part) == Some(was)));
    same.map(|(part, counts)| Note::StaysRetired(part.clone(), *counts)).collect()
}

impl Document {
    /// Whether somebody may call for that side.
    fn is_called(&self, reseller: &str, mode: Mode) -> bool {
        self.credentials.values().any(|credential| credential.reseller == reseller && credential.mode == mode)
    }
}
