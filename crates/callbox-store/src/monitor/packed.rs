//! Views of visits in as few bytes as a short JSON needs: DEFLATE (RFC 1951), as if behind a text that is never stored.
//!
//! Members' names are most of such a JSON, and all of them stand in that text, so each costs some two bytes. What was
//! written once is read for seven days, also by a later version: the text is never changed, another one gets another number.
//! Bytes come from a database that somebody may have changed: reading never panics. Bound: 64 KiB of JSON; a beacon has 16.

use callbox_protocol::id::ViewId;
use callbox_protocol::monitoring::VisitView;
use callbox_protocol::time::UnixMillis;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::words::json;

/// Packed behind [`KNOWN`].
const VERSION: u8 = 1;
/// The first byte of JSON that is not packed, as it was kept before.
const JSON: u8 = b'{';
const JSON_BYTES_MAX: usize = 64 * 1024;

/// Rare words first: what is near the end costs least.
const KNOWN: &str = concat!(
    r#"bfcache","prerender","reload","tablet","other","rejection","resource","sdk","media","frozen","disconnected","#,
    r#""dropped","left","denied","cause":"media_failed","media_lost","media_denied","unconfirmed","peer_lost","#,
    r#"TypeError","ReferenceError","NetworkError","cannot read properties of undefined","Failed to fetch"#,
    r#"profile","picture-in-picture","flip-camera","invite","chat","count":1},{"name":"screen:landing"#,
    r#"/moderation","/account","/i/:code","/safety","/sign-in","release":"1."#,
    r#""device":"phone","navigation":"hard","weight":1.0,"vitals":{"fcp":null,"lcp":null,"cls":null,"inp":null,"#,
    r#""ttfb":null,"fid":null,"load":null},"errors":[{"fingerprint":"","kind":"error","name":"Error","message":""#,
    r#","count":1,"at_ms":1}],"events":[],"calls":[],"complaints":0,"connection":null}"#,
    r#"{"call":null,"outcome":"failure","cause":"","at_ms":0,"setup_ms":null,"duration_ms":null,"quality":null}],"#,
    r#""level":"poor","level":"good","rtt_ms":null,"jitter_ms":null,"loss_permille":null,"is_relayed":true}"#,
    r#"{"view":"00000000-0000-0000-0000-000000000000","number":1,"started_at":0,"visible_ms":1,"is_final":true,"#,
    r#""route":"/call","release":null,"device":"desk","navigation":"soft","weight":1.0,"vitals":{"fcp":1,"lcp":1,"#,
    r#""cls":0.0,"inp":1,"ttfb":1,"fid":1,"load":1},"errors":[],"events":[{"name":"screen:call","count":1},"#,
    r#"{"name":"rating","count":1}],"calls":[{"call":"","outcome":"success","cause":null,"at_ms":1,"setup_ms":1,"#,
    r#""duration_ms":1,"quality":{"level":"excellent","score":8,"rtt_ms":1,"jitter_ms":1,"loss_permille":1,"#,
    r#""is_relayed":false}}],"complaints":0,"connection":{"level":"excellent","score":8,"rtt_ms":1,"jitter_ms":1,"#,
    r#""loss_permille":1,"is_relayed":false}}"#,
);

/// The bytes of a view, without what stands in other columns of its row.
pub(super) fn pack(view: &VisitView) -> Vec<u8> {
    let bare = VisitView { view: ViewId::from_bytes([0; 16]), started_at: UnixMillis(0), ..view.clone() };
    let json = json(&bare);
    let mut deflate = Compress::new(Compression::best(), false);
    // What cannot be packed is five bytes longer for each 16 KiB.
    let mut out = Vec::with_capacity(KNOWN.len() + json.len() + 1_024);
    let both = [(KNOWN, FlushCompress::Sync), (json.as_str(), FlushCompress::Finish)];
    let mut before = 0;
    for (text, flush) in both {
        before = out.len();
        deflate.compress_vec(text.as_bytes(), &mut out, flush).expect("there is room for all of it");
    }
    [&[VERSION], &out[before..]].concat()
}

/// The view in these bytes; `None` if a later version wrote something else.
pub(super) fn unpack(bytes: &[u8], view: ViewId, started_at: UnixMillis) -> Option<VisitView> {
    let read = match bytes {
        [JSON, ..] => serde_json::from_slice(bytes),
        [VERSION, packed @ ..] => serde_json::from_slice(&inflated(packed)?),
        _ => return None,
    };
    let found: VisitView = read.ok()?;
    Some(VisitView { view, started_at, ..found })
}

fn inflated(packed: &[u8]) -> Option<Vec<u8>> {
    let mut inflate = Decompress::new(false);
    let mut out = Vec::with_capacity(KNOWN.len() + JSON_BYTES_MAX);
    // A block that is not packed, and not the last one (RFC 1951, 3.2.4): its length, and that with all bits turned.
    let len = u16::try_from(KNOWN.len()).expect("it is some KB");
    let header = [&[0][..], &len.to_le_bytes(), &(!len).to_le_bytes()].concat();
    inflate.decompress_vec(&header, &mut out, FlushDecompress::None).ok()?;
    inflate.decompress_vec(KNOWN.as_bytes(), &mut out, FlushDecompress::None).ok()?;
    let end = inflate.decompress_vec(packed, &mut out, FlushDecompress::Finish).ok()?;
    (end == Status::StreamEnd && out.len() >= KNOWN.len()).then(|| out.split_off(KNOWN.len()))
}

#[cfg(test)]
mod tests;
