;; Wants a table of a hundred thousand elements: more than a policy of its kind may have, though
;; not more than there is room for.
(table 100000 funcref)
(func (export "usher:policy/decide@0.1.0#decide") (result i32) (global.get $admit))
