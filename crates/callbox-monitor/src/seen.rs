//! What is kept of a beacon: its errors by their groups, and the view of a visit that is kept whole.
//!
//! Pure: whoever has source maps resolves places in built files. Messages are kept as templates only, so that nothing
//! that people wrote is on record.

use callbox_protocol::beacon::{Beacon, BeaconError, Vitals};
use callbox_protocol::monitoring::{ErrorFrame, ErrorSample, VisitError, VisitView};
use callbox_protocol::time::UnixMillis;

use crate::beacon::Noted;
use crate::errors::{Frame, Group, Original, frames, group, kind_word};

/// Errors of one kind in a beacon, as they are counted.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupedError {
    /// Their group.
    pub group: Group,
    /// The word of their kind.
    pub kind: &'static str,
    /// Their type.
    pub name: String,
    /// When the first one happened.
    pub at: UnixMillis,
    /// How many more there are than were counted.
    pub count: u32,
    /// How many these stand for.
    pub weighted: u32,
    /// The first one.
    pub sample: ErrorSample,
}

/// The parts of a beacon that are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Errors that were not counted before.
    pub errors: Vec<GroupedError>,
    /// The view, as the beacon tells it.
    pub view: VisitView,
}

/// Groups the errors of a beacon; `original` knows the places of built files.
pub fn kept(beacon: &Beacon, noted: &Noted, mut original: impl FnMut(&Frame) -> Option<Original>) -> Kept {
    let grouped: Vec<_> = beacon.errors.iter().map(|error| of(error, &mut original)).collect();
    let errors = noted.errors.iter().map(|(place, count)| {
        let (error, (group, frames)) = (&beacon.errors[*place], &grouped[*place]);
        GroupedError {
            group: group.clone(),
            kind: kind_word(error.kind),
            name: error.name.clone(),
            at: beacon.started_at.plus(error.at_ms.into()),
            count: *count,
            weighted: count.saturating_mul(noted.weight),
            sample: ErrorSample {
                visit: beacon.visit,
                route: noted.route.to_string(),
                device: beacon.device,
                frames: frames.clone(),
            },
        }
    });
    let errors = errors.collect();
    let seen = beacon.errors.iter().zip(&grouped).map(|(error, (group, _))| VisitError {
        fingerprint: hex(&group.fingerprint),
        kind: error.kind,
        name: error.name.clone(),
        message: group.message.clone(),
        count: error.count,
        at_ms: error.at_ms,
    });
    let mut view = VisitView {
        view: beacon.view,
        number: beacon.view_number,
        started_at: beacon.started_at,
        visible_ms: beacon.visible_ms,
        is_final: beacon.is_final,
        route: noted.route.to_string(),
        release: beacon.release.clone(),
        device: beacon.device,
        navigation: beacon.navigation,
        weight: beacon.weight,
        vitals: short(&beacon.vitals),
        errors: seen.collect(),
        events: beacon.events.clone(),
        calls: beacon.calls.clone(),
        complaints: beacon.complaints,
        connection: beacon.connection,
    };
    view.errors.sort_by_key(|error| error.at_ms);
    view.calls.sort_by_key(|call| call.at_ms);
    Kept { errors, view }
}

/// Vitals as people read them: to a tenth of a millisecond, and layout shifts to a ten-thousandth. Browsers write 16 digits.
fn short(vitals: &Vitals) -> Vitals {
    let to = |parts: f64| move |value: f64| (value * parts).round() / parts;
    let ms = |value: Option<f64>| value.map(to(10.0));
    let Vitals { fcp, lcp, cls, inp, ttfb, fid, load } = *vitals;
    Vitals {
        fcp: ms(fcp),
        lcp: ms(lcp),
        cls: cls.map(to(10_000.0)),
        inp: ms(inp),
        ttfb: ms(ttfb),
        fid: ms(fid),
        load: ms(load),
    }
}

