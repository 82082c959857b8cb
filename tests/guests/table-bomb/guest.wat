;; Grows a table without end.
(table $t 1 funcref)
(func (export "usher:policy/decide@0.1.0#decide") (result i32)
    (loop $again
        (drop (table.grow $t (ref.null func) (i32.const 999)))
        (br $again))
    (global.get $admit))
