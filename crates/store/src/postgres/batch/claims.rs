//! Request identities of a batch.

use super::Entry;
use crate::codec::answer_columns;
use crate::postgres::pipeline::Pipeline;
use crate::postgres::values::{Day, Id};
use crate::{Claim, ClaimChange, SavedAnswer};
use entitlement::Moment;
use ids::OperationId;
use tokio_postgres::Error;

/// What happens to claims.
#[derive(Debug)]
pub(super) struct Claims<'a> {
    today: Day,
    new: Rows<'a>,
    answered: Rows<'a>,
    answered_of: Rows<'a>,
    freed: (Vec<i64>, Vec<&'a str>),
    freed_of: Vec<Id>,
    texts: Texts<'a>,
    texts_of: (Vec<Id>, Vec<&'a str>),
}

/// Texts of answers that go by identity.
#[derive(Debug, Default)]
struct Texts<'a> {
    homes: Vec<i64>,
    identities: Vec<&'a str>,
    texts: Vec<&'a str>,
}

/// Columns of claims.
#[derive(Debug, Default)]
struct Rows<'a> {
    homes: Vec<i64>,
    identities: Vec<&'a str>,
    fingerprints: Vec<&'a [u8]>,
    keys: Vec<Option<Id>>,
    operations: Vec<Option<Id>>,
    at: Vec<i64>,
    answered_at: Vec<Option<i64>>,
    http: Vec<Option<i32>>,
    forms: Vec<Option<i16>>,
    codes: Vec<Option<i16>>,
    versions: Vec<Option<i64>>,
    answered_on: Vec<Option<Day>>,
}

macro_rules! insert {
    ($rest:literal) => {
        concat!(
            "INSERT INTO claim AS c (home, identity, fingerprint, key, operation, at, answered_at, http, form, \
             code, version, answered_on) SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::uuid[], \
             $5::uuid[], $6::bigint[], $7::bigint[], $8::integer[], $9::smallint[], $10::smallint[], $11::bigint[], \
             $12::date[])",
            $rest
        )
    };
}

const INSERT: &str = insert!("");

/// The claims are there and held.
const ANSWER: &str = insert!(
    " ON CONFLICT (home, identity) DO UPDATE SET answered_at = excluded.answered_at, http = excluded.http, \
      form = excluded.form, code = excluded.code, version = excluded.version, answered_on = excluded.answered_on"
);

const ANSWER_OF: &str = "UPDATE claim c SET answered_at = x.answered_at, http = x.http, form = x.form, \
         code = x.code, version = x.version, answered_on = x.answered_on \
     FROM (SELECT i.*, t.place FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::smallint[], $5::smallint[], \
             $6::bigint[], $7::date[]) AS i(operation, answered_at, http, form, code, version, answered_on) \
         CROSS JOIN LATERAL (SELECT ctid AS place FROM claim \
             WHERE operation = i.operation AND http IS NULL FOR UPDATE) t) x \
     WHERE c.ctid = x.place";

/// Texts of answers, after their claims have got them: those are held from then on at the latest.
const KEEP: &str = "INSERT INTO answer (home, claim, day, text) SELECT i.home, c.number, $4, i.text \
     FROM unnest($1::bigint[], $2::text[], $3::text[]) AS i(home, identity, text) \
     CROSS JOIN LATERAL (SELECT number FROM claim WHERE home = i.home AND identity = i.identity OFFSET 0) c";

/// The same by operation: before their claims have got them, since those are found by their waiting.
const KEEP_OF: &str = "INSERT INTO answer (home, claim, day, text) SELECT c.home, c.number, $3, i.text \
     FROM unnest($1::uuid[], $2::text[]) AS i(operation, text) \
     CROSS JOIN LATERAL (SELECT home, number FROM claim \
         WHERE operation = i.operation AND http IS NULL FOR UPDATE) c";

/// An identity that has its answer keeps it.
const FREE: &str = "DELETE FROM claim WHERE ctid = ANY (ARRAY (SELECT t.place \
     FROM unnest($1::bigint[], $2::text[]) AS i(home, identity) CROSS JOIN LATERAL (SELECT ctid AS place \
         FROM claim WHERE home = i.home AND identity = i.identity AND http IS NULL FOR UPDATE) t))";

const FREE_OF: &str = "DELETE FROM claim WHERE ctid = ANY (ARRAY (SELECT t.place \
     FROM unnest($1::uuid[]) AS i(operation) CROSS JOIN LATERAL (SELECT ctid AS place \
         FROM claim WHERE operation = i.operation AND http IS NULL FOR UPDATE) t))";

