;; Fills sixteen megabytes with one instruction, and again, and again: nothing inside the
;; instruction looks at the clock.
(func (export "usher:policy/decide@0.1.0#decide") (result i32)
    (drop (memory.grow (i32.const 254)))
    (loop $again
        (memory.fill (i32.const 65536) (i32.const 7) (i32.const 16711680))
        (br $again))
    (global.get $admit))
