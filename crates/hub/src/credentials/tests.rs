//! Checks that are given up half way, and addresses from which a credential may not be used.

use super::*;
use std::time::Duration;
use tokio::time::timeout;

const NOW: Moment = Moment(1_773_144_000_000);
const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn credentials(password: &str) -> Credentials {
    let random = Random::from_system().unwrap();
    let row = CredentialRow {
        user: "anna".to_owned(),
        account: AccountId(1),
        password_hash: hash_password(password, &random.secret().unwrap()).unwrap(),
        old_password: None,
        revoked_at: None,
    };
    Credentials {
        rows: RwLock::new(HashMap::from([(row.user.clone(), row)])),
        remembered: RwLock::default(),
        memory_key: random.secret().unwrap(),
        checks: Mutex::default(),
        failures: Failures::default(),
        cores: Arc::new(Semaphore::new(1)),
        dummy_hash: dummy_hash(&random).unwrap(),
    }
}

fn header(password: &str) -> Vec<u8> {
    format!("Basic {}", STANDARD.encode(format!("anna:{password}"))).into_bytes()
}

#[tokio::test]
async fn checks_that_nobody_waits_for_do_not_fill_the_queue() {
    let credentials = credentials("right");
    let held = Arc::clone(&credentials.cores).acquire_owned().await.unwrap();
    for at in 0..CHECKS_WAITING_MAX * 2 {
        let sent = header(&format!("guess {at}"));
        // Each from elsewhere, so that only the queue counts.
        let client = IpAddr::V4((at as u32).into());
        let checking = credentials.verify(Some(&sent), client, |_| true, NOW);
        assert!(timeout(Duration::ZERO, checking).await.is_err(), "it waits for its turn");
    }
    assert!(credentials.checks().is_empty());
    drop(held);
    let sent = header("right");
    let verified = credentials.verify(Some(&sent), CLIENT, |_| true, NOW).await.unwrap();
    assert_eq!(verified.user, "anna");
    assert!(credentials.checks().is_empty());
}

#[tokio::test]
async fn from_an_address_that_is_not_allowed_the_right_password_is_a_wrong_one() {
    let credentials = credentials("right");
    let sent = header("right");
    let verify = |admits: bool| credentials.verify(Some(&sent), CLIENT, move |_| admits, NOW);
    assert_eq!(verify(false).await, Err(NotKnown::Wrong));
    assert!(verify(true).await.is_ok());
    assert_eq!(verify(false).await, Err(NotKnown::Wrong), "remembered, and still not from there");
    let (inside, outside) = tokio::join!(verify(true), verify(false));
    assert!(inside.is_ok() && outside == Err(NotKnown::Wrong));
    assert_eq!(credentials.failures.check(CLIENT, Instant::now()), Ok(()));
}

#[tokio::test]
async fn after_twenty_wrong_passwords_none_is_hashed_and_a_remembered_one_is_served() {
    let credentials = credentials("right");
    let right = header("right");
    assert!(credentials.verify(Some(&right), CLIENT, |_| true, NOW).await.is_ok());
    for at in 0..failures::FAILURES_MAX {
        drop(credentials.failures.attempt(CLIENT));
        assert_eq!(credentials.failures.check(CLIENT, Instant::now()).is_err(), at + 1 == failures::FAILURES_MAX);
    }
    // No core is free: whoever is answered was not hashed.
    let _held = Arc::clone(&credentials.cores).acquire_owned().await.unwrap();
    let wrong = header("another guess");
    let refused = credentials.verify(Some(&wrong), CLIENT, |_| true, NOW).await;
    assert!(matches!(refused, Err(NotKnown::Failing(1..=60))), "{refused:?}");
    assert!(credentials.verify(Some(&right), CLIENT, |_| true, NOW).await.is_ok());
    let malformed = credentials.verify(Some(b"Bearer x"), CLIENT, |_| true, NOW).await;
    assert_eq!(malformed, Err(NotKnown::Malformed));
}
