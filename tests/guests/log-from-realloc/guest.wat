;; Calls the host while the host is calling it.
(module
    (import "usher:policy/request@0.1.0" "subject" (func $subject (param i32)))
    (import "usher:policy/log@0.1.0" "write" (func $log (param i32 i32 i32)))
    (memory (export "memory") 2)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (call $log (i32.const 1) (i32.const 16) (i32.const 4))
        (i32.const 65536))
    (func (export "usher:policy/decide@0.1.0#decide") (result i32)
        (call $subject (i32.const 64))
        (i32.const 128)))
