//! Tests of `cells.rs`.

use super::*;
use crate::sketch::Sketch;
use proptest::prelude::*;

fn cells(counts: &[(&[&str], u32, u64)]) -> Cells {
    let mut cells = Cells::default();
    for (label, offset, count) in counts {
        let label = label.iter().map(|word| (*word).to_owned()).collect();
        cells.add(label, *offset, &Figure::Count(*count));
    }
    cells
}

#[test]
fn a_row_comes_back_from_its_bytes() {
    for row in [
        cells(&[]),
        cells(&[(&[], 0, 7)]),
        cells(&[(&["/"], 59, 7), (&["/"], 3, 8), (&["/call/:id"], 0, 300), (&[""], 1, 1)]),
        cells(&[(&["/", "phone", "1.0", "hard"], 0, 1), (&["/", "desktop", "1.0", "soft"], 0, 2)]),
    ] {
        assert_eq!(Cells::decode(&row.encode()), Ok(row));
    }
}

#[test]
fn rows_are_merged_cell_by_cell_and_time_by_time() {
    let mut row = cells(&[(&["a"], 0, 1), (&["b"], 0, 2)]);
    row.merge(&cells(&[(&["b"], 0, 3), (&["b"], 9, 5), (&["c"], 0, 4)]));
    assert_eq!(row, cells(&[(&["a"], 0, 1), (&["b"], 0, 5), (&["b"], 9, 5), (&["c"], 0, 4)]));
}

/// As the version before wrote a row: one word, one label of it, one count.
fn row_of_version_1(word: &str, count: u8) -> Vec<u8> {
    let len = u8::try_from(word.len()).unwrap();
    [&[1, 1, len][..], word.as_bytes(), &[1, 0, 2, 1, count]].concat()
}

#[test]
fn a_row_of_the_version_before_is_the_first_minute_of_its_hour() {
    let mut row = Cells::decode(&row_of_version_1("calls", 9)).unwrap();
    assert_eq!(row, cells(&[(&["calls"], 0, 9)]));
    row.merge(&cells(&[(&["calls"], 0, 1), (&["calls"], 1, 2)]));
    assert_eq!(Cells::decode(&row.encode()), Ok(cells(&[(&["calls"], 0, 10), (&["calls"], 1, 2)])));
}

#[test]
fn words_are_cut_between_characters() {
    assert_eq!(word("short"), "short");
    let long = "\u{e9}".repeat(200);
    assert_eq!((word(&long).len(), word(&format!("x{long}")).len()), (256, 255));
}

#[test]
fn a_time_beyond_the_row_is_an_error() {
    let mut row = cells(&[(&[], 59, 1)]).encode();
    assert!(Cells::decode(&row).is_ok());
    let place = row.iter().position(|byte| *byte == 59).unwrap();
    row[place] = 60;
    assert_eq!(Cells::decode(&row), Err(CellsError::Shape));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn minutes_that_come_in_any_order_and_in_any_pieces_are_one_row(
        values in proptest::collection::vec((0..60_u32, "[ab]", 0..5_000_u32), 0..40),
        cuts in proptest::collection::vec(any::<bool>(), 40),
    ) {
        let figure = |value: u32| {
            let mut spread = crate::figure::Spread::default();
            assert!(spread.add(value.into(), 1, None));
            Figure::Spread(spread)
        };
        let (mut whole, mut pieces, mut piece) = (Cells::default(), Cells::default(), Cells::default());
        for ((minute, word, value), is_cut) in values.iter().zip(cuts) {
            whole.add(vec![word.clone()], *minute, &figure(*value));
            piece.add(vec![word.clone()], *minute, &figure(*value));
            if is_cut {
                pieces = Cells::decode(&pieces.encode()).unwrap();
                pieces.merge(&Cells::decode(&piece.encode()).unwrap());
                piece = Cells::default();
            }
        }
        pieces.merge(&piece);
        prop_assert_eq!(&pieces, &whole);
        // And all minutes together are what one sketch of all values is.
        let mut all = Sketch::default();
        let mut merged = Sketch::default();
        for (_, _, value) in &values {
            prop_assert!(all.add((*value).into(), 1));
        }
        for (_, _, figure) in pieces.iter() {
            let Figure::Spread(spread) = figure else { panic!("{figure:?}") };
            merged.merge(spread.sketch());
        }
        prop_assert_eq!(merged, all);
    }

    #[test]
    fn bytes_of_strangers_never_panic(noise in proptest::collection::vec(any::<u8>(), 0..60), flip in any::<prop::sample::Index>()) {
        let _ = Cells::decode(&noise);
        let mut bytes = cells(&[(&["/", "phone"], 9, 9), (&["/", "phone"], 10, 1), (&["/a", "phone"], 0, 300)]).encode();
        let place = flip.index(bytes.len());
        bytes[place] ^= noise.first().copied().unwrap_or(1);
        if let Ok(row) = Cells::decode(&bytes) {
            prop_assert_eq!(Cells::decode(&row.encode()), Ok(row));
        }
    }
}
