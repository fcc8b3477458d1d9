//! What counts as a host name, and its one spelling.

/// The longest DNS name in characters without the trailing dot (RFC 1035, 255 octets on the wire).
pub(super) const MAX_LENGTH: usize = 253;
/// The longest label (RFC 1035).
const MAX_LABEL: usize = 63;

/// The name in lower case without a trailing dot; `None` if it cannot be a host name.
///
/// Letters, digits, `-` and `_` are allowed: names with anything else lead to no host of AWS. The buffer is used
/// only if there is something to change.
pub(super) fn normalise<'n>(host: &'n str, buffer: &'n mut [u8; MAX_LENGTH]) -> Option<&'n str> {
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.len() > MAX_LENGTH {
        return None;
    }
    let (mut label, mut upper_case) = (0, false);
    for byte in host.bytes() {
        match byte {
            b'.' if label == 0 => return None,
            b'.' => label = 0,
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => label += 1,
            b'A'..=b'Z' => {
                label += 1;
                upper_case = true;
            }
            _ => return None,
        }
        if label > MAX_LABEL {
            return None;
        }
    }
    if label == 0 {
        return None;
    }
    if !upper_case {
        return Some(host);
    }
    let buffer = buffer.get_mut(..host.len())?;
    buffer.copy_from_slice(host.as_bytes());
    buffer.make_ascii_lowercase();
    std::str::from_utf8(buffer).ok()
}
