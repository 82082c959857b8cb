;; Shares its memory with threads that it does not have.
(module
    (memory (export "memory") 2 2 shared)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
    (func (export "usher:policy/decide@0.1.0#decide") (result i32) (i32.const 128)))
