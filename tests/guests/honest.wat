;; What every policy has: a memory, an allocator that only goes up, and an answer.
(memory $memory (export "memory") 2)
(global $top (mut i32) (i32.const 65536))
(func $realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $top))
    (global.set $top (i32.and (i32.const -8)
        (i32.add (i32.const 7) (i32.add (global.get $top) (local.get 3)))))
    (local.get $at))

;; Admits to acme, everything else left alone:
;; ok · admit · placements: at 32812, one · no name · no attributes · no trace
(global $admit i32 (i32.const 32768))
(data (i32.const 32768)
    "\00\00\00\00" "\00\00\00\00" "\2c\80\00\00" "\01\00\00\00"
    "\00\00\00\00" "\00\00\00\00" "\00\00\00\00" "\00\00\00\00" "\00\00\00\00"
    "\00\00\00\00" "\00\00\00\00"
;; company: at 32836, four bytes · administrator left · groups left
    "\44\80\00\00" "\04\00\00\00" "\00\00\00\00" "\00\00\00\00" "\00\00\00\00" "\00\00\00\00"
    "acme")
