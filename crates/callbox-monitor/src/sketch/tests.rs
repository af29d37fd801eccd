//! Properties of sketches, against the values themselves.

use super::*;
use proptest::prelude::*;

fn sketch(values: &[(f64, u32)]) -> Sketch {
    let mut sketch = Sketch::default();
    for &(value, weight) in values {
        assert!(sketch.add(value, weight));
    }
    sketch
}

fn bytes(sketch: &Sketch) -> Vec<u8> {
    let mut bytes = Vec::new();
    sketch.encode(&mut bytes);
    bytes
}

/// The nearest rank among the values themselves, each as often as it weighs.
fn exact(values: &[(f64, u32)], quantile: Quantile) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rank = quantile.rank(sorted.iter().map(|(_, weight)| u64::from(*weight)).sum());
    let mut below = 0;
    let found = sorted.iter().find(|(_, weight)| {
        below += u64::from(*weight);
        below >= rank
    });
    found.unwrap().0
}

/// Zeros, shifts of a layout, milliseconds and bytes.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        1 => Just(0.0),
        2 => (0_u32..100_000).prop_map(|n| f64::from(n) / 100_000.0),
        4 => (0_u32..600_000).prop_map(|n| f64::from(n) / 10.0),
        1 => 0.0..VALUE_MAX,
    ]
}

