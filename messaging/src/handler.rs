//! What a service writes: an async function over a transaction, and how it says that it failed.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use contract_events::{DecodeError, Envelope, Event, RawEvent};
use futures_util::future::{FutureExt as _, LocalBoxFuture};

use crate::core::{Failure, PoisonReason};
use crate::outbox::PublishError;
use crate::store::StoreError;

/// Why a handler failed, and what that means for its event.
///
/// `?` on any error makes it retriable, except that a [`StoreError`] or [`PublishError`] keeps its own class.
pub struct HandlerError {
    failure: Failure,
    source: Box<dyn Error + Send + Sync>,
}

impl HandlerError {
    /// May succeed later: tried again with backoff, dead-lettered after the last attempt.
    pub fn retriable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            failure: Failure::Retriable,
            source: source.into(),
        }
    }

    /// Can never succeed: dead-lettered at once.
    pub fn poison(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            failure: Failure::Poison(PoisonReason::Handler),
            source: source.into(),
        }
    }

    /// Something that every event needs is away: no attempt is counted, the subscriber pauses.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            failure: Failure::Unavailable,
            source: source.into(),
        }
    }

    /// Going on would do harm: the subscriber stops.
    pub fn fatal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            failure: Failure::Fatal,
            source: source.into(),
        }
    }

    /// What it means for the event.
    pub fn failure(&self) -> Failure {
        self.failure
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for HandlerError {
    fn from(error: E) -> Self {
        let failure = class(&error).unwrap_or(Failure::Retriable);
        Self {
            failure,
            source: Box::new(error),
        }
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HandlerError({:?}: {})", self.failure, self.source)
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)
    }
}

/// The class that an error brings along.
fn class(error: &dyn Any) -> Option<Failure> {
    error
        .downcast_ref::<StoreError>()
        .map(StoreError::failure)
        .or_else(|| error.downcast_ref::<PublishError>().map(PublishError::failure))
}

/// A decoded event of a type that only its own route knows.
pub(crate) type Decoded = Box<dyn Any + Send>;

/// A handler whose event type is forgotten; `C` is what it has its effects on.
pub(crate) trait Route<C>: Send + Sync {
    fn decode(&self, raw: RawEvent<'_>) -> Result<Decoded, DecodeError>;

    fn handle<'a>(
        &'a self,
        effects: &'a mut C,
        event: Decoded,
    ) -> LocalBoxFuture<'a, Result<(), HandlerError>>;

    /// Runs the handler from a thread that is not the runtime's, without memory of its own for the future: those are
    /// often larger than what an allocator keeps at hand.
    fn call(
        &self,
        effects: &mut C,
        event: Decoded,
        runtime: &tokio::runtime::Handle,
        deadline: Duration,
    ) -> Called;
}

/// How a call of a handler ended.
pub(crate) enum Called {
    Ended(Result<(), HandlerError>),
    Panicked,
    /// Not within its deadline.
    Late,
}

pub(crate) struct Typed<T, H> {
    handler: H,
    event: PhantomData<fn(T)>,
}

impl<T, H> Typed<T, H> {
    pub(crate) fn new(handler: H) -> Self {
        Self {
            handler,
            event: PhantomData,
        }
    }
}

impl<C, T: Event, H> Route<C> for Typed<T, H>
where
    H: AsyncFn(&mut C, Envelope<T>) -> Result<(), HandlerError> + Send + Sync,
{
    fn decode(&self, raw: RawEvent<'_>) -> Result<Decoded, DecodeError> {
        Ok(Box::new(raw.read_strict::<T>()?))
    }

    fn handle<'a>(
        &'a self,
        effects: &'a mut C,
        event: Decoded,
    ) -> LocalBoxFuture<'a, Result<(), HandlerError>> {
        Box::pin(async move {
            let event = event.downcast::<Envelope<T>>().map_err(|_| misrouted())?;
            (self.handler)(effects, *event).await
        })
    }

    fn call(
        &self,
        effects: &mut C,
        event: Decoded,
        runtime: &tokio::runtime::Handle,
        deadline: Duration,
    ) -> Called {
        let Ok(event) = event.downcast::<Envelope<T>>() else {
            return Called::Ended(Err(misrouted()));
        };
        let mut run = pin!(AssertUnwindSafe((self.handler)(effects, *event)).catch_unwind());
        // Most handlers wait for nothing: those need neither a timer nor a turn of the runtime.
        let ended = match run.as_mut().now_or_never() {
            Some(ended) => Ok(ended),
            None => runtime.block_on(async { tokio::time::timeout(deadline, run).await }),
        };
        match ended {
            Ok(Ok(result)) => Called::Ended(result),
            Ok(Err(_)) => Called::Panicked,
            Err(_) => Called::Late,
        }
    }
}

fn misrouted() -> HandlerError {
    HandlerError::fatal("an event reached the handler of another type, which is a defect of messaging")
}
