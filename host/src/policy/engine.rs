//! The engine: one for the process, with everything off that a policy has no need of.

use std::thread;

use anyhow::Context;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
    UpdateDeadline,
};

use super::bindings;
use super::limits::{CALL_BYTES, HANDLES, INTERPRETER, MEMORIES, TABLES, TICK, WASM_STACK_BYTES};
use super::session::Session;

/// Memory of a slot that is wiped rather than given back to the kernel.
const KEEP_RESIDENT: usize = 1 << 20;

/// Slots beyond one per guest thread, for trial instances of policies being loaded.
const TRIALS: u32 = 8;

/// Owns the engine and its clock: as long as this lives, a running guest is looked at every
/// [`TICK`].
pub(super) struct Sandbox {
    engine: Engine,
    linker: Linker<Session>,
}

impl Sandbox {
    /// An engine with slots for `threads` guests at once.
    ///
    /// # Errors
    /// If the kernel gives no address space for the slots, or no thread.
    pub(super) fn new(threads: usize) -> anyhow::Result<Self> {
        let engine = Engine::new(config().allocation_strategy(pool(threads)))
            .map_err(anyhow::Error::from)
            .context(
                "the policy engine did not start; it reserves address space for every guest: \
             raise `ulimit -v` if it is set",
            )?;
        let mut linker = Linker::new(&engine);
        bindings::Policy::add_to_linker::<_, HasSelf<_>>(&mut linker, |session| session)?;
        start_ticker(&engine)?;
        Ok(Self { engine, linker })
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn linker(&self) -> &Linker<Session> {
        &self.linker
    }

    /// Core instances and memories in use.
    pub(super) fn occupied_slots(&self) -> u64 {
        let metrics = self.engine.pooling_allocator_metrics();
        metrics.map_or(0, |pool| {
            let memories = u64::try_from(pool.memories()).unwrap_or(u64::MAX);
            pool.core_instances().saturating_add(memories)
        })
    }

    /// The only place that makes a store: none is without its limits.
    pub(super) fn store(&self, session: Session) -> Store<Session> {
        let mut store = Store::new(&self.engine, session);
        store.limiter(|session| &mut session.allocated);
        store.set_hostcall_fuel(CALL_BYTES);
        store.set_max_component_handles(HANDLES);
        store.epoch_deadline_callback(|mut context| {
            context.data_mut().time.check()?;
            Ok(UpdateDeadline::Continue(1))
        });
        store.set_epoch_deadline(1);
        store
    }
}

/// An engine that compiles for [`Sandbox`] and runs nothing: it reserves no address space.
pub(super) fn compiling() -> anyhow::Result<Engine> {
    Engine::new(&config()).map_err(anyhow::Error::from)
}

/// What native code depends on: the same wherever it is made and run.
fn config() -> Config {
    let mut config = Config::new();
    config
        .memory_init_cow(true)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        // Equal decisions on every machine (`policy.md` §4).
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        // wasmtime copies between the parts of a component with code of its own that has two
        // memories, and panics where that is off. JavaScript and Python come in parts.
        .wasm_multi_memory(true)
        .wasm_memory64(false)
        .wasm_backtrace_max_frames(None);
    config
}

fn pool(threads: usize) -> InstanceAllocationStrategy {
    let guests = u32::try_from(threads)
        .unwrap_or(u32::MAX)
        .saturating_add(TRIALS);
    let most = &INTERPRETER;
    let instances = u32::try_from(most.core_instances).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(guests)
        .total_core_instances(guests.saturating_mul(instances))
        .total_memories(guests.saturating_mul(MEMORIES))
        .total_tables(guests.saturating_mul(TABLES))
        .max_core_instances_per_component(instances)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_tables_per_module(TABLES)
        .max_memory_size(most.memory_bytes)
        .table_elements(most.table_elements)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT)
        .pagemap_scan(pagemap_scan());
    InstanceAllocationStrategy::Pooling(pool)
}

/// Wiping a slot by asking the kernel which pages were written; needs Linux 6.7.
fn pagemap_scan() -> Enabled {
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        return Enabled::Auto;
    }
    tracing::info!(
        "this kernel has no PAGEMAP_SCAN (Linux 6.7): policy memory is wiped whole, \
         which takes some microseconds more per decision"
    );
    Enabled::No
}

/// How the memory of an instance is wiped on this machine, in words.
pub fn wiping() -> &'static str {
    match PoolingAllocationConfig::is_pagemap_scan_available() {
        true => "memory is wiped page by page (PAGEMAP_SCAN)",
        false => "this kernel has no PAGEMAP_SCAN (Linux 6.7): memory is wiped whole",
    }
}

/// Moves the epoch until the engine is gone.
fn start_ticker(engine: &Engine) -> anyhow::Result<()> {
    let engine = engine.weak();
    let tick = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    thread::Builder::new()
        .name("policy-ticker".into())
        .spawn(tick)
        .context("no thread for the clock of the policy engine")?;
    Ok(())
}
