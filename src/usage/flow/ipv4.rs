//! Addresses of IPv4 in their one spelling, as numbers: equal texts are equal numbers.

/// Reads an address.
#[inline]
pub(in crate::usage) fn v4(text: &[u8]) -> Option<u32> {
    let (mut address, mut octet, mut digits, mut dots) = (0_u32, 0_u32, 0, 0);
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                if digits == 3 || (digits > 0 && octet == 0) {
                    return None;
                }
                octet = octet * 10 + u32::from(byte - b'0');
                digits += 1;
            }
            b'.' if digits > 0 && octet < 256 && dots < 3 => {
                address = address << 8 | octet;
                (octet, digits, dots) = (0, 0, dots + 1);
            }
            _ => return None,
        }
    }
    (digits > 0 && octet < 256 && dots == 3).then_some(address << 8 | octet)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn library(text: &str) -> Option<u32> {
        text.parse::<Ipv4Addr>().ok().map(Ipv4Addr::to_bits)
    }

    #[test]
    fn every_length_of_every_number_is_read() {
        for a in ["0", "7", "10", "99", "100", "255"] {
            for b in ["1", "00", "03", "42", "199", "256"] {
                for c in ["", "9", "300", "1000", "255"] {
                    for d in ["0", "01", "10", "254", "999", "1x", "1."] {
                        let text = format!("{a}.{b}.{c}.{d}");
                        assert_eq!(v4(text.as_bytes()), library(&text), "{text}");
                    }
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn an_address_of_ipv4_is_one_where_the_library_reads_one(
            text in "[0-9]{1,4}(\\.[0-9]{1,4}){2,4}|[0-9.]{0,16}|([12]?[0-9]{1,2}\\.){3}[0-9]{1,3}|.*"
        ) {
            proptest::prop_assert_eq!(v4(text.as_bytes()), library(&text));
        }

        #[test]
        fn any_bytes_are_an_address_where_the_library_reads_one(
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..18),
            address in proptest::num::u32::ANY,
            damaged in 0_usize..20,
            byte in proptest::num::u8::ANY,
        ) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            proptest::prop_assert_eq!(v4(text.as_bytes()), library(&text));
            let mut text = Ipv4Addr::from_bits(address).to_string().into_bytes();
            proptest::prop_assert_eq!(v4(&text), Some(address));
            if let Some(slot) = text.get_mut(damaged) {
                *slot = byte;
            }
            let expected = std::str::from_utf8(&text).ok().and_then(library);
            proptest::prop_assert_eq!(v4(&text), expected);
        }
    }
}