/// The group that counts the errors whose own group found no place.
pub fn other_group() -> Group {
    Group {
        fingerprint: [0; 16],
        message: String::new(),
        why: "All errors that found no place: there are 300 groups at most.".to_owned(),
    }
}

/// The group of an error, and its frames by their places in the sources.
fn of(
    error: &BeaconError,
    original: &mut impl FnMut(&Frame) -> Option<Original>,
) -> (Group, Vec<ErrorFrame>) {
    let mut frames = frames(error.stack.as_deref().unwrap_or_default());
    let found: Vec<_> = frames.iter().map(|frame| original(frame).filter(|_| frame.line > 0)).collect();
    for (place, found_here) in found.iter().enumerate() {
        let Some(source) = found_here else { continue };
        let frame = &mut frames[place];
        frame.file.clone_from(&source.source);
        (frame.line, frame.column) = (source.line, source.column);
        frame.is_in_app &= !source.source.contains("node_modules/");
        // What stands where a function is called is its name: it is in the frame of whoever calls.
        let name = found.get(place + 1).and_then(|caller| caller.as_ref()?.name.clone());
        frame.function = name.unwrap_or_else(|| std::mem::take(&mut frame.function));
    }
    let group = group(error.kind, &error.name, &error.message, &frames);
    let shown = frames.into_iter().zip(found).map(|(frame, found)| {
        let Frame { function, file, line, column, is_in_app } = frame;
        ErrorFrame { function, file, line, column, is_in_app, is_original: found.is_some() }
    });
    (group, shown.collect())
}

/// A fingerprint as text.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beacon::{Desk, Intake, check};

    const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

    fn take(stack: &str) -> (Beacon, Noted) {
        let json = serde_json::json!({
            "version": 1, "visit": "018f0000-0000-4000-8000-000000000001",
            "view": "018f0000-0000-4000-8000-000000000002", "sequence": 1, "sent_at": 11_000, "started_at": 1_000,
            "route": "/call/42", "weight": 3, "release": "1.0", "vitals": { "lcp": 912.300_000_011_92, "cls": 0.012_345_678 },
            "errors": [{ "name": "TypeError", "message": "call 7 is gone", "stack": stack, "count": 2, "at_ms": 500 }],
        });
        let (mut beacon, _) = check(Beacon::parse(&json.to_string()).unwrap(), NOW).unwrap();
        match Desk::new(NOW).take(&mut beacon, NOW) {
            Intake::New(noted) => (beacon, noted),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn errors_are_kept_by_their_group_with_the_weight_of_the_visit() {
        let (beacon, noted) = take("at Call.render (https://a.example/call.js:1:23)");
        let kept = kept(&beacon, &noted, |_| None);
        let [error] = &kept.errors[..] else { panic!("{kept:?}") };
        assert_eq!((error.count, error.weighted, error.at), (2, 6, NOW.minus(9_500)));
        assert_eq!(
            (error.sample.route.as_str(), kept.view.errors[0].message.as_str()),
            ("/call/:id", "call <n> is gone")
        );
        assert_eq!(kept.view.errors[0].fingerprint, hex(&error.group.fingerprint));
        assert_eq!((kept.view.vitals.lcp, kept.view.vitals.cls), (Some(912.3), Some(0.0123)));
    }

    #[test]
    fn a_source_map_gives_back_files_lines_and_names() {
        let (beacon, noted) =
            take("at t (https://a.example/call.js:1:23)\nat https://a.example/call.js:1:99");
        let kept = kept(&beacon, &noted, |frame| {
            let name = (frame.column == 99).then(|| "greet".to_owned());
            Some(Original { source: "src/greet.ts".to_owned(), line: frame.column, column: 4, name })
        });
        let [first, second] = &kept.errors[0].sample.frames[..] else { panic!("{kept:?}") };
        assert_eq!((first.function.as_str(), first.file.as_str(), first.line), ("greet", "src/greet.ts", 23));
        assert!(first.is_original && second.is_original && second.function.is_empty());
        assert!(kept.errors[0].group.why.contains("`greet` in `greet.ts`"));
    }
}
