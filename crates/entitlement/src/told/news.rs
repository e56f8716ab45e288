//! A merchant changes product, private data or dates, or has news.

use super::{Telling, in_turn};
use crate::extension::merged;
use crate::moves::{change_product, undo_end};
use crate::{
    Answer, Ask, Decision, Details, EventKind, Given, JsonObject, Moment, Party, ProductChange, Reason, Rejection,
    Reply, Set,
};
use alloc::vec::Vec;

impl Telling<'_> {
    pub(super) fn notified(&self, reason: Option<&Reason>, extension: &JsonObject) -> Decision {
        if !self.e.record.status.is_open() {
            return self.noted();
        }
        let mut d = self.draft();
        let data = merged(&d.after.merchant_extension, extension);
        d.push(EventKind::DetailsUpdated, reason.cloned(), Vec::from([Set::MerchantExtension(data)]));
        d.finish(Reply::Done)
    }

    pub(super) fn patched(
        &self,
        product: Option<&ProductChange>,
        extension: &JsonObject,
        date_expiry: Option<Option<Moment>>,
        termination_date: Option<Option<Moment>>,
    ) -> Result<Decision, Rejection> {
        if !self.e.record.status.is_open() {
            return Ok(self.noted());
        }
        let fields = self.fields_patched(product, extension, date_expiry);
        let rest = match termination_date {
            None => return Ok(fields),
            Some(Some(at)) => self.after(&fields, |telling| Ok(telling.terminated(false, Some(at), None)))?,
            Some(None) => self.after(&fields, |telling| telling.end_taken_back())?,
        };
        Ok(in_turn(fields, rest))
    }

    fn fields_patched(
        &self,
        product: Option<&ProductChange>,
        extension: &JsonObject,
        date_expiry: Option<Option<Moment>>,
    ) -> Decision {
        let mut d = self.draft();
        let data = merged(&d.after.merchant_extension, extension);
        let mut also = Vec::from([Set::MerchantExtension(data)]);
        also.extend(date_expiry.map(|expiry| Set::DateExpiry(expiry.map(Moment::whole_second))));
        match product.filter(|_| !self.is_update_told(product)) {
            Some(product) => change_product(&mut d, product, &Details::default(), also),
            None => d.along_if_changed(EventKind::DetailsUpdated, None, also),
        }
        if self.is_update_told(product) {
            return self.then_settled(d, &Answer::Done(Given::default()));
        }
        d.finish(Reply::Done)
    }

    /// The merchant takes its own planned end back, or confirms that it undid the reseller's.
    fn end_taken_back(&self) -> Result<Decision, Rejection> {
        if self.asks(|ask| matches!(ask, Ask::Undo { .. })) {
            return Ok(self.settled(&Answer::Done(Given::default()), None));
        }
        let mut d = self.draft();
        match self.e.ending.as_ref().map(|ending| ending.by) {
            None => {}
            Some(Party::Merchant) => undo_end(&mut d, Vec::new()),
            Some(Party::Reseller | Party::Hub | Party::Operator) => return Err(Rejection::EndingByReseller),
        }
        Ok(d.finish(Reply::Done))
    }

    /// The next part of a PATCH, on the state after the part before.
    fn after(
        &self,
        before: &Decision,
        next: impl FnOnce(&Telling<'_>) -> Result<Decision, Rejection>,
    ) -> Result<Decision, Rejection> {
        match crate::carry_out(self.e, before) {
            Some(e) => next(&Telling { e: &e, route: self.route, now: self.now }),
            None => Ok(self.noted()),
        }
    }

    /// The product is the one that an open update asks for.
    fn is_update_told(&self, product: Option<&ProductChange>) -> bool {
        let asked = self.e.operation.as_ref().map(|operation| &operation.ask);
        match (asked, product) {
            (Some(Ask::Update { product: asked, .. }), Some(told)) => {
                asked.product_key == told.product_key && asked.offer_key == told.offer_key
            }
            (Some(_) | None, _) => false,
        }
    }
}
