;; Asks the directory before anybody signs in.
(import "usher:policy/directory@0.1.0" "company-exists"
    (func $exists (param i32 i32) (result i32)))
(data (i32.const 16) "acme")
(func $start (drop (call $exists (i32.const 16) (i32.const 4))))
(start $start)
(func (export "usher:policy/decide@0.1.0#decide") (result i32) (global.get $admit))
