;; Asks the same cheap question for ever: the time goes by in the host.
(import "usher:policy/settings@0.1.0" "document" (func $document (param i32)))
(func (export "usher:policy/decide@0.1.0#decide") (result i32)
    (loop $again
        (global.set $top (i32.const 65536))
        (call $document (i32.const 64))
        (br $again))
    (global.get $admit))
