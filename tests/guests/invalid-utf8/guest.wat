;; Admits somebody whose name is made of bytes that are no text: a surrogate, which no UTF-8 has.
(data (i32.const 16) "\ed\a0\80")
(func (export "usher:policy/decide@0.1.0#decide") (result i32)
    (i32.store (i32.const 32784) (i32.const 1))
    (i32.store (i32.const 32788) (i32.const 16))
    (i32.store (i32.const 32792) (i32.const 3))
    (global.get $admit))
