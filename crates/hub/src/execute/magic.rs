//! X-Magic-Number: which forced answer fits a call (docs/API.md section 8.4). The number goes into
//! the operation's note, where the test merchant finds it at every call about that operation.

use super::{Caller, Wanted};
use entitlement::{Ask, Operation};
use merchants::test::{MagicNumber, MagicType};
use wire::{ErrorAnswer, Fault};

impl Caller {
    /// The magic number of a call whose type is known before anything is looked up; what an
    /// update asks of the merchant shows only then.
    pub(super) fn checked_magic_number(&self, wanted: &Wanted) -> Result<(), Box<ErrorAnswer>> {
        let kind = match wanted {
            Wanted::Create(_) => MagicType::Create,
            Wanted::Cancel(..) => MagicType::Cancel,
            Wanted::Revoke(..) => MagicType::Revoke,
            Wanted::ActivationInfo(_) => MagicType::ActivationInfo,
            Wanted::Update(_) | Wanted::Hold(..) | Wanted::Release(_) => return Ok(()),
        };
        self.magic_number(kind).map(drop)
    }

    /// What the test merchant is to find with this operation.
    pub(super) fn note(&self, operation: &Operation) -> Result<Option<String>, Box<ErrorAnswer>> {
        match type_of(&operation.ask) {
            Some(kind) => Ok(self.magic_number(kind)?.map(|number| number.to_string())),
            None => Ok(None),
        }
    }

    fn magic_number(&self, kind: MagicType) -> Result<Option<MagicNumber>, Box<ErrorAnswer>> {
        let Some(word) = &self.magic_number else {
            return Ok(None);
        };
        match MagicNumber::parse(word).filter(|number| number.kind == kind) {
            Some(number) => Ok(Some(number)),
            None => Err(Box::new(unknown(kind))),
        }
    }
}

/// `None` for what the hub asks by itself.
const fn type_of(ask: &Ask) -> Option<MagicType> {
    match ask {
        Ask::Create => Some(MagicType::Create),
        Ask::ActivationInfo => Some(MagicType::ActivationInfo),
        Ask::Update { .. } => Some(MagicType::Update),
        Ask::Suspend { .. } => Some(MagicType::Suspend),
        Ask::Resume { .. } => Some(MagicType::Resume),
        Ask::Undo { .. } => Some(MagicType::Undo),
        Ask::Cancel(_) => Some(MagicType::Cancel),
        Ask::Revoke(_) => Some(MagicType::Revoke),
        Ask::Terminate { .. } | Ask::SuspendAgain | Ask::UpdateBack => None,
    }
}

fn unknown(kind: MagicType) -> ErrorAnswer {
    let known: Vec<String> = MagicNumber::of(kind).map(|number| number.to_string()).collect();
    ErrorAnswer::faults(vec![Fault {
        field: "X-Magic-Number".to_owned(),
        rule: "magic-number-unknown",
        message: "X-Magic-Number parameter is invalid".to_owned(),
        hint: Some(format!("For this call there are {}.", known.join(", "))),
    }])
}
