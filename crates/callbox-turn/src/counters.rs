//! The counts of relayed, dropped and refused packets, with the reasons: counted, never logged, since strangers
//! decide how often.

/// Why a packet went nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// It is no STUN message and no `ChannelData`.
    Garbage,
    /// Its sender has no allocation, or nobody has this relayed address.
    NoAllocation,
    /// The session is in no call.
    NoCall,
    /// No permission for this peer, or it has run out.
    NoPermission,
    /// No channel of this number, or it has run out.
    NoChannel,
    /// A peer that must not be reached.
    Forbidden,
    /// The session sends or gets more than its share.
    OverShare,
    /// An unproven source that asks too often, or for more than it sent.
    Unproven,
}

/// Why a request was refused, by its code (RFC 8489, section 14.8, and RFC 8656, section 18.15 on).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// 400
    BadRequest,
    /// 401
    Unauthenticated,
    /// 403
    Forbidden,
    /// 420
    UnknownAttribute,
    /// 437
    Mismatch,
    /// 438
    StaleNonce,
    /// 440
    NoSuchFamily,
    /// 441
    WrongCredentials,
    /// 442
    Transport,
    /// 443
    OtherFamily,
    /// 486
    Quota,
    /// 508
    Capacity,
}

impl Dropped {
    /// Every reason, with its name in figures.
    pub const ALL: [(Self, &str); 8] = [
        (Self::Garbage, "garbage"),
        (Self::NoAllocation, "no_allocation"),
        (Self::NoCall, "no_call"),
        (Self::NoPermission, "no_permission"),
        (Self::NoChannel, "no_channel"),
        (Self::Forbidden, "forbidden_peer"),
        (Self::OverShare, "over_share"),
        (Self::Unproven, "unproven"),
    ];
}

impl Refused {
    /// Every reason, with its code and its name in figures.
    pub const ALL: [(Self, u16, &str); 12] = [
        (Self::BadRequest, 400, "bad_request"),
        (Self::Unauthenticated, 401, "unauthenticated"),
        (Self::Forbidden, 403, "forbidden"),
        (Self::UnknownAttribute, 420, "unknown_attribute"),
        (Self::Mismatch, 437, "allocation_mismatch"),
        (Self::StaleNonce, 438, "stale_nonce"),
        (Self::NoSuchFamily, 440, "no_such_family"),
        (Self::WrongCredentials, 441, "wrong_credentials"),
        (Self::Transport, 442, "transport"),
        (Self::OtherFamily, 443, "other_family"),
        (Self::Quota, 486, "quota"),
        (Self::Capacity, 508, "capacity"),
    ];

    pub(crate) fn code(self) -> u16 {
        Self::ALL[self as usize].1
    }
}

/// Figures since the start, of one thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Allocations that there are.
    pub allocations: u64,
    /// Allocations that were made.
    pub allocated: u64,
    /// Packets and bytes of payload from clients to peers.
    pub out_packets: u64,
    /// See `out_packets`.
    pub out_bytes: u64,
    /// Packets and bytes of payload from peers to clients.
    pub in_packets: u64,
    /// See `in_packets`.
    pub in_bytes: u64,
    /// Packets that went straight across to the call's other side; counted above too, on either side.
    pub direct_packets: u64,
    /// By [`Dropped::ALL`].
    pub dropped: [u64; 8],
    /// By [`Refused::ALL`].
    pub refused: [u64; 12],
}

impl Counters {
    pub(crate) fn drop(&mut self, reason: Dropped) {
        self.dropped[reason as usize] += 1;
    }

    pub(crate) fn refuse(&mut self, reason: Refused) {
        self.refused[reason as usize] += 1;
    }

    /// How many packets were dropped for this reason.
    pub fn dropped(&self, reason: Dropped) -> u64 {
        self.dropped[reason as usize]
    }

    /// How many requests were refused for this reason.
    pub fn refused(&self, reason: Refused) -> u64 {
        self.refused[reason as usize]
    }

    /// Both together, as of two threads.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.allocations += other.allocations;
        self.allocated += other.allocated;
        self.out_packets += other.out_packets;
        self.out_bytes += other.out_bytes;
        self.in_packets += other.in_packets;
        self.in_bytes += other.in_bytes;
        self.direct_packets += other.direct_packets;
        self.dropped.iter_mut().zip(other.dropped).for_each(|(ours, theirs)| *ours += theirs);
        self.refused.iter_mut().zip(other.refused).for_each(|(ours, theirs)| *ours += theirs);
        self
    }
}
