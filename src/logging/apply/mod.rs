//! Carries a plan out, and waits until the logs it turned on are delivered.

mod calls;
mod delivery_status;
mod executor;
mod options;
mod outcome;
mod sessions;
mod wait_until_active;

pub use self::{
    executor::{Applied, apply},
    options::{ApplyOptions, PollPolicy, WaitPolicy},
    outcome::Outcome,
};
