//! The values of a row that stand as JSON in its file: texts with escapes, and lists. The files of a
//! report are written from these without reading numbers, and copying texts only where they have
//! escapes.

use std::{borrow::Cow, io};

use memchr::{memchr, memchr2};

/// The bytes of the text in quotes that some bytes begin with.
fn end_of_text(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The text of a value in quotes; of anything else its JSON.
pub(super) fn text_of(value: &[u8]) -> io::Result<Cow<'_, str>> {
    let quoted = value
        .strip_prefix(b"\"")
        .and_then(|it| it.strip_suffix(b"\""));
    let inner = quoted.unwrap_or(value);
    if quoted.is_some() && memchr(b'\\', inner).is_some() {
        return Ok(Cow::Owned(serde_json::from_slice(value)?));
    }
    let text = std::str::from_utf8(inner).map_err(io::Error::other)?;
    Ok(Cow::Borrowed(text))
}

/// The items of a list; none of anything else.
pub(super) fn items_of(value: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let mut rest = value.strip_prefix(b"[")?;
    Some(std::iter::from_fn(move || {
        let length = match rest.first()? {
            b'"' => end_of_text(rest)?,
            b']' => return None,
            _ => memchr2(b',', b']', rest)?,
        };
        let (item, behind) = rest.split_at_checked(length)?;
        rest = behind.strip_prefix(b",").unwrap_or(behind);
        Some(item)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_split_into_the_json_of_its_items_and_a_text_has_no_escapes() {
        let items = |value: &'static str| {
            let items = items_of(value.as_bytes())?;
            Some(items.map(|it| text_of(it).unwrap()).collect::<Vec<_>>())
        };
        let list = r#"["p]\"",1,"","a,b",-2.5]"#;
        assert_eq!(items(list).unwrap(), ["p]\"", "1", "", "a,b", "-2.5"]);
        assert!(items("[]").unwrap().is_empty());
        assert_eq!(items(r#""[1]""#), None);
        assert_eq!(text_of(br#""x\"y,}]\\""#).unwrap(), "x\"y,}]\\");
        assert_eq!(text_of("\"\u{6570}\"".as_bytes()).unwrap(), "\u{6570}");
    }
}
