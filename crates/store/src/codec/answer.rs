//! A remembered answer as columns: http, form, code, version, text. No http: there is none yet; no
//! form: the text is the whole body, else it is `parameters`.

use super::Unreadable;
use crate::SavedAnswer;

/// The columns, the text as `T`.
pub(crate) type AnswerColumns<T> = (Option<u16>, Option<u8>, Option<u8>, Option<u32>, Option<T>);

/// Takes an answer apart.
pub(crate) fn answer_columns(answer: Option<&SavedAnswer>) -> AnswerColumns<&str> {
    match answer {
        None => (None, None, None, None, None),
        Some(SavedAnswer::Record { http, form, code, version, parameters }) => {
            (Some(*http), Some(*form), Some(*code), Some(*version), parameters.as_deref())
        }
        Some(SavedAnswer::Literal { http, body }) => (Some(*http), None, None, None, Some(body)),
    }
}

/// Puts it together again.
pub(crate) fn read_answer(columns: AnswerColumns<String>) -> Result<Option<SavedAnswer>, Unreadable> {
    let (Some(http), form, code, version, text) = columns else {
        return Ok(None);
    };
    Ok(Some(match (form, code, version) {
        (Some(form), Some(code), Some(version)) => SavedAnswer::Record { http, form, code, version, parameters: text },
        (None, ..) => SavedAnswer::Literal { http, body: text.unwrap_or_default() },
        (Some(_), ..) => return Err(Unreadable::new("an answer without code or version")),
    }))
}
