//! The store's clock.

use super::samples::START;
use super::{Factory, Stage};

pub async fn the_offset_is_kept(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    assert_eq!(stage.store.now(), START);
    stage.store.set_clock_offset(86_400_000).await.unwrap();
    stage.clock.advance_ms(5);
    assert_eq!(stage.store.now(), START.plus_ms(86_400_005), "time runs on from the offset");
    stage.store.close().await.unwrap();
    drop(stage);
    let again = Stage::open(factory).await;
    assert_eq!((again.store.clock_offset_ms(), again.store.now()), (86_400_000, START.plus_ms(86_400_000)));
}

pub async fn time_never_runs_backwards(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    stage.clock.advance_ms(1_000);
    let now = stage.store.now();
    stage.clock.set(START);
    assert_eq!(stage.store.now(), now);
    stage.clock.advance_ms(2_000);
    assert_eq!(stage.store.now(), START.plus_ms(2_000));
}
