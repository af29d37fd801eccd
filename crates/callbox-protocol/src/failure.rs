//! Why a call failed, in one word, and the evidence of its two sides.
//!
//! Shapes only. A client sends its evidence and draws no conclusion from it: `callbox-monitor` does, from both sides', the
//! server's and the relay's. Evidence names no address and nobody. It may be forged, so nothing but figures goes by it.

use serde::{Deserialize, Serialize};

use crate::id::CallId;

/// The one cause of a call that failed or was dropped. A call that a person ended after both had seen each other has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FailureCause {
    /// Somebody did not confirm the match in time.
    Unconfirmed,
    /// Camera and microphone were denied, by the person or by their browser.
    PermissionDenied,
    /// The caller made no offer: its page died, or its browser could not make one.
    NoOffer,
    /// The callee did not answer the offer: its page died, or its browser could not take the offer.
    NoAnswer,
    /// One side has no address that the other one could try.
    NoCandidates,
    /// UDP does not leave one side's network, and the relay was not reached by TCP or TLS either.
    UdpBlocked,
    /// The relay, or a TURN server, refused an allocation; the code is in the evidence.
    RelayRefused,
    /// No STUN or TURN server answered either side.
    RelayUnreachable,
    /// Both sides had addresses to try, and no pair of them connected.
    IceFailed,
    /// ICE found a path, and DTLS did not finish on it.
    DtlsFailed,
    /// The two were connected, and at least one decoded no frame.
    NoFirstFrame,
    /// The path died, and no other was found within half a minute.
    PathDied,
    /// Somebody's page was closed, killed or crashed.
    PageGone,
    /// Somebody's signaling session ended: their network was away for a minute, or they were signed out.
    SignalingLost,
    /// The server restarted before the two had seen each other, and forgot the call.
    ServerRestarted,
    /// Both saw each other, later than ten seconds after the match.
    TooSlow,
    /// Nothing that is known explains it.
    Unknown,
}

impl FailureCause {
    /// All causes, in order.
    pub const ALL: [Self; 17] = [
        Self::Unconfirmed,
        Self::PermissionDenied,
        Self::NoOffer,
        Self::NoAnswer,
        Self::NoCandidates,
        Self::UdpBlocked,
        Self::RelayRefused,
        Self::RelayUnreachable,
        Self::IceFailed,
        Self::DtlsFailed,
        Self::NoFirstFrame,
        Self::PathDied,
        Self::PageGone,
        Self::SignalingLost,
        Self::ServerRestarted,
        Self::TooSlow,
        Self::Unknown,
    ];
}

/// How many candidates there are of each kind (RFC 8445, section 4), in the description that holds now. 255 means more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CandidateCounts {
    /// Addresses of the machine itself.
    pub host: u8,
    /// Addresses that a STUN server saw.
    pub srflx: u8,
    /// Addresses on a TURN server.
    pub relay: u8,
}

impl CandidateCounts {
    /// All kinds together.
    pub fn total(self) -> u32 {
        u32::from(self.host) + u32::from(self.srflx) + u32::from(self.relay)
    }
}

/// The state of ICE, by the words of `RTCIceConnectionState`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum IceState {
    /// Nothing was tried.
    #[default]
    New,
    /// Pairs are being tried.
    Checking,
    /// A pair works.
    Connected,
    /// A pair works, and no other is tried any more.
    Completed,
    /// The pair that worked is silent.
    Disconnected,
    /// No pair works.
    Failed,
    /// The connection was closed.
    Closed,
}

/// The state of DTLS, by the words of `RTCDtlsTransportState`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DtlsState {
    /// Nothing was sent.
    #[default]
    New,
    /// The handshake is under way.
    Connecting,
    /// The handshake is done.
    Connected,
    /// The connection was closed.
    Closed,
    /// The handshake failed.
    Failed,
}

/// The state of one side's media connection at the end of a call, for the record: once a call, also after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evidence {
    /// The call.
    pub call: CallId,
    /// Candidates of this side.
    #[serde(default)]
    pub gathered: CandidateCounts,
    /// Candidates of the other side that came here.
    #[serde(default)]
    pub received: CandidateCounts,
    /// The last error of a STUN or TURN server: its code (RFC 8656, section 19), or 701 if it was not reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub relay_error: Option<u16>,
    /// ICE.
    #[serde(default)]
    pub ice: IceState,
    /// DTLS.
    #[serde(default)]
    pub dtls: DtlsState,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_listed_once_and_in_order() {
        assert!(FailureCause::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(FailureCause::ALL.len(), FailureCause::Unknown as usize + 1);
    }

    #[test]
    fn evidence_is_read_with_what_a_browser_leaves_out() {
        let text = r#"{"call":"0199a1b2-0000-7000-8000-000000000001","gathered":{"host":2}}"#;
        let read: Evidence = serde_json::from_str(text).unwrap();
        assert_eq!((read.gathered.total(), read.received.total(), read.ice), (2, 0, IceState::New));
        let many = text.replace(":2}", ":300}");
        assert!(serde_json::from_str::<Evidence>(&many).is_err());
    }
}
