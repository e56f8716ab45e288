//! What every engine must do: one check a function, its name the fact. An engine runs them all by
//! `conformance!(its factory)`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod claims;
pub mod clocks;
pub mod commits;
pub mod contention;
pub mod customers;
pub mod dues;
pub mod examinations;
pub mod feeds;
pub mod lanes;
pub mod model;
pub mod operators;
pub mod reports;
pub mod samples;
pub mod settings;
pub mod standings;

use ids::{AccountId, EntitlementKey};
use samples::{Place, START};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use store::{Change, Clock, Committed, Conflict, Load, Loaded, Row, Store, Target};
use tokio::task::JoinSet;

/// What takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens stores of one engine; one factory is one place where data lie.
pub trait Factory: Send + Sync {
    /// Opens the place, empty at first, with what was left there later.
    fn open(&self, clock: Clock) -> Pin<Box<dyn Future<Output = Arc<dyn Store>> + Send + '_>>;
    /// Every value of every table, as text.
    fn everything(&self) -> Pin<Box<dyn Future<Output = String> + Send + '_>>;
}

/// Carries out what ends by itself, and says what did not.
pub async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"))
}

/// An open store with one account and route, and the clock it goes by.
#[derive(Clone)]
pub struct Stage {
    pub store: Arc<dyn Store>,
    pub clock: Clock,
    pub place: Place,
}

impl Stage {
    pub async fn open(factory: &dyn Factory) -> Self {
        let clock = Clock::manual(START);
        let store = factory.open(clock.clone()).await;
        let place = place(store.as_ref(), "acme", false).await;
        Self { store, clock, place }
    }

    /// Commits what must go through.
    pub async fn done(&self, change: Change) {
        assert_eq!(self.store.commit(change).await, Ok(Committed::Done));
    }

    /// Commits what must not go through.
    pub async fn conflict(&self, change: Change) -> Conflict {
        match self.store.commit(change).await {
            Ok(Committed::Conflict(conflict)) => *conflict,
            other => panic!("no conflict but {other:?}"),
        }
    }

    /// Commits all of them at once, so that they share batches; the answers in their order.
    pub async fn together(&self, changes: Vec<Change>) -> Vec<Committed> {
        let mut set = JoinSet::new();
        for (at, change) in changes.into_iter().enumerate() {
            let store = Arc::clone(&self.store);
            set.spawn(async move { (at, store.commit(change).await.unwrap()) });
        }
        let mut answers = set.join_all().await;
        answers.sort_by_key(|(at, _)| *at);
        answers.into_iter().map(|(_, committed)| committed).collect()
    }

    pub async fn load(&self, target: Target) -> Loaded {
        let load = Load { account: self.place.account, target, identity: None };
        self.store.load(load).await.unwrap()
    }

    pub async fn row(&self, key: EntitlementKey) -> Option<Row> {
        self.load(Target::Key(key)).await.row.map(|row| *row)
    }

    pub async fn by_id(&self, id: &str) -> Option<Row> {
        self.load(Target::Id(id.into())).await.row.map(|row| *row)
    }

    pub async fn claim(&self, identity: &str) -> Option<store::Claim> {
        let identity = Some(samples::identity(identity));
        let load = Load { account: self.place.account, target: Target::Nothing, identity };
        self.store.load(load).await.unwrap().claim
    }

    pub async fn feed(&self, account: AccountId) -> Vec<(EntitlementKey, store::StoredEvent)> {
        self.store.feed(account, 0, 100_000).await.unwrap()
    }
}

/// An account with a route to `BANGO`.
pub async fn place(store: &dyn Store, organisation: &str, live: bool) -> Place {
    let account = store.account(organisation.into(), live).await.unwrap();
    Place { account, route: store.route(account, "BANGO".into()).await.unwrap() }
}

