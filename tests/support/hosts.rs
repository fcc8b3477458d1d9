//! Which service a host belongs to, by AWS's documentation of its endpoints.
//!
//! Written by hand and apart from the program's own tables, so that no mistake of theirs can hide
//! in it.

pub(crate) const SERVICE: &str = "service";
const CUSTOMER: &str = "customer_resource";
const OTHER: &str = "other_aws";
/// In no AWS zone: in no report but the sum of a VPC's queries.
pub(crate) const NONE: &str = "";

/// Host, kind, service and the region in its name.
pub(crate) const HOSTS: [(&str, &str, &str, &str); 46] = [
    ("sts.eu-west-1.amazonaws.com", SERVICE, "sts", "eu-west-1"),
    ("sts.amazonaws.com", SERVICE, "sts", ""),
    ("kms.eu-west-1.amazonaws.com", SERVICE, "kms", "eu-west-1"),
    ("kms.us-east-1.amazonaws.com", SERVICE, "kms", "us-east-1"),
    ("logs.eu-west-1.amazonaws.com", SERVICE, "logs", "eu-west-1"),
    (
        "monitoring.eu-west-1.amazonaws.com",
        SERVICE,
        "monitoring",
        "eu-west-1",
    ),
    ("ec2.eu-west-1.amazonaws.com", SERVICE, "ec2", "eu-west-1"),
    (
        "ec2messages.eu-west-1.amazonaws.com",
        SERVICE,
        "ec2messages",
        "eu-west-1",
    ),
    ("ssm.eu-west-1.amazonaws.com", SERVICE, "ssm", "eu-west-1"),
    (
        "secretsmanager.eu-west-1.amazonaws.com",
        SERVICE,
        "secretsmanager",
        "eu-west-1",
    ),
    ("s3.eu-west-1.amazonaws.com", SERVICE, "s3", "eu-west-1"),
    (
        "assets.s3.eu-west-1.amazonaws.com",
        SERVICE,
        "s3",
        "eu-west-1",
    ),
    (
        "my.dotted.bucket.s3.eu-west-1.amazonaws.com",
        SERVICE,
        "s3",
        "eu-west-1",
    ),
    (
        "assets.s3.dualstack.eu-west-1.amazonaws.com",
        SERVICE,
        "s3",
        "eu-west-1",
    ),
    ("assets.s3.amazonaws.com", SERVICE, "s3", ""),
    (
        "assets.s3-us-west-2.amazonaws.com",
        SERVICE,
        "s3",
        "us-west-2",
    ),
    (
        "dynamodb.eu-west-1.amazonaws.com",
        SERVICE,
        "dynamodb",
        "eu-west-1",
    ),
    (
        "streams.dynamodb.eu-west-1.amazonaws.com",
        SERVICE,
        "dynamodb-streams",
        "eu-west-1",
    ),
    (
        "api.ecr.eu-west-1.amazonaws.com",
        SERVICE,
        "ecr.api",
        "eu-west-1",
    ),
    (
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
        SERVICE,
        "ecr.dkr",
        "eu-west-1",
    ),
    (
        "210987654321.dkr.ecr.eu-west-1.amazonaws.com",
        SERVICE,
        "ecr.dkr",
        "eu-west-1",
    ),
    (
        "kinesis.eu-west-1.amazonaws.com",
        SERVICE,
        "kinesis-streams",
        "eu-west-1",
    ),
    (
        "firehose.eu-west-1.amazonaws.com",
        SERVICE,
        "kinesis-firehose",
        "eu-west-1",
    ),
    ("sqs.eu-west-1.amazonaws.com", SERVICE, "sqs", "eu-west-1"),
    ("eu-west-1.queue.amazonaws.com", SERVICE, "sqs", "eu-west-1"),
    ("sns.eu-west-1.amazonaws.com", SERVICE, "sns", "eu-west-1"),
    (
        "runtime.sagemaker.eu-west-1.amazonaws.com",
        SERVICE,
        "sagemaker.runtime",
        "eu-west-1",
    ),
    (
        "abc123.execute-api.eu-west-1.amazonaws.com",
        SERVICE,
        "execute-api",
        "eu-west-1",
    ),
    (
        "email-smtp.eu-west-1.amazonaws.com",
        SERVICE,
        "email-smtp",
        "eu-west-1",
    ),
    ("lambda.eu-west-1.api.aws", SERVICE, "lambda", "eu-west-1"),
    ("iam.amazonaws.com", SERVICE, "iam", ""),
    (
        "orders.c9akciq32rrz.eu-west-1.rds.amazonaws.com",
        CUSTOMER,
        "",
        "",
    ),
    (
        "internal-shop-123456789.eu-west-1.elb.amazonaws.com",
        CUSTOMER,
        "",
        "",
    ),
    (
        "ec2-203-0-113-25.eu-west-1.compute.amazonaws.com",
        CUSTOMER,
        "",
        "",
    ),
    ("abcdefgh.lambda-url.eu-west-1.on.aws", CUSTOMER, "", ""),
    ("signin.aws.amazon.com", OTHER, "", ""),
    ("public.ecr.aws", OTHER, "", ""),
    ("d111111abcdef8.cloudfront.net", OTHER, "", ""),
    ("packages.eu-west-1.amazonaws.com", OTHER, "", ""),
    ("sts.eu-west-1.amazonaws.com.ec2.internal", NONE, "", ""),
    ("ip-10-1-20-5.eu-west-1.compute.internal", NONE, "", ""),
    ("s3.amazonaws.com.evil.example", NONE, "", ""),
    ("amazonaws.com.co", NONE, "", ""),
    ("xamazonaws.com", NONE, "", ""),
    ("github.com", NONE, "", ""),
    ("www.example.com", NONE, "", ""),
];

/// Hosts of the tests that count very many names.
const BUCKETS: &str = ".s3.eu-west-1.amazonaws.com";

/// Kind, service and service region.
pub(crate) type Class = (&'static str, &'static str, &'static str);

/// The class of a host that a test asks for.
pub(crate) fn class(host: &str) -> Class {
    let listed = HOSTS.iter().find(|(name, ..)| *name == host);
    match listed {
        Some((_, kind, service, region)) => (kind, service, region),
        None if host.ends_with(BUCKETS) => (SERVICE, "s3", "eu-west-1"),
        None => panic!("the table does not know `{host}`"),
    }
}
