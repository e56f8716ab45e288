//! Request identities and their answers.

use super::samples::{START, answer, claim, claimed, create, only_claim, row};
use super::{Factory, Stage, place};
use ids::OperationId;
use store::{Cause, Change, Claim, ClaimChange, SavedAnswer};

fn bound(identity: &str, operation: u128) -> Claim {
    Claim { operation: Some(OperationId(operation)), ..claim(identity, None) }
}

fn answered(claim: &Claim, answer: SavedAnswer) -> Claim {
    Claim { answer: Some(answer), ..claim.clone() }
}

async fn commit(stage: &Stage, claim: ClaimChange) {
    stage.done(only_claim(stage.place.account, claim)).await;
}

async fn refused(stage: &Stage, claim: ClaimChange) -> Option<Claim> {
    let conflict = stage.conflict(only_claim(stage.place.account, claim)).await;
    assert_eq!(conflict.cause, Cause::Claim);
    conflict.found.claim
}

pub async fn an_answer_needs_its_waiting_claim(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let waiting = bound("a", 1);
    let with_answer = answered(&waiting, answer(3));
    assert_eq!(refused(&stage, ClaimChange::Answer(with_answer.clone())).await, None);
    commit(&stage, ClaimChange::Insert(waiting.clone())).await;
    assert_eq!(stage.claim("a").await.as_ref(), Some(&waiting));
    let of_another = answered(&bound("a", 2), answer(3));
    assert_eq!(refused(&stage, ClaimChange::Answer(of_another)).await, Some(waiting));
    commit(&stage, ClaimChange::Answer(with_answer.clone())).await;
    let again = answered(&with_answer, SavedAnswer::Literal { http: 409, body: "{}".into() });
    assert_eq!(refused(&stage, ClaimChange::Answer(again)).await, Some(with_answer), "the first answer stays");
}

pub async fn answers_come_back_as_they_were_saved(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let key = row(stage.place, 1, "a").key;
    let answers = [
        answer(u32::MAX),
        SavedAnswer::Record {
            http: 202,
            form: 255,
            code: 9,
            version: 0,
            parameters: Some("{\"action\":\"é\"}".into()),
        },
        SavedAnswer::Literal { http: 404, body: "{\"responseCode\":\"NOT_FOUND\"}".into() },
        SavedAnswer::Literal { http: 422, body: String::new() },
    ];
    for (n, answer) in answers.into_iter().enumerate() {
        let identity = format!("\u{21}{n}~");
        let saved = Claim { key: Some(key), fingerprint: [n as u8; 16], ..claim(&identity, Some(answer)) };
        commit(&stage, ClaimChange::Insert(saved.clone())).await;
        assert_eq!(stage.claim(&identity).await, Some(saved));
    }
}

pub async fn recovery_answers_all_that_wait_for_an_operation(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    for waiting in [bound("a", 1), bound("b", 1), bound("c", 2)] {
        commit(&stage, ClaimChange::Insert(waiting)).await;
    }
    let first = answered(&bound("a", 1), answer(1));
    commit(&stage, ClaimChange::Answer(first.clone())).await;
    commit(&stage, ClaimChange::AnswerOf(OperationId(1), answer(2))).await;
    assert_eq!(stage.claim("a").await, Some(first));
    assert_eq!(stage.claim("b").await.unwrap().answer, Some(answer(2)));
    assert_eq!(stage.claim("c").await.unwrap().answer, None);
    commit(&stage, ClaimChange::AnswerOf(OperationId(77), answer(2))).await;
}

pub async fn freeing_forgets_only_what_waits(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    for waiting in [bound("a", 1), bound("b", 2), bound("c", 2), bound("d", 3)] {
        commit(&stage, ClaimChange::Insert(waiting)).await;
    }
    commit(&stage, ClaimChange::Answer(answered(&bound("c", 2), answer(1)))).await;
    commit(&stage, ClaimChange::Free(bound("a", 1).identity)).await;
    commit(&stage, ClaimChange::FreeOf(OperationId(2))).await;
    commit(&stage, ClaimChange::Free(bound("c", 2).identity)).await;
    let left = [stage.claim("a").await, stage.claim("b").await, stage.claim("c").await, stage.claim("d").await];
    assert_eq!(left.map(|claim| claim.is_some()), [false, false, true, true]);
    commit(&stage, ClaimChange::Insert(bound("a", 4))).await;
}

pub async fn identities_are_an_accounts_own(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let other = place(stage.store.as_ref(), "acme", true).await;
    stage.done(claimed(create(row(stage.place, 1, "a")), "same")).await;
    stage.done(claimed(create(row(other, 2, "a")), "same")).await;
    assert_eq!(stage.claim("same").await.unwrap().key.unwrap().0, 1);
    assert_eq!(stage.claim("SAME").await, None, "letter case counts");
}

pub async fn old_answers_are_forgotten_oldest_first(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    commit(&stage, ClaimChange::Insert(bound("waiting", 1))).await;
    commit(&stage, ClaimChange::Insert(bound("late", 2))).await;
    for n in 0..10 {
        let at = START.plus_s(n);
        commit(&stage, ClaimChange::Insert(Claim { at, ..claim(&format!("a{n}"), Some(answer(1))) })).await;
    }
    let late = ClaimChange::Answer(answered(&bound("late", 2), answer(1)));
    stage.done(Change { at: START.plus_s(60), ..only_claim(stage.place.account, late) }).await;
    assert_eq!(stage.store.forget_claims(START.plus_s(5), 3).await, Ok(3));
    assert!(stage.claim("a2").await.is_none() && stage.claim("a3").await.is_some());
    assert_eq!(stage.store.forget_claims(START.plus_s(5), 100).await, Ok(2));
    assert_eq!(stage.store.forget_claims(START.plus_s(5), 100).await, Ok(0));
    for kept in ["waiting", "late", "a5"] {
        assert!(stage.claim(kept).await.is_some(), "{kept}");
    }
    assert_eq!(stage.store.forget_claims(START.plus_s(61), 100).await, Ok(6));
    assert!(stage.claim("waiting").await.is_some());
}
