"""S3 for reading: buckets with objects that the seed or somebody wrote, listed, fetched whole or from a byte on.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
"""

import base64
import gzip
import hashlib
import json
import tempfile
import time
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

from .answers import AwsError
from .transport import Answer

if TYPE_CHECKING:
    from .call import Call
    from .gateway import LocalAws

#: Keys a page.
PAGE = 1000


class Bucket:
    def __init__(self, owner: str, region: str) -> None:
        self.owner, self.region = owner, region
        #: JSON, if it has one.
        self.policy: Optional[str] = None
        #: Lines by key; they are packed when somebody reads them.
        self.lines: Dict[str, List[str]] = {}
        self.bodies: Dict[str, bytes] = {}
        self.classes: Dict[str, str] = {}
        #: Of what was written by calls (`uploads`): entity tags, headers, uploads under way.
        self.etags: Dict[str, str] = {}
        self.headers: Dict[str, Dict[str, str]] = {}
        self.uploads: Dict[str, Any] = {}
        #: Keys in the order in which they were written.
        self.written: List[str] = []

    def append(self, key: str, header: str, line: str) -> None:
        self.lines.setdefault(key, [header] if header else []).append(line)
        self.bodies.pop(key, None)

    def body(self, key: str) -> bytes:
        if key not in self.bodies:
            lines = self.lines[key]
            self.bodies[key] = parquet(lines) if key.endswith(".parquet") else gzip.compress(
                ("\n".join(lines) + "\n").encode(), 1, mtime=0)
        return self.bodies[key]

    def has(self, key: str) -> bool:
        return key in self.lines

    def put(self, key: str, body: bytes, etag: str, headers: Dict[str, str]) -> None:
        self.lines[key] = []
        self.written.append(key)
        self.bodies[key], self.etags[key], self.headers[key] = body, etag, headers

    def etag(self, key: str) -> str:
        return self.etags.get(key) or f'"{hashlib.md5(self.body(key)).hexdigest()}"'


class Objects:
    def __init__(self) -> None:
        self.buckets: Dict[str, Bucket] = {}

    def reset(self) -> None:
        self.buckets.clear()

    def bucket(self, name: str, owner: str, region: str) -> Bucket:
        return self.buckets.setdefault(name, Bucket(owner, region))


#: Fields of flow logs whose Parquet columns are numbers
#: (https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html).
INTEGERS = ("version", "srcport", "dstport", "protocol", "tcp-flags", "traffic-path")
LONGS = ("packets", "bytes", "start", "end")


def parquet(lines: List[str]) -> bytes:
    """Flow log records below their header as AWS writes Parquet: underscores in the names of the columns, gzip.

    https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs-parquet.html
    """
    import duckdb
    kinds = ", ".join("'" + name.replace("-", "_") + "': '" + (
        "INTEGER" if name in INTEGERS else "BIGINT" if name in LONGS else "VARCHAR") + "'" for name in lines[0].split())
    with tempfile.TemporaryDirectory() as folder:
        text, target = Path(folder) / "records", Path(folder) / "parquet"
        text.write_text("\n".join(lines[1:]) + "\n", encoding="utf-8")
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"COPY (SELECT * FROM read_csv('{text}', delim = ' ', header = false, nullstr = '-', "
                               f"quote = '', escape = '', auto_detect = false, columns = {{{kinds}}})) "
                               f"TO '{target}' (FORMAT parquet, COMPRESSION gzip)")
        return target.read_bytes()


