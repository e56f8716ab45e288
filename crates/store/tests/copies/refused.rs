//! What a copy does not do, and what it says instead.

use crate::filled::{fill, key};
use crate::places::{Engine, Own, compare, copy};
use crate::stopped::{copy_to_the_comparison, copy_until};
use store::Store;
use store::copy::CopyError;

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

async fn refused(from: &Own, to: &Own) -> CopyError {
    copy(from, to).await.unwrap_err()
}

/// A filled source of one engine, a target of another that is empty.
async fn ends(one: Engine, other: Engine) -> (Own, Own) {
    let (from, to) = (Own::make(one).await, Own::make(other).await);
    fill(&from).await;
    (from, to)
}

#[tokio::test]
async fn a_place_that_holds_anything_is_left_as_it_is() {
    for engine in ENGINES {
        let (from, to) = ends(Engine::Sqlite, engine).await;
        let store = to.open().await.unwrap();
        store.put_setting("kind", b"sandbox".to_vec()).await.unwrap();
        store.close().await.unwrap();
        let error = refused(&from, &to).await;
        assert!(matches!(&error, CopyError::NotEmpty { what, .. } if what == "setting \"kind\""), "{error}");
        assert!(error.to_string().contains("a new file, or a new database"), "{error}");
        let store = to.open().await.unwrap();
        assert_eq!(store.setting("kind").await, Ok(Some(b"sandbox".to_vec())));
        // One that is finished holds something, too.
        let finished = Own::make(engine).await;
        copy(&from, &finished).await.unwrap();
        assert!(matches!(refused(&from, &finished).await, CopyError::NotEmpty { .. }));
    }
}

#[tokio::test]
async fn an_unfinished_copy_is_finished_by_its_own_source_only() {
    for engine in ENGINES {
        let (from, to) = ends(Engine::Sqlite, engine).await;
        let other = Own::make(Engine::Sqlite).await;
        fill(&other).await;
        assert!(copy_until(&from, &to, |progress| progress.done > 60).await.is_none());
        let error = refused(&other, &to).await;
        assert!(matches!(error, CopyError::OtherSource { .. }), "{error}");
        assert!(error.to_string().contains(&from.file().display().to_string()), "{error}");
        // Nor is it a source itself.
        let third = Own::make(Engine::Sqlite).await;
        let error = refused(&to, &third).await;
        assert!(matches!(error, CopyError::SourceUnfinished { .. }), "{error}");
        copy(&from, &to).await.unwrap();
    }
}

#[tokio::test]
async fn a_source_that_was_served_meanwhile_is_noticed() {
    for engine in ENGINES {
        let (from, to) = ends(engine, Engine::Sqlite).await;
        assert!(copy_until(&from, &to, |progress| progress.done > 60).await.is_none());
        let store = from.open().await.unwrap();
        let mut row = crate::samples::row(crate::samples::Place { ..place(store.as_ref()).await }, 5_000, "new");
        row.slot = None;
        crate::filled::done(store.as_ref(), crate::samples::create(row)).await;
        store.close().await.unwrap();
        let error = refused(&from, &to).await;
        assert!(matches!(error, CopyError::SourceChanged { .. }), "{error}");
    }
}

async fn place(store: &dyn Store) -> crate::samples::Place {
    let account = store.account("acme".into(), false).await.unwrap();
    crate::samples::Place { account, route: store.route(account, "BANGO".into()).await.unwrap() }
}

#[tokio::test]
async fn what_is_not_the_same_is_found_record_by_record() {
    let changes = [
        ("UPDATE entitlement SET product = 'OTHER', slot = 7 WHERE own_id = 'own-4'", "differs in slot, product"),
        ("DELETE FROM event WHERE sequence = 2 AND request = 'rename-4'", "is missing"),
        ("UPDATE event SET sequence = 3 WHERE sequence = 2 AND request = 'rename-4'", "is missing"),
        ("UPDATE account SET position = position + 1 WHERE id = 2", "differs in position"),
        ("INSERT INTO setting (name, value) VALUES ('of-the-copy', 'x')", "is only in the copy"),
        ("UPDATE lane SET fence = fence + 1 WHERE fence = 1", "differs in fence"),
    ];
    for engine in ENGINES {
        for (sql, expected) in changes {
            let (from, to) = ends(Engine::Sqlite, engine).await;
            copy_to_the_comparison(&from, &to).await;
            // Bytes are written otherwise in each engine.
            to.change(&if engine == Engine::Sqlite { sql.replace("'x'", "x'78'") } else { sql.to_owned() }).await;
            let error = refused(&from, &to).await;
            let CopyError::Differs { count, first, .. } = &error else { panic!("{sql}: {error}") };
            assert!(*count > 0 && first.iter().any(|one| one.what == expected), "{sql}: {first:?}");
            assert!(error.to_string().contains("is not what"), "{error}");
            assert!(to.open().await.is_err(), "it is no store");
            assert_eq!(compare(&from, &to).await.differences, *count);
        }
    }
}

