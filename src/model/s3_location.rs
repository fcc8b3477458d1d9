//! A place in S3: a bucket, and what the keys in it begin with.

use std::{fmt, path::PathBuf, str::FromStr};

/// How the URL of a place in S3 begins.
const SCHEME: &str = "s3://";

/// What is expected of a text that is no such URL.
pub const EXPECTED: &str = "expected a bucket with or without a prefix: s3://bucket/prefix/, the \
                            prefix of letters, digits and - _ . = ! ' ( ) + @ ,";

/// A bucket and a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Location {
    bucket: String,
    /// Empty, or with a slash at its end.
    prefix: String,
}

impl S3Location {
    /// Whether a text is meant as a URL, and not as a path: `s3://logs`, but also `S3://logs`,
    /// `s3:/logs` and `https://logs.example.com`, which name no place in S3.
    pub fn is_url(text: &str) -> bool {
        let start = text.get(..3).unwrap_or_default();
        start.eq_ignore_ascii_case("s3:") || Self::has_scheme(text)
    }

    fn has_scheme(text: &str) -> bool {
        text.split_once("://").is_some_and(|(scheme, _)| {
            let mut letters = scheme.bytes();
            letters.next().is_some_and(|it| it.is_ascii_alphabetic())
                && letters.all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it))
        })
    }

    /// The bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What the keys begin with; empty, or with a slash at its end.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The key of a file there.
    pub fn key(&self, file: &str) -> String {
        format!("{}{file}", self.prefix)
    }

    /// A place below this one.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        Self {
            bucket: self.bucket.clone(),
            prefix: format!("{}{folder}/", self.prefix),
        }
    }

    /// The place as a relative path: the bucket, then the parts of the prefix.
    pub fn to_path(&self) -> PathBuf {
        let parts = self.prefix.split('/').filter(|part| !part.is_empty());
        std::iter::once(self.bucket.as_str()).chain(parts).collect()
    }
}

impl fmt::Display for S3Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{SCHEME}{}/{}", self.bucket, self.prefix)
    }
}

impl FromStr for S3Location {
    type Err = &'static str;

    /// Reads a URL. Names that mean something in a path or a policy (`..`, `*`) are refused.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix(SCHEME).ok_or(EXPECTED)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let of_bucket =
            |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || ".-".contains(it);
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
        let usable = (3..=63).contains(&bucket.len())
            && bucket.chars().all(of_bucket)
            && bucket.starts_with(|it: char| it.is_ascii_alphanumeric());
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let of_prefix = |it: char| it.is_ascii_alphanumeric() || "-_.=!'()+@,".contains(it);
        let is_part = |part: &str| {
            !part.is_empty() && part != "." && part != ".." && part.chars().all(of_prefix)
        };
        // A key has 1,024 bytes at most, and names of folders and files follow the prefix.
        let clean = prefix.len() <= 800 && (prefix.is_empty() || prefix.split('/').all(is_part));
        if !usable || !clean {
            return Err(EXPECTED);
        }
        let prefix = match prefix {
            "" => String::new(),
            some => format!("{some}/"),
        };
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_bucket_and_a_prefix_with_or_without_a_slash_at_its_end() {
        for (text, url, key, path) in [
            ("s3://logs-1", "s3://logs-1/", "a", "logs-1"),
            ("s3://logs-1/", "s3://logs-1/", "a", "logs-1"),
            ("s3://logs-1/x", "s3://logs-1/x/", "x/a", "logs-1/x"),
            (
                "s3://logs-1/x/y=1/",
                "s3://logs-1/x/y=1/",
                "x/y=1/a",
                "logs-1/x/y=1",
            ),
        ] {
            let location: S3Location = text.parse().unwrap();
            assert_eq!(location.to_string(), url);
            assert_eq!(location.key("a"), key);
            assert_eq!(location.to_path(), PathBuf::from(path));
        }
        let location: S3Location = "s3://logs-1/x".parse().unwrap();
        assert_eq!(location.below("y").to_string(), "s3://logs-1/x/y/");
    }

    #[test]
    fn a_url_of_another_scheme_is_no_path() {
        for url in [
            "s3://a",
            "S3://a/b",
            "s3:/a",
            "S3:a",
            "https://a",
            "file:///a",
            "s3a://a",
        ] {
            assert!(S3Location::is_url(url), "{url}");
        }
        for path in [
            "", "a", "/a/b", "a//b", "./s3://a", "3s://a", "://a", "s3", "./s3:/a",
        ] {
            assert!(!S3Location::is_url(path), "{path}");
        }
    }

    #[test]
    fn what_a_path_or_a_policy_would_misread_is_refused() {
        for text in [
            "S3://logs",
            "https://logs",
            "",
            "logs",
            "s3://",
            "s3://ab",
            "s3://UPPER",
            "s3://.logs",
            "s3://logs/../x",
            "s3://logs/a//b",
            "s3://logs//a",
            "s3://logs/*",
            "s3://logs/a?b",
            "s3://logs/${aws:username}",
            "s3://logs/a b",
            "s3://logs/\u{e4}",
            "s3://logs/a\\b",
        ] {
            assert_eq!(text.parse::<S3Location>(), Err(EXPECTED), "{text}");
        }
    }
}
