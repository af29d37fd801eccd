//! Writes answers. The codec leaves two tasks to us: the choice of attributes, and the proof at the end.

use stun_types::attribute::{
    AttributeType, ErrorCode, Nonce, PasswordAlgorithmValue, PasswordAlgorithms, Realm, UnknownAttributes,
};
use stun_types::message::{
    IntegrityAlgorithm, IntegrityKey, Message, MessageWrite as _, MessageWriteExt as _, MessageWriteVec,
};
use stun_types::prelude::{AttributeStaticType as _, AttributeWrite};

use crate::counters::Refused;

/// The algorithms that we offer (RFC 8489, section 14.11), the better one first.
pub(crate) const ALGORITHMS: [PasswordAlgorithmValue; 2] =
    [PasswordAlgorithmValue::SHA256, PasswordAlgorithmValue::MD5];

/// The proof that an answer is ours.
pub(crate) type Proof<'a> = (&'a IntegrityKey, IntegrityAlgorithm);

pub(crate) fn success(
    request: &Message<'_>,
    attributes: &[&dyn AttributeWrite],
    proof: Option<Proof<'_>>,
) -> Vec<u8> {
    let mut answer = Message::builder_success(request, MessageWriteVec::new());
    for attribute in attributes {
        answer.add_attribute(*attribute).expect("each once, and before the proof");
    }
    finish(answer, request, proof)
}

pub(crate) fn refusal(request: &Message<'_>, reason: Refused, proof: Option<Proof<'_>>) -> Vec<u8> {
    let mut answer = Message::builder_error(request, MessageWriteVec::new());
    answer.add_attribute(&error_code(reason)).expect("the first attribute");
    finish(answer, request, proof)
}

pub(crate) fn unknown(request: &Message<'_>, types: &[AttributeType], proof: Option<Proof<'_>>) -> Vec<u8> {
    let mut answer = Message::builder_error(request, MessageWriteVec::new());
    answer.add_attribute(&error_code(Refused::UnknownAttribute)).expect("the first attribute");
    answer.add_attribute(&UnknownAttributes::new(types)).expect("the second one");
    finish(answer, request, proof)
}

/// 401 or 438: how to authenticate (RFC 8489, section 9.2.4). SHA-256 is offered only if `nonce` says so.
pub(crate) fn challenge(
    request: &Message<'_>,
    reason: Refused,
    realm: &str,
    nonce: &str,
    has_algorithms: bool,
) -> Vec<u8> {
    let mut answer = Message::builder_error(request, MessageWriteVec::new());
    answer.add_attribute(&error_code(reason)).expect("the first attribute");
    answer.add_attribute(&Realm::new(realm).expect("a realm is short")).expect("the second one");
    answer.add_attribute(&Nonce::new(nonce).expect("a nonce is short")).expect("the third one");
    if has_algorithms {
        answer.add_attribute(&PasswordAlgorithms::new(&ALGORITHMS)).expect("the fourth one");
    }
    finish(answer, request, None)
}

/// Without words: the number says it, and an answer to somebody unproven may not be long.
fn error_code(reason: Refused) -> ErrorCode {
    ErrorCode::new(reason.code(), "").expect("a code from 300 to 699")
}

fn finish(mut answer: MessageWriteVec, request: &Message<'_>, proof: Option<Proof<'_>>) -> Vec<u8> {
    if let Some((key, algorithm)) = proof {
        answer.add_message_integrity_with_key(key, algorithm).expect("the key is of this algorithm");
    }
    // A client that multiplexes by it gets it back (RFC 8489, section 7).
    if request.has_attribute(stun_types::attribute::Fingerprint::TYPE) {
        answer.add_fingerprint().expect("the last attribute");
    }
    answer.finish()
}
