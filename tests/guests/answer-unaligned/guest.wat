;; The answer lies at an odd address.
(func (export "usher:policy/decide@0.1.0#decide") (result i32)
    (i32.const 32769))
