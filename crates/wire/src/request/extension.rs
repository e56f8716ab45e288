//! extensionData: an object, or a string holding one; a merge patch of RFC 7396.

use super::text::type_fault;
use crate::json::{depth, nul_fields};
use crate::{Fault, JSON_DEPTH_MAX, parse_object, push_object, rule};
use entitlement::{EXTENSION_BYTES_MAX, Json, JsonObject, is_extension_too_large};

/// Largest patch: enough to empty a full extensionData member by member and fill it again.
/// Merging costs the product of both sizes.
const PATCH_BYTES_MAX: usize = 3 * EXTENSION_BYTES_MAX;

/// extensionData stands one level deep in the record, and a record can be written back.
const EXTENSION_DEPTH_MAX: usize = JSON_DEPTH_MAX - 1;

/// More places of U+0000 than this are not named.
const NUL_FIELDS_MAX: usize = 16;

/// Reads a patch, or every fault in it.
pub(super) fn read_patch(field: &str, value: Json) -> Result<JsonObject, Vec<Fault>> {
    let object = match value {
        Json::Object(object) => object,
        Json::String(text) => parse_object(text.as_bytes()).map_err(|fault| vec![fault.fault(field)])?,
        _ => {
            return Err(vec![type_fault(field, "an object, or a string holding one")]);
        }
    };
    let nuls = nul_faults(field, &object);
    if !nuls.is_empty() {
        return Err(nuls);
    }
    check_patch(field, &object).map_err(|fault| vec![fault])?;
    Ok(object)
}

/// Checks depth and size of a patch.
pub(super) fn check_patch(field: &str, patch: &JsonObject) -> Result<(), Fault> {
    if depth(patch) > EXTENSION_DEPTH_MAX {
        let hint = format!("extensionData may be nested {EXTENSION_DEPTH_MAX} deep.");
        return Err(Fault::invalid(field, rule::JSON_TOO_DEEP).with_hint(hint));
    }
    match printed_bytes(patch) {
        bytes if bytes > PATCH_BYTES_MAX => Err(size_fault(field, bytes)),
        _ => Ok(()),
    }
}

/// Checks the size of the whole after the merge.
pub(super) fn check_merged(field: &str, merged: &JsonObject) -> Result<(), Fault> {
    if is_extension_too_large(merged) { Err(size_fault(field, printed_bytes(merged))) } else { Ok(()) }
}

/// Faults for every U+0000 in names and strings.
pub(super) fn nul_faults(field: &str, object: &JsonObject) -> Vec<Fault> {
    let fields = nul_fields(field, object, NUL_FIELDS_MAX);
    let fault = |field: &String| {
        Fault::invalid(field, rule::NUL_CHARACTER).with_hint("It holds U+0000, which no field takes. Remove it.")
    };
    fields.iter().map(fault).collect()
}

fn printed_bytes(object: &JsonObject) -> usize {
    let mut printed = String::new();
    push_object(&mut printed, object);
    printed.len()
}

fn size_fault(field: &str, bytes: usize) -> Fault {
    Fault::invalid(field, rule::EXTENSION_TOO_LARGE).with_hint(format!(
        "extensionData takes at most {EXTENSION_BYTES_MAX} bytes as printed JSON after the merge; these \
         are {bytes}. Keep the rest in your own system under the entitlementId."
    ))
}
