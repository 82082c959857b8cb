//! Makes numbers that are none in every way it can, and shows their bits. Which bits a processor
//! puts there differs; a decision must not.

use std::hint::black_box;

use policy_sdk::{Decision, Host, Placement, Trace};

policy_sdk::export!(decide);

fn decide(_: &impl Host) -> Result<Decision, String> {
    let zero = black_box(0.0_f64);
    let infinite = black_box(f64::INFINITY);
    let signed = black_box(f64::from_bits(0xfff4_0000_0000_0bad));
    let numbers = [
        zero / zero,
        -(zero / zero) + 1.0,
        infinite - infinite,
        infinite * zero,
        black_box(-1.0_f64).sqrt(),
        signed + 1.0,
        signed * 2.0,
        f64::from(black_box(0.0_f32) / black_box(0.0_f32)),
    ];
    let mut trace = Trace::default();
    for number in numbers {
        trace.hit("nan", format!("{:016x}", number.to_bits()));
    }
    Ok(trace.admit(Placement::in_company("acme")))
}
