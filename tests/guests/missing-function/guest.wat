;; Calls a function that the contract does not have, in an interface that it has.
(import "usher:policy/log@0.1.0" "shout" (func $shout))
(func (export "usher:policy/decide@0.1.0#decide") (result i32)
    (call $shout)
    (global.get $admit))
