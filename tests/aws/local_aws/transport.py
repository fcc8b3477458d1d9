"""HTTP/1.1 with keep-alive, one thread a connection: bytes in, `Request`; `Answer`, bytes out.

Knows nothing of AWS. The standard library's `http.server` parses headers with the e-mail
parser, which costs more than many of the calls themselves, so the few lines needed are here.
"""

import socket
import socketserver
import sys
import traceback
from dataclasses import dataclass, field
from typing import Callable, Dict, Optional, Union

REASONS = {200: "OK", 204: "No Content", 206: "Partial Content", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
           412: "Precondition Failed", 429: "Too Many Requests",
           500: "Internal Server Error", 503: "Service Unavailable"}


@dataclass
class Request:
    method: str
    path: str
    query: str
    headers: Dict[str, str]  # lower-case names
    body: bytes


@dataclass
class Answer:
    status: int = 200
    headers: Dict[str, str] = field(default_factory=dict)
    body: Union[bytes, str] = b""
    #: The connection is closed before the body has come to its end.
    cut: bool = False
    #: Only the length of the body is sent: the answer to a HEAD.
    bodiless: bool = False


#: A handler answers None to have the connection closed without an answer.
Handler = Callable[[Request], Optional[Answer]]


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, address, handle: Handler):
        self.handle = handle
        super().__init__(address, Connection)

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            traceback.print_exc()


class Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    rbufsize = 65536

    def handle(self):
        while True:
            request = self.read_request()
            if request is None:
                return
            answer = self.server.handle(request)
            if answer is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            encoded = encode(answer)
            self.connection.sendall(encoded[:-1] if answer.cut else encoded)
            if answer.cut:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if request.headers.get("connection", "").lower() == "close":
                return

    def read_request(self) -> Optional[Request]:
        line = self.rfile.readline(65537)
        if line in (b"\r\n", b"\n"):
            line = self.rfile.readline(65537)
        parts = line.decode("latin-1").split()
        if len(parts) != 3:
            return None
        headers = {}
        while True:
            line = self.rfile.readline(65537)
            if line in (b"\r\n", b"\n", b""):
                break
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = self.read_chunks()
        else:
            body = self.rfile.read(int(headers.get("content-length") or 0))
        path, _, query = parts[1].partition("?")
        return Request(parts[0], path, query, headers, body)

    def read_chunks(self) -> bytes:
        body = b""
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            body += self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                return body


def encode(answer: Answer) -> bytes:
    body = answer.body.encode("utf-8") if isinstance(answer.body, str) else answer.body
    lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Answer')}"]
    for name, value in answer.headers.items():
        if name.lower() not in ("content-length", "status", "connection", "transfer-encoding"):
            lines.append(f"{name}: {value}")
    lines.append(f"content-length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8") + (b"" if answer.bodiless else body)