fn values(most: usize) -> impl Strategy<Value = Vec<(f64, u32)>> {
    proptest::collection::vec((value(), prop_oneof![4 => Just(1), 1 => 1_u32..100]), 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn merges_move_no_percentile_past_one_percent(parts in proptest::collection::vec(values(60), 1..12)) {
        let mut merged = Sketch::default();
        for part in &parts {
            merged.merge(&sketch(part));
        }
        let all: Vec<_> = parts.concat();
        prop_assert_eq!(&merged, &sketch(&all));
        for name in ["p0.01", "p1", "p25", "p50", "p75", "p90", "p95", "p99", "p99.9", "p100"] {
            let quantile = Quantile::parse(name).unwrap();
            let Some(found) = merged.quantile(quantile) else {
                prop_assert!(all.is_empty());
                continue;
            };
            // A value is kept in millionths.
            let (found, true_value) = (found, exact(&all, quantile));
            prop_assert!((found - true_value).abs() <= true_value * 0.010_000_1 + 1e-6, "{name}: {found} for {true_value}");
        }
    }

    #[test]
    fn the_order_of_merges_does_not_matter(a in values(40), b in values(40), c in values(40)) {
        let [a, b, c] = [a, b, c].map(|values| sketch(&values));
        let merge = |x: &Sketch, y: &Sketch| { let mut x = x.clone(); x.merge(y); x };
        prop_assert_eq!(merge(&merge(&a, &b), &c), merge(&c, &merge(&b, &a)));
        prop_assert_eq!(merge(&a, &merge(&b, &c)), merge(&merge(&a, &c), &b));
    }

    #[test]
    fn a_sketch_comes_back_from_its_bytes(values in values(200)) {
        let sketch = sketch(&values);
        prop_assert_eq!(Sketch::decode(&bytes(&sketch)), Ok(sketch));
    }

    #[test]
    fn bytes_of_strangers_are_an_error_or_a_sketch_that_is_written_again(mut noise in proptest::collection::vec(any::<u8>(), 0..80)) {
        if let Some(first) = noise.first_mut() {
            *first = 1 + *first % 2;
        }
        if let Ok(sketch) = Sketch::decode(&noise) {
            prop_assert!(sketch.buckets() <= noise.len());
            prop_assert_eq!(Sketch::decode(&bytes(&sketch)), Ok(sketch));
        }
    }

    #[test]
    fn a_sketch_with_one_byte_changed_is_an_error_or_another_sketch(values in values(30), place in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let sketch = sketch(&values);
        let mut bytes = bytes(&sketch);
        // Not the first one: in another version the same sketch may have the same bytes.
        let place = 1 + place.index(bytes.len() - 1);
        bytes[place] ^= flip;
        if let Ok(other) = Sketch::decode(&bytes) {
            prop_assert_ne!(other.clone(), sketch);
            // Nothing that was read makes a question panic.
            let _ = (other.quantile(Quantile::P99), other.at_most(1.0), other.mean());
            let mut twice = other.clone();
            twice.merge(&other);
        }
    }
}

#[test]
fn what_is_no_value_is_refused_and_changes_nothing() {
    let mut sketch = sketch(&[(0.1, 1)]);
    let before = sketch.clone();
    for value in [-1.0, -1e-9, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, VALUE_MAX * 1.001] {
        assert!(!sketch.add(value, 1), "{value}");
    }
    assert!(!sketch.add(1.0, 0));
    assert_eq!(sketch, before);
    assert!(sketch.add(-0.0, 1) && sketch.add(VALUE_MAX, u32::MAX));
}

#[test]
fn zeros_have_a_bucket_of_their_own() {
    let sketch = sketch(&[(0.0, 3), (0.25, 1)]);
    assert_eq!(sketch.quantile(Quantile::P75), Some(0.0));
    assert!((sketch.quantile(Quantile::P99).unwrap() - 0.25).abs() <= 0.002_5);
    assert_eq!(
        (sketch.samples(), sketch.weight(), sketch.min(), sketch.max()),
        (2, 4, Some(0.0), Some(0.25))
    );
    assert_eq!(
        (sketch.mean(), sketch.at_most(0.0), sketch.at_most(0.1), sketch.at_most(9.0)),
        (Some(0.0625), 3, 3, 4)
    );
}

#[test]
fn nothing_has_no_percentiles() {
    let empty = Sketch::default();
    assert_eq!(
        (empty.quantile(Quantile::P50), empty.mean(), empty.min(), empty.max()),
        (None, None, None, None)
    );
    assert_eq!(bytes(&empty).len(), 2);
}

#[test]
fn a_sketch_is_small() {
    let one = sketch(&[(2_512.3, 1)]);
    assert!(bytes(&one).len() <= 17, "{}", bytes(&one).len());
    let minute: Vec<_> = (1..=35).map(|n| (f64::from(n) * 100.0, 1)).collect();
    assert!(bytes(&sketch(&minute)).len() <= 60);
    // Many values in buckets beside each other: a byte for each bucket, and one more where there are many in it.
    let hour: Vec<_> = (1..=2_000).map(|n| (f64::from(n), 1)).collect();
    let hour = sketch(&hour);
    assert!(bytes(&hour).len() <= 20 + 2 * hour.buckets(), "{} of {}", bytes(&hour).len(), hour.buckets());
}

#[test]
fn bytes_of_the_version_before_are_read() {
    // 2 samples of 1.0 and one of 5.0: as version 1 wrote them.
    let before = [1, 3, 0xC0, 0x84, 0x3D, 0x80, 0x92, 0xF4, 0x01, 0xC0, 0x9F, 0xAB, 0x03];
    let now = sketch(&[(1.0, 1), (1.0, 1), (5.0, 1)]);
    let [(first, _), (second, _)] = now.counts[..] else { panic!("{now:?}") };
    let mut before = before.to_vec();
    for (step, count) in [(first, 2_u64), (second - first, 1)] {
        crate::varint::write(&mut before, step);
        crate::varint::write(&mut before, count);
    }
    assert_eq!(Sketch::decode(&before), Ok(now));
}

#[test]
fn bytes_that_contradict_themselves_are_refused() {
    let good = bytes(&sketch(&[(1.0, 2), (5.0, 1)]));
    assert!(Sketch::decode(&good).is_ok());
    assert_eq!(Sketch::decode(&[]), Err(SketchError::Shape));
    assert_eq!(Sketch::decode(&[3, 0]), Err(SketchError::Version));
    assert_eq!(Sketch::decode(&[1, 0, 0]), Err(SketchError::Shape), "a byte too many");
    assert_eq!(Sketch::decode(&[2, 0, 0]), Err(SketchError::Shape), "a byte too many");
    assert_eq!(Sketch::decode(&[1, 1, 0, 0, 0]), Err(SketchError::Contradiction), "a value in no bucket");
    assert_eq!(
        Sketch::decode(&[1, 1, 0, 0, 0, 0, 0]),
        Err(SketchError::Contradiction),
        "a bucket without a value"
    );
    assert_eq!(
        Sketch::decode(&[1, 2, 0, 0, 0, 0, 1]),
        Err(SketchError::Contradiction),
        "two samples, one counted"
    );
    assert_eq!(Sketch::decode(&[1, 1, 0, 0, 1, 0, 1]), Err(SketchError::Contradiction), "a sum of nothing");
    assert_eq!(
        Sketch::decode(&[1, 2, 0, 0, 0, 0, 1, 0, 1]),
        Err(SketchError::Contradiction),
        "a bucket twice"
    );
    assert_eq!(Sketch::decode(&[2, 1, 0, 0, 1, 0]), Err(SketchError::Contradiction), "a sum of nothing");
    assert_eq!(Sketch::decode(&[2, 2, 0, 0, 0, 0, 0]), Err(SketchError::Contradiction), "a bucket twice");
    let endless = [&[2, 1, 0, 0, 0, 0xF0][..], &[0xFF; 9], &[0x01]].concat();
    assert_eq!(Sketch::decode(&endless), Err(SketchError::Contradiction), "a count past all numbers");
    for len in 0..good.len() {
        assert!(Sketch::decode(&good[..len]).is_err(), "{len}");
    }
}
