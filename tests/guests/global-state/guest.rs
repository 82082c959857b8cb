//! Remembers that it has been asked before.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use policy_sdk::{Decision, Host, Placement, Trace};

policy_sdk::export!(decide);

static ASKED: AtomicU32 = AtomicU32::new(0);
static PEOPLE: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn decide(host: &impl Host) -> Result<Decision, String> {
    let before = ASKED.fetch_add(1, Ordering::Relaxed);
    let mut people = PEOPLE.lock().map_err(|error| error.to_string())?;
    if before > 0 || !people.is_empty() {
        return Err(format!("asked {before} times before"));
    }
    people.push(host.subject());
    let mut trace = Trace::default();
    trace.hit("first", "never asked before");
    Ok(trace.admit(Placement::in_company("acme")))
}