def stamp(at: float) -> Tuple[str, str]:
    """Folder and time of the object that a record of that second comes in: the next 5-minute mark."""
    mark = time.gmtime((int(at) // 300 + 1) * 300)
    return time.strftime("%Y/%m/%d", mark), time.strftime("%Y%m%dT%H%MZ", mark)


def found(aws: "LocalAws", call: "Call") -> Tuple[Bucket, str]:
    name, _, key = unquote(call.request.path.lstrip("/")).partition("/")
    bucket = aws.objects.buckets.get(name)
    if bucket is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    expected = call.request.headers.get("x-amz-expected-bucket-owner", bucket.owner)
    if expected != bucket.owner:
        raise AwsError("AccessDenied", "Access Denied", 403)
    return bucket, key


def head_bucket(aws: "LocalAws", call: "Call") -> Answer:
    bucket, _ = found(aws, call)
    return Answer(200, {"x-amz-bucket-region": bucket.region}, b"")


def list_objects(aws: "LocalAws", call: "Call") -> Answer:
    bucket, _ = found(aws, call)
    asked = {key: values[0] for key, values in parse_qs(call.request.query, keep_blank_values=True).items()}
    prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter", "")
    after = asked.get("continuation-token", "")
    entries: Dict[str, str] = {}
    for key in sorted(bucket.lines):
        if not key.startswith(prefix):
            continue
        rest = key[len(prefix):]
        if delimiter and delimiter in rest:
            folder = prefix + rest.partition(delimiter)[0] + delimiter
            entries[folder] = f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>"
        else:
            kind = bucket.classes.get(key, "STANDARD")
            entries[key] = (f"<Contents><Key>{escape(key)}</Key><Size>{len(bucket.body(key))}</Size>"
                            f"<ETag>{escape(bucket.etag(key))}</ETag>"
                            f"<StorageClass>{kind}</StorageClass></Contents>")
    names = [name for name in sorted(entries) if name > after]
    page, more = names[:PAGE], len(names) > PAGE
    token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
    body = "".join(entries[name] for name in page)
    return Answer(200, {"content-type": "application/xml"}, (
        '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<IsTruncated>{str(more).lower()}</IsTruncated><KeyCount>{len(page)}</KeyCount>{token}{body}"
        "</ListBucketResult>"))


def get_object(aws: "LocalAws", call: "Call") -> Answer:
    bucket, key = found(aws, call)
    if key not in bucket.lines:
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
    if bucket.classes.get(key, "STANDARD") in ("GLACIER", "DEEP_ARCHIVE"):
        raise AwsError("InvalidObjectState", "The operation is not valid for the object's storage class", 403)
    body = bucket.body(key)
    if call.request.headers.get("if-match", bucket.etag(key)) != bucket.etag(key):
        raise AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)
    wanted = call.request.headers.get("range", "")
    if wanted.startswith("bytes=") and wanted.endswith("-"):
        start = int(wanted[6:-1])
        return Answer(206, {"content-range": f"bytes {start}-{len(body) - 1}/{len(body)}"}, body[start:])
    return Answer(200, {"content-type": "application/octet-stream", "etag": bucket.etag(key)}, body)


def contents(aws: "LocalAws", name: str) -> Dict[str, Any]:
    """What a bucket holds, for a test: objects with their headers, uploads under way."""
    bucket = aws.objects.buckets[name]
    objects = {key: {"size": len(bucket.body(key)), "etag": bucket.etag(key), "headers": bucket.headers.get(key, {}),
                     "body": base64.b64encode(bucket.body(key)).decode()} for key in sorted(bucket.lines)}
    return {"objects": objects, "uploads": sorted(one.key for one in bucket.uploads.values()), "written": bucket.written}


def write(aws: "LocalAws", ask: Dict[str, Any]) -> Dict[str, Any]:
    """Writes an object, or removes it where there is no body: `{"bucket", "key", "body": BASE64, "class"}`, or `lines`,
    which are packed."""
    bucket = aws.objects.buckets[ask["bucket"]]
    if "class" in ask:
        bucket.classes[ask["key"]] = ask["class"]
    if "lines" in ask:
        bucket.lines[ask["key"]] = list(ask["lines"])
        bucket.bodies.pop(ask["key"], None)
        return {}
    if ask.get("body") is None:
        for part in (bucket.lines, bucket.bodies, bucket.etags, bucket.headers):
            part.pop(ask["key"], None)
        return {}
    body = base64.b64decode(ask["body"])
    bucket.put(ask["key"], body, f'"{hashlib.md5(body).hexdigest()}"', {})
    return {}


def get_bucket_policy(aws: "LocalAws", call: "Call") -> Answer:
    """Only identities of the account that owns the bucket may ask, whatever they are allowed.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html
    """
    bucket, _ = found(aws, call)
    if bucket.owner != call.account:
        raise AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
    if bucket.policy is None:
        raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
    return Answer(200, {"content-type": "application/json"}, bucket.policy)


def refusal(aws: "LocalAws", destination: str, account: str, region: str) -> Optional[str]:
    """Why logs of an account cannot be delivered to `arn:aws:s3:::BUCKET/PREFIX/`, as AWS words it for whoever creates the
    delivery. AWS adds what the policy of a bucket lacks if the creator may change it; no role of a test may.

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html
    """
    name, _, prefix = destination.split(":::", 1)[1].partition("/")
    bucket = aws.objects.buckets.get(name)
    if bucket is None:
        return f"LogDestination: {name} does not exist."
    prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
    needed = {"s3:PutObject": f"arn:aws:s3:::{name}/{prefix}AWSLogs/{account}/x", "s3:GetBucketAcl": f"arn:aws:s3:::{name}"}
    values = {"aws:SourceAccount": account, "aws:SourceArn": f"arn:aws:logs:{region}:{account}:x",
              "s3:x-amz-acl": "bucket-owner-full-control"}
    statements = json.loads(bucket.policy)["Statement"] if bucket.policy else []

    def allows(statement: Dict[str, Any], action: str, resource: str) -> bool:
        conditions = [(key, wanted) for keys in statement.get("Condition", {}).values() for key, wanted in keys.items()]
        return (statement["Effect"] == "Allow" and statement["Principal"]["Service"] == "delivery.logs.amazonaws.com"
                and action in listed(statement["Action"])
                and any(fnmatchcase(resource, one) for one in listed(statement["Resource"]))
                and all(any(fnmatchcase(values[key], one) for one in listed(wanted)) for key, wanted in conditions))

    for action, resource in needed.items():
        if not any(allows(one, action, resource) for one in statements):
            return f"Access Denied for LogDestination: {name}. Please check LogDestination permission"
    return None


def listed(value: Any) -> List[str]:
    return value if isinstance(value, list) else [value]


HANDLERS = {
    ("s3", "GetBucketPolicy"): get_bucket_policy,
    ("s3", "HeadBucket"): head_bucket,
    ("s3", "ListObjectsV2"): list_objects,
    ("s3", "GetObject"): get_object,
}
