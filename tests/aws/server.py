#!/usr/bin/env python3
"""The local AWS: one HTTP server on 127.0.0.1 which answers like AWS, for tests and for the demo.

    python tests/aws/server.py [--port 0] [--demo] [--forks]

It prints `local aws listening on http://127.0.0.1:PORT` when it is ready; with `--demo` a second
line follows, a JSON object with the credentials of the demo organisation's caller. It serves
until it is killed; with stdin a pipe it also ends when stdin reaches its end, so it cannot outlive
the process which started it. With `--forks` it is no server itself, but the parent of
`local_aws/forks.py`.

What is in it, the API under `/_local/` and the shape of a seed: `local_aws/__init__.py`.
"""

import argparse
import json
import os
import stat
import sys
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent

sys.path.insert(0, str(HERE))

from local_aws.forks import DEMO, serve_requests  # noqa: E402  (needs the path above)
from local_aws.gateway import LocalAws  # noqa: E402
from local_aws.transport import Server  # noqa: E402


def stdin_is_pipe() -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(0).st_mode)
    except OSError:
        return False


def exit_when_stdin_closes() -> None:
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description="A local AWS for tests and the demo.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--demo", action="store_true", help="seed the demo organisation")
    parser.add_argument("--forks", action="store_true", help="fork a server for each request")
    arguments = parser.parse_args()

    if arguments.forks:
        serve_requests()
        return
    if stdin_is_pipe():
        threading.Thread(target=exit_when_stdin_closes, daemon=True).start()

    aws = LocalAws()
    server = Server(("127.0.0.1", arguments.port), aws.handle)
    # moto takes seconds to import: do it while the client starts. Early calls wait for it.
    aws.warm_up_in_background()
    demo = None
    if arguments.demo:
        demo = aws.seed(json.loads(DEMO.read_text(encoding="utf-8")))
    print(f"local aws listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    if demo:
        print(json.dumps(demo["caller"]), flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
