//! What the settings `[objects]` mean here.

use crate::config::Objects;

impl Objects {
    /// Threads that unpack and count.
    pub(super) fn threads(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            workers => workers,
        }
    }

    /// Where objects are read that are delivered to a bucket and prefix: the place of `objects.mirror` if
    /// one is set for the bucket.
    pub fn read_from(&self, bucket: &str, prefix: &str) -> (String, String) {
        let arn = format!("arn:aws:s3:::{bucket}");
        let mirrored = self.mirror.iter().find_map(|(from, to)| {
            let pattern = glob::Pattern::new(from).ok()?;
            let to = to.as_str()?.strip_prefix("s3://")?;
            pattern.matches(&arn).then_some(to)
        });
        let Some(to) = mirrored else {
            return (bucket.to_owned(), prefix.to_owned());
        };
        let (bucket, folder) = to.split_once('/').unwrap_or((to, ""));
        let folder = folder.trim_matches('/');
        let folder = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        (bucket.to_owned(), format!("{folder}{prefix}"))
    }
}
