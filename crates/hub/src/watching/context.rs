//! What a request carries through the hub beside its own values: its id, for every line of the log,
//! and its trace. It travels with the task, so that nothing on the way has to know of it.

use super::traceparent;
use super::tracer::{Finished, Kind, Trace};
use crate::http::Action;
use crate::random::RequestId;
use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;
use tokio::time::Instant;

tokio::task_local! {
    static CONTEXT: Context;
}

/// What travels with a request's task.
#[derive(Debug)]
pub(crate) struct Context {
    id: RequestId,
    operation: Cell<usize>,
    trace: Option<Arc<Trace>>,
}

impl Context {
    pub(super) fn new(id: RequestId, trace: Option<Arc<Trace>>) -> Self {
        Self { id, operation: Cell::new(super::requests::NO_OPERATION), trace }
    }

    /// The request's id.
    pub(crate) const fn id(&self) -> RequestId {
        self.id
    }

    /// Runs a request's future under this context. Not async: an async function would keep the future
    /// twice, as its argument and as what it awaits.
    pub(crate) fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        CONTEXT.scope(self, future)
    }
}

/// The parts that go with a task that outlives its request.
#[derive(Debug)]
pub(crate) struct Carried(Option<Context>);

impl Carried {
    /// Of the request that runs now.
    pub(crate) fn now() -> Self {
        let of = |context: &Context| Context::new(context.id, context.trace.clone());
        Self(CONTEXT.try_with(of).ok())
    }

    /// Runs a future as a part of that request. Boxed once, since it is large and would be copied.
    pub(crate) fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        let future = Box::pin(future);
        async move {
            match self.0 {
                Some(context) => context.scope(future).await,
                None => future.await,
            }
        }
    }
}

/// Hands the id of the request that runs now, if one does, to a function: for lines of a log.
pub fn with_request_id<T>(function: impl FnOnce(Option<&str>) -> T) -> T {
    let id = CONTEXT.try_with(|context| context.id).ok();
    function(id.as_ref().map(RequestId::as_str))
}

/// What the request that runs now is about.
pub(crate) fn is_about(action: &Action) {
    let _ = CONTEXT.try_with(|context| context.operation.set(super::requests::operation(action)));
}

/// The operation noted by [`is_about`].
pub(super) fn operation_now() -> usize {
    CONTEXT.try_with(|context| context.operation.get()).unwrap_or(super::requests::NO_OPERATION)
}

/// Whether a request runs now.
pub(super) fn in_request() -> bool {
    CONTEXT.try_with(|_| ()).is_ok()
}

/// The trace of the request that runs now.
pub(super) fn trace_now() -> Option<Arc<Trace>> {
    CONTEXT.try_with(|context| context.trace.clone()).ok().flatten()
}

/// A part of the request that runs now; `None` where it is not traced.
pub(crate) fn span(name: &'static str) -> Option<Span> {
    let trace = trace_now()?;
    let (id, parent) = (trace.new_id(), Some(trace.root()));
    Some(Span::new(trace, name, id, parent))
}

/// Something that is computed at once, as a part of the request.
pub(crate) fn decided<T>(decide: impl FnOnce() -> T) -> T {
    let _span = span("decide");
    decide()
}

/// A span that ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Span {
    trace: Arc<Trace>,
    name: &'static str,
    id: u64,
    parent: Option<u64>,
    kind: Kind,
    begun: Instant,
    attributes: Vec<(&'static str, String)>,
    failed: bool,
}

impl Span {
    pub(super) fn new(trace: Arc<Trace>, name: &'static str, id: u64, parent: Option<u64>) -> Self {
        let begun = Instant::now();
        Self { trace, name, id, parent, kind: Kind::Internal, begun, attributes: Vec::new(), failed: false }
    }

    /// It is a call of somebody else.
    pub(crate) fn calling(mut self) -> Self {
        self.kind = Kind::Client;
        self
    }

    /// It answers somebody else.
    pub(super) fn serving(mut self, name: &'static str, begun: Instant) -> Self {
        (self.kind, self.name, self.begun) = (Kind::Server, name, begun);
        self
    }

    /// Notes something about it; never personal data, never a secret.
    pub(crate) fn note(&mut self, name: &'static str, value: impl Into<String>) {
        self.attributes.push((name, value.into()));
    }

    /// It did not go well.
    pub(crate) fn fail(&mut self) {
        self.failed = true;
    }

    /// What a call made in it carries, so that the other side can go on with the trace.
    pub(crate) fn traceparent(&self) -> String {
        traceparent::print(self.trace.id(), self.id)
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        self.trace.finish(Finished {
            trace: self.trace.id(),
            id: self.id,
            parent: self.parent,
            name: self.name,
            kind: self.kind,
            begun_ns: self.trace.wall_ns(self.begun),
            ended_ns: self.trace.wall_ns(Instant::now()),
            attributes: std::mem::take(&mut self.attributes),
            failed: self.failed,
        });
    }
}
