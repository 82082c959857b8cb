;; Its data does not fit into its memory.
(data (i32.const 131070) "beyond")
(func (export "usher:policy/decide@0.1.0#decide") (result i32) (global.get $admit))