#[tokio::test]
async fn a_difference_names_the_record_and_no_values() {
    let (from, to) = ends(Engine::Sqlite, Engine::Postgres).await;
    copy_to_the_comparison(&from, &to).await;
    to.change("UPDATE entitlement SET customer = 'somebody else' WHERE own_id = 'own-4'").await;
    let told = refused(&from, &to).await.to_string();
    assert!(told.contains(&format!("entitlement {} differs in customer", key(4))), "{told}");
    assert!(!told.contains("somebody"), "{told}");
}

#[tokio::test]
async fn what_the_other_engine_cannot_hold_names_its_record() {
    let (from, to) = ends(Engine::Sqlite, Engine::Postgres).await;
    from.change("UPDATE entitlement SET rest = rest || char(0) WHERE own_id = 'own-4'").await;
    let error = refused(&from, &to).await;
    let expected = format!("entitlement {} cannot be copied: rest holds a NUL character", key(4));
    assert!(error.to_string().starts_with(&expected), "{error}");
    let (from, to) = ends(Engine::Sqlite, Engine::Postgres).await;
    from.change("UPDATE claim SET http = 70000000000 WHERE identity = 'refused'").await;
    let error = refused(&from, &to).await;
    assert!(error.to_string().contains("cannot be copied: http is too large a number"), "{error}");
    // To a file all of that goes.
    let file = Own::make(Engine::Sqlite).await;
    copy(&from, &file).await.unwrap();
}

#[tokio::test]
async fn what_the_database_itself_refuses_names_its_record() {
    let (from, to) = ends(Engine::Sqlite, Engine::Postgres).await;
    from.change("DROP INDEX entitlement_by_own_id; UPDATE entitlement SET own_id = 'own-4' WHERE own_id = 'own-8'")
        .await;
    let told = refused(&from, &to).await.to_string();
    assert!(told.starts_with("entitlement ") && told.contains("cannot be copied: duplicate key"), "{told}");
}

#[tokio::test]
async fn who_has_it_open_is_in_the_way() {
    for engine in ENGINES {
        let (from, to) = ends(engine, Engine::Sqlite).await;
        let store = from.open().await.unwrap();
        let told = refused(&from, &to).await.to_string();
        assert!(told.contains("is in use") && told.contains("stop"), "{told}");
        store.close().await.unwrap();
        drop(store);
        copy(&from, &to).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_opens_what_is_being_copied() {
    for engine in ENGINES {
        let (from, to) = ends(engine, Engine::Sqlite).await;
        let (reached, mut is_reached) = tokio::sync::mpsc::unbounded_channel();
        let (go_on, held) = std::sync::mpsc::channel::<()>();
        let places = (from.place(), to.place());
        let copying = tokio::spawn(async move {
            let mut told = move |_| {
                if reached.send(()).is_ok() {
                    // The test says when; it may have gone.
                    let _ = tokio::task::block_in_place(|| held.recv());
                }
            };
            store::copy::copy(&places.0, &places.1, 1_000, &mut told).await
        });
        is_reached.recv().await.unwrap();
        drop(is_reached);
        for own in [&from, &to] {
            let told = own.open().await.err().unwrap();
            assert!(told.contains("is in use") || told.contains("is being copied"), "{told}");
        }
        if engine == Engine::Postgres {
            let third = Own::make(Engine::Sqlite).await;
            let error = refused(&from, &third).await;
            assert!(matches!(error, CopyError::BeingCopied { .. }), "{error}");
        }
        drop(go_on);
        copying.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_made() {
    for engine in ENGINES {
        let (from, to) = (Own::make(engine).await, Own::make(Engine::Sqlite).await);
        let error = refused(&from, &to).await;
        assert!(matches!(error, CopyError::NoStore(_)), "{error}");
        assert!(!to.file().exists());
        let same = Own::make(engine).await;
        same.open().await.unwrap().close().await.unwrap();
        let error = refused(&same, &same).await;
        assert!(matches!(error, CopyError::Same(_)), "{error}");
    }
}