impl<'a> Claims<'a> {
    /// In the order of the keys.
    pub(super) fn of(entries: &[Entry<'a>], today: Day) -> Self {
        let mut sorted: Vec<&Entry<'a>> = entries.iter().collect();
        sorted.sort_by_cached_key(|entry| {
            let identity = entry.prepared.change.claim.identity();
            identity.map(|identity| (entry.home_of(identity), identity.as_str()))
        });
        let mut claims = Self::none(today);
        for entry in sorted {
            let change = &entry.prepared.change;
            match &change.claim {
                ClaimChange::None => {}
                ClaimChange::Insert(claim) => {
                    claims.new.push(entry, claim, None, today);
                    claims.texts.push(entry, claim);
                }
                ClaimChange::Answer(claim) => {
                    claims.answered.push(entry, claim, Some(change.at), today);
                    claims.texts.push(entry, claim);
                }
                ClaimChange::AnswerOf(operation, answer) => {
                    claims.answered_of.push_of(*operation, answer, change.at, today);
                    if let (.., Some(text)) = answer_columns(Some(answer)) {
                        claims.texts_of.0.push(Id(operation.0));
                        claims.texts_of.1.push(text);
                    }
                }
                ClaimChange::Free(identity) => {
                    claims.freed.0.push(entry.home_of(identity));
                    claims.freed.1.push(identity.as_str());
                }
                ClaimChange::FreeOf(operation) => claims.freed_of.push(Id(operation.0)),
            }
        }
        claims
    }

    fn none(today: Day) -> Self {
        Self {
            today,
            new: Rows::default(),
            answered: Rows::default(),
            answered_of: Rows::default(),
            freed: (Vec::new(), Vec::new()),
            freed_of: Vec::new(),
            texts: Texts::default(),
            texts_of: (Vec::new(), Vec::new()),
        }
    }

    pub(super) async fn add_to<'p>(&'p self, pipeline: &mut Pipeline<'p>) -> Result<(), Error> {
        for (rows, sql) in [(&self.new, INSERT), (&self.answered, ANSWER)] {
            let Rows { homes, identities, fingerprints, keys, operations, at, .. } = rows;
            let Rows { answered_at, http, forms, codes, versions, answered_on, .. } = rows;
            if homes.is_empty() {
                continue;
            }
            pipeline
                .add(
                    sql,
                    vec![
                        homes,
                        identities,
                        fingerprints,
                        keys,
                        operations,
                        at,
                        answered_at,
                        http,
                        forms,
                        codes,
                        versions,
                        answered_on,
                    ],
                )
                .await?;
        }
        self.add_texts_to(pipeline).await?;
        let Rows { operations, answered_at, http, forms, codes, versions, answered_on, .. } = &self.answered_of;
        if !operations.is_empty() {
            let values: Vec<_> = vec![operations as _, answered_at as _, http as _, forms as _, codes as _];
            pipeline.add(ANSWER_OF, [values, vec![versions as _, answered_on as _]].concat()).await?;
        }
        if !self.freed.0.is_empty() {
            pipeline.add(FREE, vec![&self.freed.0, &self.freed.1]).await?;
        }
        if !self.freed_of.is_empty() {
            pipeline.add(FREE_OF, vec![&self.freed_of]).await?;
        }
        Ok(())
    }

    async fn add_texts_to<'p>(&'p self, pipeline: &mut Pipeline<'p>) -> Result<(), Error> {
        let Texts { homes, identities, texts } = &self.texts;
        if !texts.is_empty() {
            pipeline.add(KEEP, vec![homes, identities, texts, &self.today]).await?;
        }
        let (operations, texts) = &self.texts_of;
        if !texts.is_empty() {
            pipeline.add(KEEP_OF, vec![operations, texts, &self.today]).await?;
        }
        Ok(())
    }
}

impl<'a> Texts<'a> {
    fn push(&mut self, entry: &Entry<'_>, claim: &'a Claim) {
        if let (.., Some(text)) = answer_columns(claim.answer.as_ref()) {
            self.homes.push(entry.home_of(&claim.identity));
            self.identities.push(claim.identity.as_str());
            self.texts.push(text);
        }
    }
}

impl<'a> Rows<'a> {
    fn push(&mut self, entry: &Entry<'_>, claim: &'a Claim, answered_at: Option<Moment>, today: Day) {
        self.homes.push(entry.home_of(&claim.identity));
        self.identities.push(claim.identity.as_str());
        self.fingerprints.push(&claim.fingerprint);
        self.keys.push(claim.key.map(Id::from));
        self.operations.push(claim.operation.map(|id| Id(id.0)));
        self.at.push(claim.at.0);
        self.push_answer(claim.answer.as_ref(), answered_at, today);
    }

    /// Every claim bound to an operation: its own columns are not needed.
    fn push_of(&mut self, operation: OperationId, answer: &SavedAnswer, at: Moment, today: Day) {
        self.operations.push(Some(Id(operation.0)));
        self.push_answer(Some(answer), Some(at), today);
    }

    fn push_answer(&mut self, answer: Option<&SavedAnswer>, at: Option<Moment>, today: Day) {
        let (http, form, code, version, text) = answer_columns(answer);
        self.answered_at.push(at.map(|at| at.0));
        self.http.push(http.map(i32::from));
        self.forms.push(form.map(i16::from));
        self.codes.push(code.map(i16::from));
        self.versions.push(version.map(i64::from));
        self.answered_on.push(text.map(|_| today));
    }
}
