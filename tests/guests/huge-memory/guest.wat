;; Wants four gigabytes from the start.
(module
    (memory (export "memory") 65536)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
    (func (export "usher:policy/decide@0.1.0#decide") (result i32) (i32.const 128)))
