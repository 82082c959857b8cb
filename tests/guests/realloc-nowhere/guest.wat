;; Its allocator hands out an address behind the end of the memory.
(module
    (import "usher:policy/request@0.1.0" "subject" (func $subject (param i32)))
    (memory (export "memory") 2)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (i32.const 0xffffff00))
    (func (export "usher:policy/decide@0.1.0#decide") (result i32)
        (call $subject (i32.const 64))
        (i32.const 128)))
