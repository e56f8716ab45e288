//! The reason of a planned end, read back from where the cancel has written it.

use crate::{Json, JsonObject, Reason};
use alloc::string::String;

/// The reason that stands under these names in extensionData, if one does.
pub(super) fn written(data: &JsonObject, names: &[String]) -> Option<Reason> {
    let part = |suffix: &str| {
        let name = names.iter().find(|name| name.ends_with(suffix))?;
        match data.get(name) {
            Some(Json::String(text)) => Some(text.clone()),
            Some(Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_)) | None => None,
        }
    };
    let reason = Reason { category: part("Category"), code: part("Code"), description: part("Description") };
    (reason != Reason::default()).then_some(reason)
}
