//! The hosts that `classify` shows.

use super::*;

#[test]
fn a_reader_that_has_gone_away_is_known_for_one() {
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    // More than any buffer on the way holds.
    let input = "x.example\n".repeat(100_000);
    let stopped = rows(
        HostRules::built_in().unwrap(),
        PartnerRules::built_in().unwrap(),
        input.as_bytes(),
        Gone,
    );
    let quiet = matches!(&stopped, Err(RowError::Writing(error)) if error.kind() == io::ErrorKind::BrokenPipe);
    assert!(quiet, "{stopped:?}");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_name() {
    let input = b"\xef\xbb\xbfsts.eu-west-1.amazonaws.com\n";
    let mut output = Vec::new();
    rows(
        HostRules::built_in().unwrap(),
        PartnerRules::built_in().unwrap(),
        input.as_slice(),
        &mut output,
    )
    .unwrap();
    let text = String::from_utf8(output).unwrap();
    let row = text.lines().nth(1).unwrap();
    assert!(
        row.starts_with("sts.eu-west-1.amazonaws.com,service,sts,"),
        "{row}"
    );
}

#[test]
fn every_line_has_its_row_in_order() {
    let input = b"sts.eu-west-1.amazonaws.com\n\nS3.amazonaws.com.\r\n\xff\n=1+1|x\nlast.example";
    let mut output = Vec::new();
    rows(
        HostRules::built_in().unwrap(),
        PartnerRules::built_in().unwrap(),
        &input[..],
        &mut output,
    )
    .unwrap();
    let text = String::from_utf8(output).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "host,kind,service,service_region,endpoint_service_name",
            "sts.eu-west-1.amazonaws.com,service,sts,eu-west-1,com.amazonaws.eu-west-1.sts",
            ",none,,,",
            "S3.amazonaws.com.,service,s3,,",
            "\u{fffd},none,,,",
            "'=1+1|x,none,,,",
            "last.example,none,,,",
        ]
    );
}
