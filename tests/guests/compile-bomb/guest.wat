(func (export "usher:policy/decide@0.1.0#decide") (result i32) (global.get $admit))
