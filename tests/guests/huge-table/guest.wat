;; Wants a table of ten million elements from the start.
(table 10000000 funcref)
(func (export "usher:policy/decide@0.1.0#decide") (result i32) (global.get $admit))
