"""S3 for writing: multipart uploads, conditional on what is there, and single objects.

A part or an object whose CRC32 is not that of its bytes is refused, and so is an upload to a bucket
of somebody else. Keys of a bucket that the policy of the caller does not name are IAM's business
(`iam_enforcement`).

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

import base64
import hashlib
import re
import zlib
from typing import TYPE_CHECKING, Dict, List, Tuple
from urllib.parse import parse_qs
from uuid import uuid4
from xml.sax.saxutils import escape

from .answers import AwsError
from .objects import Bucket, found
from .transport import Answer

if TYPE_CHECKING:
    from .call import Call
    from .gateway import LocalAws

#: Every part but the last has at least this size
#: (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).
SMALLEST_PART = 5 << 20
PART = re.compile(r"<Part>(.*?)</Part>", re.S)
XML = {"content-type": "application/xml"}
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


class Upload:
    def __init__(self, key: str, headers: Dict[str, str]) -> None:
        self.key = key
        self.parts: Dict[int, bytes] = {}
        self.headers = kept(headers)


def kept(headers: Dict[str, str]) -> Dict[str, str]:
    """The headers of a write that come back with the object."""
    return {name: value for name, value in headers.items() if name.startswith("x-amz-meta-") or name == "content-type"}


def asked(call: "Call") -> Dict[str, str]:
    return {key: values[0] for key, values in parse_qs(call.request.query, keep_blank_values=True).items()}


def upload(aws: "LocalAws", call: "Call") -> Tuple[Bucket, Upload, str]:
    bucket, key = found(aws, call)
    name = asked(call).get("uploadId", "")
    one = bucket.uploads.get(name)
    if one is None or one.key != key:
        raise AwsError("NoSuchUpload", "The specified multipart upload does not exist. The upload ID might be invalid, "
                                       "or the multipart upload might have been aborted or completed.", 404)
    return bucket, one, name


def checked(call: "Call") -> bytes:
    body = call.request.body
    wanted = call.request.headers.get("x-amz-checksum-crc32")
    if wanted is None or base64.b64decode(wanted) != zlib.crc32(body).to_bytes(4, "big"):
        raise AwsError("BadDigest", "The CRC32 you specified did not match the calculated checksum.", 400)
    return body


def create(aws: "LocalAws", call: "Call") -> Answer:
    bucket, key = found(aws, call)
    name = uuid4().hex
    bucket.uploads[name] = Upload(key, call.request.headers)
    return Answer(200, XML, f"{HEAD}<InitiateMultipartUploadResult><Key>{escape(key)}</Key><UploadId>{name}</UploadId>"
                            "</InitiateMultipartUploadResult>")


def part(aws: "LocalAws", call: "Call") -> Answer:
    _, one, _ = upload(aws, call)
    body = checked(call)
    one.parts[int(asked(call)["partNumber"])] = body
    return Answer(200, {"etag": f'"{hashlib.md5(body).hexdigest()}"',
                        "x-amz-checksum-crc32": call.request.headers["x-amz-checksum-crc32"]}, b"")


def complete(aws: "LocalAws", call: "Call") -> Answer:
    bucket, one, name = upload(aws, call)
    parts: List[bytes] = []
    for text in PART.findall(call.request.body.decode()):
        number = int(re.search(r"<PartNumber>(\d+)<", text).group(1))
        etag = re.search(r"<ETag>(.*?)</ETag>", text).group(1).replace("&quot;", "").strip('"')
        body = one.parts.get(number)
        if body is None or hashlib.md5(body).hexdigest() != etag:
            raise AwsError("InvalidPart", "One or more of the specified parts could not be found.", 400)
        parts.append(body)
    if any(len(body) < SMALLEST_PART for body in parts[:-1]):
        raise AwsError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", 400)
    hold(bucket, one.key, call.request.headers)
    digests = b"".join(hashlib.md5(body).digest() for body in parts)
    etag = f'"{hashlib.md5(digests).hexdigest()}-{len(parts)}"'
    bucket.put(one.key, b"".join(parts), etag, one.headers)
    del bucket.uploads[name]
    return Answer(200, XML, f"{HEAD}<CompleteMultipartUploadResult><Key>{escape(one.key)}</Key><ETag>{escape(etag)}</ETag>"
                            "</CompleteMultipartUploadResult>")


def hold(bucket: Bucket, key: str, headers: Dict[str, str]) -> None:
    """Refuses a write whose condition does not hold."""
    etag = bucket.etag(key) if bucket.has(key) else None
    wanted = headers.get("if-match")
    if wanted is not None and etag is None:
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
    if (headers.get("if-none-match") == "*" and etag is not None) or (wanted is not None and wanted != etag):
        raise AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)


def abort(aws: "LocalAws", call: "Call") -> Answer:
    bucket, _, name = upload(aws, call)
    del bucket.uploads[name]
    return Answer(204, {}, b"")


def put(aws: "LocalAws", call: "Call") -> Answer:
    bucket, key = found(aws, call)
    body = checked(call)
    hold(bucket, key, call.request.headers)
    etag = f'"{hashlib.md5(body).hexdigest()}"'
    bucket.put(key, body, etag, kept(call.request.headers))
    return Answer(200, {"etag": etag}, b"")


def head(aws: "LocalAws", call: "Call") -> Answer:
    bucket, key = found(aws, call)
    if not bucket.has(key):
        raise AwsError("NoSuchKey", "Not Found", 404)
    # The length is that of the object; a HEAD has no body (`transport.encode`).
    return Answer(200, {"etag": bucket.etag(key), **bucket.headers.get(key, {})}, bucket.body(key), bodiless=True)


HANDLERS = {
    ("s3", "CreateMultipartUpload"): create,
    ("s3", "UploadPart"): part,
    ("s3", "CompleteMultipartUpload"): complete,
    ("s3", "AbortMultipartUpload"): abort,
    ("s3", "PutObject"): put,
    ("s3", "HeadObject"): head,
}
