"""Traffic of several kinds as a command: `python -m innergate.testing.chaos_client LANES`, LANES as JSON, until its input ends.

A lane is `{"name", "url", "echo", "backends", "status", "resolves"}`: `{n}` in the URL becomes a number that is new for each
request and must come back in the answer's field `echo`; `backends` are the names that the answer's `backend` may have;
`status` is 200, or 403 for a lane that must stay closed; `resolves` asks for the name at each request. Prints a `Sample` as
a JSON list for each request.
"""

import http.client
import json
import os
import socket
import ssl
import sys
import threading
import time
import urllib.parse
from typing import Any, final

REQUEST_TIMEOUT_S = 5.0
PAUSE_S = 0.02


@final
class Lane:
    """One kind of request; every second one on a connection of its own."""

    def __init__(self, options: dict[str, Any]) -> None:
        parts = urllib.parse.urlsplit(options["url"])
        self._options = options
        self._host = parts.hostname or ""
        self._target = parts.path
        self._tls = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or None)
        self._address = "" if options["resolves"] else self._resolve()
        self._kept: http.client.HTTPConnection | None = None

    def run(self, ended: threading.Event) -> None:
        """Asks until the end."""
        number = 0
        while not ended.is_set():
            number += 1
            began = time.monotonic()
            verdict, said = self._try(number)
            line = json.dumps([self._options["name"], began, time.monotonic(), verdict, said])
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
            time.sleep(PAUSE_S)

    def _try(self, number: int) -> tuple[str, str]:
        is_fresh = number % 2 == 0 or self._options["resolves"]
        connection = None if is_fresh else self._kept
        try:
            if connection is None or connection.sock is None:
                connection = self._connect()
            connection.request("GET", self._target.replace("{n}", str(number)))
            response = connection.getresponse()
            body = response.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            if not is_fresh:
                self._kept = None
            if connection is not None:
                connection.close()
            return "failed", f"{type(error).__name__}: {error}"
        if is_fresh:
            connection.close()
        else:
            self._kept = connection
        return judge(self._options, number, response.status, body)

    def _resolve(self) -> str:
        return str(socket.getaddrinfo(self._host, 443, socket.AF_INET)[0][4][0])

    def _connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self._host, 443, timeout=REQUEST_TIMEOUT_S)
        plain = socket.create_connection((self._address or self._resolve(), 443), REQUEST_TIMEOUT_S)
        connection.sock = self._tls.wrap_socket(plain, server_hostname=self._host)
        return connection


def judge(options: dict[str, Any], number: int, status: int, body: str) -> tuple[str, str]:
    """("ok", "failed", "wrong" or "open", what was said) for an answer to a lane's request."""
    said = f"{status} {body[:200]}"
    if options["status"] == 403:
        if status < 400 or '"backend"' in body:
            return "open", said
        return ("ok", "") if status == 403 else ("failed", said)
    if status != 200:
        return "failed", said
    try:
        answer = json.loads(body)
    except ValueError:
        return "wrong", said
    is_own = str(answer.get(options["echo"], "")).rpartition("/")[2] == str(number)
    is_known = not options["backends"] or answer.get("backend") in options["backends"]
    return ("ok", "") if is_own and is_known else ("wrong", f"request {number}: {said}")


def main() -> None:
    """Runs until its input ends."""
    ended = threading.Event()
    lanes = [Lane(options) for options in json.loads(sys.argv[1])]
    threads = [threading.Thread(target=lane.run, args=(ended,)) for lane in lanes]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
