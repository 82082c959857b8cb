//! An allocator for one decision: it hands memory out and never takes it back, since the instance
//! is dropped with the decision.
//!
//! It starts in a static arena, because growing a memory serialises the host's cores (`mprotect`);
//! only a decision that needs more than [`ARENA`] bytes grows it.
#![expect(unsafe_code, reason = "an allocator is unsafe by its nature")]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that need no growth: several times what thousands of groups take. What a decision
/// writes to has to be looked for in all of it when the instance is dropped.
const ARENA: usize = 192 * 1024;
const PAGE: usize = 64 * 1024;

#[global_allocator]
static ALLOCATOR: Arena = Arena {
    memory: UnsafeCell::new([0; ARENA]),
    next: AtomicUsize::new(0),
    end: AtomicUsize::new(0),
};

struct Arena {
    memory: UnsafeCell<[u8; ARENA]>,
    /// First free address; 0 before the first allocation.
    next: AtomicUsize,
    /// First address beyond what may be handed out.
    end: AtomicUsize,
}

// SAFETY: a policy has one thread.
unsafe impl Sync for Arena {}

// SAFETY: blocks are disjoint: `next` only moves past what was handed out, except back over the
// last block when that one is freed or shrunk.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let next = self.next.load(Ordering::Relaxed);
        let next = if next == 0 { self.open() } else { next };
        let Some(aligned) = next.checked_next_multiple_of(layout.align()) else {
            return ptr::null_mut();
        };
        let Some(after) = aligned.checked_add(layout.size()) else {
            return ptr::null_mut();
        };
        let end = self.end.load(Ordering::Relaxed);
        if after > end {
            return self.alloc_beyond(end, layout);
        }
        self.next.store(after, Ordering::Relaxed);
        aligned as *mut u8
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if block as usize + layout.size() == self.next.load(Ordering::Relaxed) {
            self.next.store(block as usize, Ordering::Relaxed);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let start = block as usize;
        let last = start + layout.size() == self.next.load(Ordering::Relaxed);
        if last && size <= self.end.load(Ordering::Relaxed) - start {
            self.next.store(start + size, Ordering::Relaxed);
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the caller's layout is valid, so one with the same alignment and a size that
        // the contract of `realloc` bounds is too; the new block is disjoint from the old one.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size());
            }
            moved
        }
    }
}

impl Arena {
    fn open(&self) -> usize {
        let start = self.memory.get() as usize;
        self.end.store(start + ARENA, Ordering::Relaxed);
        start
    }

    /// Grows the memory. New pages follow old ones, so what is left at `end` is used too, unless
    /// `end` is that of the arena, behind which other things lie.
    fn alloc_beyond(&self, end: usize, layout: Layout) -> *mut u8 {
        let Some(needed) = layout.size().checked_add(layout.align()) else {
            return ptr::null_mut();
        };
        let pages = needed.div_ceil(PAGE);
        let before = core::arch::wasm32::memory_grow(0, pages);
        if before == usize::MAX {
            return ptr::null_mut();
        }
        let grown = before * PAGE;
        let next = self.next.load(Ordering::Relaxed);
        let start = if grown == end { next } else { grown };
        let aligned = start.next_multiple_of(layout.align());
        self.next.store(aligned + layout.size(), Ordering::Relaxed);
        self.end.store(grown + pages * PAGE, Ordering::Relaxed);
        aligned as *mut u8
    }
}
