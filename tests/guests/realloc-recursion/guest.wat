;; Its allocator calls itself without end when the host wants to hand a text over.
(module
    (import "usher:policy/request@0.1.0" "subject" (func $subject (param i32)))
    (memory (export "memory") 2)
    (func $realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (i32.add (i32.const 8) (call $realloc
            (local.get 0) (local.get 1) (local.get 2) (i32.add (local.get 3) (i32.const 1)))))
    (func (export "usher:policy/decide@0.1.0#decide") (result i32)
        (call $subject (i32.const 64))
        (i32.const 128)))
