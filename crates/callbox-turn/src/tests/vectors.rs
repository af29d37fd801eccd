//! The test vectors of RFC 5769, read by the codec that we took: it must keep agreeing with them.

use stun_types::attribute::{Username, XorMappedAddress};
use stun_types::message::{IntegrityAlgorithm, LongTermKeyCredentials, Message, ShortTermCredentials};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn short_term() -> stun_types::message::MessageIntegrityCredentials {
    ShortTermCredentials::new("VOkJxbRl1RmTxUk/WvJxBt".into()).into()
}

#[test]
fn section_2_1_the_request() {
    let bytes = bytes(
        "00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74 00240004 6e0001ff
         80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020 00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249
         c1b571a2 80280004 e57a3bcf",
    );
    let message = Message::from_bytes(&bytes).unwrap();
    assert_eq!(message.attribute::<Username>().unwrap().username(), "evtj:h6vY");
    assert_eq!(message.validate_integrity(&short_term()).unwrap(), IntegrityAlgorithm::Sha1);
}

#[test]
fn sections_2_2_and_2_3_the_responses() {
    let four = bytes(
        "0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200008 0001a147 e112a643
         00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96",
    );
    let six = bytes(
        "01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200014 0002a147 0113a9fa
         a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41 80280004 c8fb0b4c",
    );
    for (bytes, expected) in
        [(four, "192.0.2.1:32853"), (six, "[2001:db8:1234:5678:11:2233:4455:6677]:32853")]
    {
        let message = Message::from_bytes(&bytes).unwrap();
        let mapped = message.attribute::<XorMappedAddress>().unwrap().addr(message.transaction_id());
        assert_eq!(mapped, expected.parse().unwrap());
        assert_eq!(message.validate_integrity(&short_term()).unwrap(), IntegrityAlgorithm::Sha1);
    }
}

#[test]
fn section_2_4_the_request_with_long_term_authentication() {
    let bytes = bytes(
        "00010060 2112a442 78ad3433 c6ad72c0 29da412e 00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000 0015001c
         662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341 0014000b 6578616d 706c652e 6f726700
         00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666",
    );
    // The name in the vector is normalised already: with SASLprep the password loses its soft hyphen.
    let message = Message::from_bytes(&bytes).unwrap();
    let name = message.attribute::<Username>().unwrap().username().to_owned();
    let key = LongTermKeyCredentials::new(name, "TheMatrIX".into(), "example.org".into());
    assert_eq!(message.validate_integrity(&key.into()).unwrap(), IntegrityAlgorithm::Sha1);
}
