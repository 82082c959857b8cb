;; Endless recursion: the stack that the host keeps for the guest is the first to end.
(func $deeper (param i64) (result i64)
    (i64.add (call $deeper (i64.add (local.get 0) (i64.const 1))) (i64.const 1)))
(func (export "usher:policy/decide@0.1.0#decide") (result i32)
    (drop (call $deeper (i64.const 0)))
    (global.get $admit))
