"""One process imports everything once, and forks a server or a script for each request.

moto and cfn-lint take seconds of processor time to import; tests start dozens of servers and scripts. A request is a
connection to the port of the parent, with one line of JSON:

    {"server": {"demo": false}}     a server of its own: answers {"endpoint", "demo": seed answer or null} in one line, and
                                    ends when the connection closes
    {"script": "..", "arguments": [..], "stdin": "..", "imports": [..]}     Python source, run as `python -c` would;
                                    answers {"status", "stdout", "stderr"}. The parent imports the modules of `imports`
                                    before it forks, so the next script finds them

The parent has one thread, as it must to fork safely, and ends when its stdin closes.
"""

import contextlib
import gc
import importlib
import io
import json
import os
import select
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, Dict, Optional

from .gateway import LocalAws
from .transport import Request, Server

DEMO = Path(__file__).resolve().parents[2] / "fixtures" / "organizations" / "demo.json"
#: The form as the AWS SDK writes it for a scan.
ENDPOINT_SERVICES = (b"Action=DescribeVpcEndpointServices&Version=2016-11-15&Filter.1.Name=owner&Filter.1.Value.1=amazon"
                     b"&MaxResults=1000")


def serve_requests() -> None:
    aws = LocalAws()
    aws.warm_up()
    keep_long_answers(aws)
    settle_memory()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        print(f"forking on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            readable, _, _ = select.select([0, listener], [], [], 1)
            if 0 in readable and not os.read(0, 4096):
                return
            if listener in readable:
                connection, _ = listener.accept()
                with connection:
                    answer_in_child(aws, listener, connection)
            reap()


def keep_long_answers(aws: LocalAws) -> None:
    """Makes the answers of `moto_bridge.KEPT` that scans of tests ask for, so that no server makes them again."""
    for region in ("eu-west-1", "eu-central-1", "us-east-1"):
        scope = f"AWS4-HMAC-SHA256 Credential=none/20260101/{region}/ec2/aws4_request"
        aws.handle(Request("POST", "/", "", {"authorization": scope}, ENDPOINT_SERVICES))
    aws.journal.clear()


def settle_memory() -> None:
    """What is there stays: children need not look through it for garbage, nor copy its pages. And as a server keeps
    nearly all that it makes, garbage is looked for seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def answer_in_child(aws: LocalAws, listener: socket.socket, connection: socket.socket) -> None:
    connection.settimeout(60)
    with connection.makefile("rb") as lines:
        request = json.loads(lines.readline() or b"null")
    connection.settimeout(None)
    missing = [name for name in (request or {}).get("imports", []) if name not in sys.modules]
    for name in missing:
        importlib.import_module(name)
    if missing:
        settle_memory()
    if request is None or os.fork():
        return
    status = 1
    try:
        listener.close()
        if "server" in request:
            serve(aws, connection, request["server"])
        else:
            connection.sendall(json.dumps(run_script(request)).encode())
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def serve(aws: LocalAws, connection: socket.socket, options: Dict[str, Any]) -> None:
    """A server as `server.py` starts it, in this process, until the connection closes."""
    from moto.moto_api._internal import mock_random
    mock_random.seed()
    threading.Thread(target=exit_when_closed, args=(connection,), daemon=True).start()
    demo: Optional[Dict[str, Any]] = None
    if options.get("demo"):
        demo = aws.seed(json.loads(DEMO.read_text(encoding="utf-8")))
    server = Server(("127.0.0.1", 0), aws.handle)
    answer = {"endpoint": f"http://127.0.0.1:{server.server_address[1]}", "demo": demo}
    connection.sendall(json.dumps(answer).encode() + b"\n")
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


def exit_when_closed(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while connection.recv(4096):
            pass
    os._exit(0)


def run_script(request: Dict[str, Any]) -> Dict[str, Any]:
    sys.argv = ["-c", *request.get("arguments", [])]
    sys.stdin = io.StringIO(request.get("stdin", ""))
    out, err, status = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            exec(compile(request["script"], "<script>", "exec"), {"__name__": "__main__"})
        except SystemExit as end:
            status = int(end.code) if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
            status = 1
    return {"status": status, "stdout": out.getvalue(), "stderr": err.getvalue()}
