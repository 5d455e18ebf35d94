#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| scimulator_fuzz::answer::hold(input));
