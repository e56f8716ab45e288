//! What is said of an open operation at the merchant.

use super::sentence::Situation;
use super::words::{capital, thing};
use entitlement::{Ask, Operation, Stage, Status, VerbName, is_found_out};
use wire::print_date;

impl Situation<'_> {
    /// What is open at the merchant, and how it goes on by itself.
    pub(super) fn open_operation(&self) -> Option<String> {
        let operation = self.e.operation.as_ref().filter(|_| !self.e.unborn)?;
        let said = match operation.stage {
            Stage::InFlight => format!("{} is on its way to the merchant.", capital(&thing(operation))),
            Stage::Queued => self.queued(operation),
            Stage::Unknown => self.unknown(operation),
        };
        let rest =
            if self.gives_way_to_revoke(operation) { " Until then only a revoke goes to the merchant." } else { "" };
        Some(format!("{said}{rest}"))
    }

    fn queued(&self, operation: &Operation) -> String {
        let next = match (operation.deadline, operation.next_at) {
            (Some(deadline), _) if self.facts.inquiry => {
                format!("if it does not by {}, the hub asks how it stands", print_date(deadline))
            }
            (Some(deadline), _) => format!("if it does not by {}, it counts as not done", print_date(deadline)),
            (None, Some(next)) => format!("the hub asks again at {}", print_date(next)),
            (None, None) => "the hub goes on asking".to_owned(),
        };
        match operation.ask {
            // Of a create the status has said so already.
            Ask::Create => format!("{}.", capital(&next)),
            _ => format!("The merchant has yet to confirm {}; {next}.", thing(operation)),
        }
    }

    fn unknown(&self, operation: &Operation) -> String {
        // Of a create the status has said so already.
        let said = match operation.ask {
            Ask::Create => String::new(),
            _ => format!("It is not known whether the merchant carried out {}. ", thing(operation)),
        };
        if !is_found_out(operation, self.facts) {
            return format!("{said}Nothing is sent again by itself: the merchant has to tell, or the hub's operator.");
        }
        let calls = if operation.attempts == 1 { "1 call".to_owned() } else { format!("{} calls", operation.attempts) };
        let next = operation.next_at.map(|at| format!(", the next at {}", print_date(at))).unwrap_or_default();
        format!("{said}The hub is finding out: {calls} so far{next}.")
    }

    fn gives_way_to_revoke(&self, operation: &Operation) -> bool {
        let is_another = !matches!(operation.ask, Ask::Revoke(_)) && self.e.record.status != Status::Failed;
        is_another && operation.stage != Stage::InFlight && self.may(VerbName::Revoke).is_ok()
    }
}
