//! Numbers in as few bytes as they need: seven bits in each, the lowest first (LEB128, unsigned).
//!
//! Bytes come from a database that somebody may have changed, so reading never panics, and reads no further than the
//! longest number of its type: 10 bytes of 64 bits, 19 of 128.

/// Bytes that are no number of this type, or that end within one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoNumber;

pub(crate) fn write(out: &mut Vec<u8>, number: impl Into<u128>) {
    let mut rest = number.into();
    loop {
        let low = u8::try_from(rest & 0x7F).expect("seven bits");
        rest >>= 7;
        if rest == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Takes a number off the front.
pub(crate) fn read<T: TryFrom<u128>>(bytes: &mut &[u8]) -> Result<T, NoNumber> {
    let mut number = 0;
    for shift in (0..128).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(NoNumber)?;
        *bytes = rest;
        let bits = u128::from(byte & 0x7F);
        if bits << shift >> shift != bits {
            return Err(NoNumber);
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return T::try_from(number).map_err(|_| NoNumber);
        }
    }
    Err(NoNumber)
}

/// Takes so many bytes off the front.
pub(crate) fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Result<&'a [u8], NoNumber> {
    let (taken, rest) = bytes.split_at_checked(len).ok_or(NoNumber)?;
    *bytes = rest;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_cut_short_or_too_large_is_not() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u128::from(u64::MAX), u128::MAX] {
            let mut bytes = Vec::new();
            write(&mut bytes, number);
            assert_eq!(read(&mut &bytes[..]), Ok(number));
            assert_eq!(read::<u128>(&mut &bytes[..bytes.len() - 1]), Err(NoNumber));
        }
        assert_eq!(read::<u8>(&mut &[0x80, 0x02][..]), Err(NoNumber), "256 in a byte");
        assert_eq!(read::<u128>(&mut &[0xFF; 40][..]), Err(NoNumber));
        let mut past = [0xFF; 19];
        past[18] = 0x04;
        assert_eq!(read::<u128>(&mut &past[..]), Err(NoNumber), "129 bits");
    }
}
