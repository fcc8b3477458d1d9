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

/// Whether this is a name server of Route 53 or its zone: `ns-1234.awsdns-45.org`, in China
/// `ns-cn-12.awsdns-cn-34.com`
/// (v2fly/domain-list-community, data/cn). There are hundreds of
/// these zones, below several top-level domains.
pub(super) fn is_name_server(host: &str) -> bool {
    const DOMAINS: [&str; 6] = ["com", "net", "org", "co.uk", "biz", "top"];
    let zone = match host.split_once('.') {
        Some((server, zone)) if server.starts_with("ns-") => zone,
        _ => host,
    };
    let numbered = zone
        .strip_prefix("awsdns-")
        .and_then(|it| it.split_once('.'));
    numbered.is_some_and(|(number, domain)| {
        let number = number.strip_prefix("cn-").unwrap_or(number);
        !number.is_empty()
            && number.bytes().all(|it| it.is_ascii_digit())
            && DOMAINS.contains(&domain)
    })
}
