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
        let mirrored = self.mirror.iter().find_map(|(from, to)| {
            let pattern = glob::Pattern::new(from).ok()?;
            // A scan reads one partition: that of the pattern.
            let named = from.strip_prefix("arn:").and_then(|it| it.split_once(':'));
            let partition = named.map_or("aws", |(partition, _)| partition);
            let arn = format!("arn:{partition}:s3:::{bucket}");
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

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn buckets_of_every_partition_have_their_mirrors_and_others_none() {
        let mut objects = Config::for_tests(&[]).objects;
        for from in [
            "arn:aws:s3:::local-*",
            "arn:aws-cn:s3:::local-*",
            "arn:aws-us-gov:s3:::local-*",
            "arn:*:s3:::local-*",
            "*:local-*",
        ] {
            objects.mirror = [(from.to_owned(), "s3://central/a b/ü/".into())]
                .into_iter()
                .collect();
            let read_from = |bucket| objects.read_from(bucket, "dns/");
            let expected = ("central".to_owned(), "a b/ü/dns/".to_owned());
            assert_eq!(read_from("local-7"), expected, "{from}");
            let same = ("logs".to_owned(), "dns/".to_owned());
            assert_eq!(read_from("logs"), same, "{from}");
        }
    }
}
