//! Everything that passed the look is written, and committed in the same round trip.

use super::Entry;
use super::beside::Beside;
use super::claims::Claims;
use super::entitlements::Entitlements;
use super::events::Events;
use super::lanes::Lanes;
use super::look::Stands;
use crate::HandedLane;
use crate::postgres::connect::Connection;
use crate::postgres::moving::Moving;
use crate::postgres::pipeline::Pipeline;
use crate::postgres::values::Id;
use tokio_postgres::Error;

/// How far a batch that failed had come.
#[derive(Debug)]
pub(in crate::postgres) enum Step {
    /// Nothing of it is there: the server said so before it came to COMMIT.
    Before(Error),
    /// COMMIT was sent, and nobody said what became of it.
    Unanswered(Error),
}

/// Writes and commits; the lanes that are leased to the holder with it.
pub(in crate::postgres) async fn write(
    connection: &Connection,
    entries: &[Entry<'_>],
    stands: Stands,
    holder: Id,
) -> Result<Vec<HandedLane>, Step> {
    let Stands { audit, today } = stands;
    let claims = Claims::of(entries, today);
    let entitlements = Entitlements::of(entries, today);
    let beside = Beside::of(entries, audit);
    let moves = entries.iter().filter(|entry| entry.home != entry.was_at);
    let moving = Moving::of(moves.filter_map(|entry| Some((entry.key()?.into(), entry.home))).collect());
    let lanes = Lanes::of(entries, today, holder, &moving);
    let events = Events::of(entries, today);
    let mut pipeline = Pipeline::new(connection);
    let added = async {
        claims.add_to(&mut pipeline).await?;
        entitlements.add_to(&mut pipeline, &moving).await?;
        beside.add_to(&mut pipeline).await?;
        let appended = lanes.add_to(&mut pipeline, &moving).await?;
        // Last, since everything of the account waits for it from here on.
        events.add_to(&mut pipeline).await?;
        Ok((appended, pipeline.add("COMMIT", Vec::new()).await?))
    };
    let (appended, commit) = added.await.map_err(Step::Before)?;
    match pipeline.run().await {
        Ok(answers) => {
            let rows = appended.and_then(|step| answers.get(step)).map_or(&[][..], Vec::as_slice);
            Ok(lanes.handed(rows))
        }
        Err(broken) if broken.step < commit && broken.error.as_db_error().is_some() => Err(Step::Before(broken.error)),
        Err(broken) => Err(Step::Unanswered(broken.error)),
    }
}