/// Every check as a test of its own, each on a fresh place.
macro_rules! conformance {
    ($factory:expr) => {
        conformance! { $factory;
            commits: a_change_is_applied_whole, a_row_comes_back_as_it_was_written,
                a_stale_revision_conflicts_and_brings_what_is_there, an_update_of_nothing_conflicts,
                a_removed_create_frees_key_slot_and_id, a_change_moves_its_slot,
                an_own_id_is_unique_per_mode, an_own_id_in_uuid_form_is_no_key_of_its_mode,
                a_key_is_found_in_any_case_an_own_id_as_written,
                another_accounts_entitlement_is_not_found, the_first_failing_check_is_the_cause,
                a_repeat_after_an_unknown_outcome_conflicts_with_itself,
                open_ones_of_a_customer_come_in_slot_order, a_read_after_the_answer_sees_it,
                closed_operations_are_kept, closed_operations_come_newest_first, senseless_changes_are_refused;
            contention: each_check_failing_alone_in_a_mixed_batch_withdraws_only_its_change,
                forty_creates_for_one_slot_leave_one, one_identity_sixteen_times_has_one_effect,
                updates_of_one_row_go_one_by_one, an_own_id_is_given_once,
                a_change_the_engine_refuses_takes_no_other_with_it;
            claims: an_answer_needs_its_waiting_claim, answers_come_back_as_they_were_saved,
                recovery_answers_all_that_wait_for_an_operation, freeing_forgets_only_what_waits,
                identities_are_an_accounts_own, old_answers_are_forgotten_oldest_first;
            feeds: positions_are_gap_free_and_in_commit_order_per_account,
                silent_events_stand_in_the_history_only, a_history_comes_in_order_up_to_a_version,
                a_feed_goes_on_after_a_position;
            lanes: sequences_have_no_gaps, only_the_head_is_tried, a_claimed_lane_is_nobody_elses,
                a_lease_that_ran_out_is_claimed_again_and_the_old_result_is_void,
                a_failure_is_tried_again_at_its_moment, a_dead_letter_lets_the_lane_go_on,
                a_parked_lane_waits_for_its_waking, the_time_parked_is_booked, the_time_parked_is_booked_lane_by_lane,
                what_is_held_too_long_comes_up_again, a_waking_during_an_attempt_is_not_lost,
                a_result_counts_once, lanes_come_longest_due_first, a_released_lane_is_due_as_before,
                notifications_come_newest_first, notices_are_withdrawn_with_their_change,
                a_notice_keeps_the_name_of_its_reason_member;
            dues: entitlements_come_by_their_moment, the_next_moment_is_the_earliest_of_all,
                lanes_come_by_their_moment_unless_somebody_works_on_them, a_callback_is_carried_out_once,
                operations_in_flight_are_found;
            reports: pages_come_by_creation_and_id, every_filter_narrows,
                the_unborn_are_not_reported, accounts_do_not_mix;
            settings: accounts_and_routes_keep_their_numbers, credentials_are_replaced_by_name,
                settings_are_replaced, closing_keeps_everything,
                a_closed_store_refuses, a_reset_empties_test_data_only;
            operators: catalogs_are_numbered_and_kept, acts_that_expect_something_else_change_nothing,
                secrets_are_replaced_and_removed, a_new_secret_is_made_once,
                the_audit_is_one_chain_over_acts_and_changes, uses_count_what_is_open_and_undelivered;
            standings: an_open_store_answers_and_a_closed_one_does_not, what_lies_where_is_counted,
                open_operations_are_found_in_every_stage, batches_commits_and_conflicts_are_counted;
            examinations: all_that_hangs_on_an_entitlement_is_seen_together, claims_come_with_what_they_point_to,
                feeds_come_as_runs_with_their_accounts_counters, keys_without_an_entitlement_are_named,
                a_sound_engine_has_nothing_to_say;
            customers: an_erasure_leaves_no_byte_of_the_customer_in_any_table,
                a_rewriting_gives_out_no_position_version_or_number, what_has_changed_or_gone_is_not_written_over,
                nothing_is_written_over_while_the_customer_has_an_open_one,
                a_create_that_races_an_erasure_is_whole_and_so_is_what_was_there,
                a_customers_entitlements_come_by_key_whatever_their_state,
                histories_that_name_a_customer_are_found_and_rewritten,
                request_identities_of_entitlements_are_found_part_by_part;
            clocks: the_offset_is_kept, time_never_runs_backwards;
            model: random_changes_agree_with_a_model;
        }
    };
    ($factory:expr; $($module:ident: $($check:ident),+;)+) => {
        $(mod $module {
            #[allow(unused_imports)]
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                super::checks::$module::$check(&$factory).await;
            })+
        })+
    };
}
