//! One entitlement: its row by itself, its columns, its slot, its place among accounts and routes.
//! Its history stands in `histories`, its lanes in `lanes`.

use super::finding::At;
use super::{Check, Context, Finding, histories, lanes};
use entitlement::{Stage, broken, next_due};
use store::{Examined, Row, StoredEvent};

/// Everything that is wrong with it.
pub(super) fn check(examined: &Examined, context: &Context<'_>) -> Vec<Finding> {
    let mut at = At::new(format!("entitlement {}", examined.key));
    of_belonging(examined, &mut at);
    match &examined.row {
        Err(what) => at.say(Check::Unreadable, what.clone()),
        // Said already: its route or account is gone.
        Ok(None) => {}
        Ok(Some(row)) => {
            of_rules(row, &mut at);
            of_slot(row, context, &mut at);
            of_index_columns(examined, row, &mut at);
        }
    }
    match &examined.history {
        Err(what) => at.say(Check::Unreadable, what.clone()),
        Ok(history) if is_dropped(examined, history) => lanes::check(examined, None, context, &mut at),
        Ok(history) => {
            if let Ok(Some(row)) = &examined.row {
                histories::check(row, history, &mut at);
            }
            lanes::check(examined, Some(history), context, &mut at);
        }
    }
    if let Err(what) = &examined.notifications {
        at.say(Check::Unreadable, format!("notifications: {what}"));
    }
    at.end()
}

/// Whether the history is gone on purpose: whole, and only of what has ended. What is open keeps all of its own.
fn is_dropped(examined: &Examined, history: &[StoredEvent]) -> bool {
    let has_ended = matches!(&examined.row, Ok(Some(row)) if !row.state.record.status.is_open());
    examined.history_was_dropped && has_ended && history.is_empty()
}

fn of_belonging(examined: &Examined, at: &mut At) {
    let mode = |live| if live { "live" } else { "test" };
    match examined.account_live {
        None => at.say(Check::Account, "its account is not there"),
        Some(live) if live != examined.live => {
            let what = format!("it is marked {}, its account is {}", mode(examined.live), mode(live));
            at.say(Check::Account, what);
        }
        Some(_) => {}
    }
    match (examined.route_account, &examined.row) {
        (None, _) => at.say(Check::Account, "its route is not there"),
        (Some(route), Ok(Some(row))) if route != row.account => {
            let what = format!("it belongs to account {}, its route to account {}", row.account.0, route.0);
            at.say(Check::Account, what);
        }
        (Some(_), _) => {}
    }
    let elsewhere = examined.booked_elsewhere;
    let what = || format!("{elsewhere} of its events and notifications are booked for another account or home");
    at.say_if(elsewhere > 0, Check::Account, what());
    at.say_if(
        examined.own_id_is_a_key,
        Check::Identity,
        "its own entitlementId is the hub-made id of another entitlement",
    );
    at.say_if(examined.operation_has_ended, Check::Operation, "its open operation is kept among those that have ended");
}

fn of_rules(row: &Row, at: &mut At) {
    if let Some(invariant) = broken(&row.state) {
        at.say(Check::Rules, format!("it breaks a rule of its life: {invariant}"));
    }
    at.say_if(row.revision == 0, Check::Rules, "its commits are counted from 1, it says 0");
}

fn of_slot(row: &Row, context: &Context<'_>, at: &mut At) {
    let status = row.state.record.status;
    match row.slot {
        None => at.say_if(status.is_open(), Check::Slot, format!("it is {} and holds no limit slot", status.as_str())),
        Some(slot) if !status.is_open() => {
            at.say(Check::Slot, format!("it is {} and holds limit slot {slot}", status.as_str()));
        }
        Some(0) => at.say(Check::Slot, "it holds limit slot 0; they are counted from 1"),
        Some(slot) => {
            if let Some(limit) = context.limits.get(&row.route).filter(|limit| slot > **limit) {
                at.say(Check::SlotAboveLimit, format!("it holds slot {slot}; the limit of its route is {limit} now"));
            }
        }
    }
}

fn of_index_columns(examined: &Examined, row: &Row, at: &mut At) {
    let due = next_due(&row.state);
    if row.due_at != due {
        let print = |at: Option<entitlement::Moment>| at.map_or("never".to_owned(), wire::print_date);
        let what = format!("due_at says {}, by its state it is due {}", print(row.due_at), print(due));
        at.say(Check::IndexColumn, what);
    }
    let stage = row.state.operation.as_ref().map(|operation| operation.stage);
    if examined.stage != stage {
        let words = |stage: Option<Stage>| match stage {
            None => "no open operation",
            Some(Stage::InFlight) => "one in flight",
            Some(Stage::Queued) => "a queued one",
            Some(Stage::Unknown) => "an unknown one",
        };
        let what = format!("the index of operations has {}, it has {}", words(examined.stage), words(stage));
        at.say(Check::IndexColumn, what);
    }
}
