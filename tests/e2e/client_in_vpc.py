"""Many calls of a client inside a VPC in one run: `python client_in_vpc.py FILE [THREADS]`, the calls as a JSON list in FILE.

Prints a JSON list of what each noticed. A call has `do`:
`https` (url; method, headers, body, address to connect to, timeout_s), `http` (the same without TLS),
`raw` (address, sni, text: these very bytes over TLS; plain: no TLS), `tcp` (address, port), `resolve` (name),
`drain` (as https, and most: reads the answer's first so many bytes and tells how many came, and how it ended),
`burst` (call, times: counts what came back), `watch` (call, for_s, pause_s: one connection, used until it breaks).
"""

import contextlib
import http.client
import json
import os
import socket
import ssl
import sys
import time
import urllib.parse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

TIMEOUT_S = 8.0
BEGINS_WITHIN_S = 4.0


@cache
def tls() -> ssl.SSLContext:
    """Trusts the platform's CA."""
    return ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or None)


def connect(call: dict[str, Any]) -> http.client.HTTPConnection:
    """A connection for the call's URL, or to `address` in its host's stead."""
    parts = urllib.parse.urlsplit(call["url"])
    timeout_s = call.get("timeout_s", TIMEOUT_S)
    address, port = call.get("address") or parts.hostname, parts.port or (443 if call["do"] == "https" else 80)
    connection = http.client.HTTPConnection(parts.hostname or "", port, timeout=timeout_s)
    plain = socket.create_connection((address, port), timeout_s)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    name = call.get("sni") or parts.hostname
    connection.sock = tls().wrap_socket(plain, server_hostname=name) if call["do"] == "https" else plain
    return connection


def ask(connection: http.client.HTTPConnection, call: dict[str, Any]) -> dict[str, Any]:
    """One request on a connection."""
    parts = urllib.parse.urlsplit(call["url"])
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request(call.get("method", "GET"), target, call.get("body"), call.get("headers", {}))
    response = connection.getresponse()
    body = response.read().decode("utf-8", "replace")
    return {"status": response.status, "headers": {k.lower(): v for k, v in response.getheaders()}, "body": body}


def once(call: dict[str, Any]) -> dict[str, Any]:
    """A request on a connection of its own."""
    with contextlib.closing(connect(call)) as connection:
        return ask(connection, call)


def drain(call: dict[str, Any]) -> dict[str, Any]:
    """A request whose answer may be without end."""
    parts = urllib.parse.urlsplit(call["url"])
    with contextlib.closing(connect(call | {"do": "https"})) as connection:
        connection.request("GET", parts.path or "/", headers=call.get("headers", {}))
        response = connection.getresponse()
        size, ended = 0, "whole"
        try:
            while size < call["most"] and (chunk := response.read1(65536)):
                size += len(chunk)
        except (OSError, http.client.HTTPException) as error:
            ended = type(error).__name__
        headers = {k.lower(): v for k, v in response.getheaders()}
        return {"status": response.status, "headers": headers, "bytes": size, "ended": ended}


def raw(call: dict[str, Any]) -> dict[str, Any]:
    """Sends bytes as they are and reads until the other side closes or is silent: `timeout_s` after what it said last. To begin
    with it has all the time of a busy machine."""
    timeout_s = call.get("timeout_s", 1.0)
    with socket.create_connection((call["address"], call.get("port", 443)), TIMEOUT_S) as plain:
        stream = plain if call.get("plain") else tls().wrap_socket(plain, server_hostname=call["sni"])
        stream.sendall(call["text"].encode("latin-1"))
        stream.settimeout(max(timeout_s, call.get("begins_within_s", BEGINS_WITHIN_S)))
        seen, closed = b"", False
        try:
            while chunk := stream.recv(65536):
                stream.settimeout(timeout_s)
                seen += chunk
            closed = True
        except TimeoutError:
            pass
        except ConnectionResetError:
            closed = True
        return {"text": seen.decode("latin-1"), "closed": closed}


def burst(call: dict[str, Any]) -> dict[str, Any]:
    """The same request over one connection, as often as asked: how often each status or error came."""
    seen: Counter[str] = Counter()
    backends: Counter[str] = Counter()
    with contextlib.closing(connect(call["call"])) as connection:
        for _ in range(call["times"]):
            answer = ask(connection, call["call"])
            seen[str(answer["status"])] += 1
            if answer["status"] == 200 and answer["body"].startswith("{"):
                backends[json.loads(answer["body"]).get("backend", "")] += 1
    return {"seen": seen, "backends": backends}


def watch(call: dict[str, Any]) -> dict[str, Any]:
    """One connection, used until it breaks or the answer is no 200: when, how, and how many requests were well before."""
    began, good = time.time(), 0
    with contextlib.closing(connect(call["call"])) as connection:
        while time.time() < began + call["for_s"]:
            try:
                answer = ask(connection, call["call"])
            except (OSError, http.client.HTTPException) as error:
                return {"good": good, "ended": type(error).__name__, "at": time.time()}
            if answer["status"] != 200:
                return {"good": good, "ended": str(answer["status"]), "at": time.time()}
            good += 1
            if good == 1:
                sys.stdout.write("\n")
                sys.stdout.flush()
            time.sleep(call.get("pause_s", 0.02))
    return {"good": good, "ended": "", "at": time.time()}


def tcp(call: dict[str, Any]) -> dict[str, Any]:
    """A connection without a word."""
    with socket.create_connection((call["address"], call["port"]), call.get("timeout_s", 1.5)):
        return {"connected": True}


def resolve(call: dict[str, Any]) -> dict[str, Any]:
    """The addresses of a name."""
    return {"addresses": sorted({str(i[4][0]) for i in socket.getaddrinfo(call["name"], 443, socket.AF_INET)})}


WAYS = {
    "https": once,
    "http": once,
    "drain": drain,
    "raw": raw,
    "tcp": tcp,
    "resolve": resolve,
    "burst": burst,
    "watch": watch,
}


def notice(call: dict[str, Any]) -> dict[str, Any]:
    """What the client notices: the way's own result, or {"error": ...}."""
    began = time.monotonic()
    try:
        found = WAYS[call["do"]](call)
    except socket.gaierror:
        found = {"error": "no such name"}
    except TimeoutError:
        found = {"error": "time-out"}
    except ConnectionRefusedError:
        found = {"error": "refused"}
    except (ConnectionResetError, http.client.RemoteDisconnected):
        found = {"error": "reset"}
    except (OSError, http.client.HTTPException) as error:
        found = {"error": f"{type(error).__name__}: {error}"}
    found["seconds"] = round(time.monotonic() - began, 3)
    return found


def main() -> None:
    """Makes the calls, in turn or on threads, and prints what they noticed."""
    calls = json.loads(Path(sys.argv[1]).read_text())
    with ThreadPoolExecutor(int(sys.argv[2]) if len(sys.argv) > 2 else 1) as pool:
        sys.stdout.write(json.dumps(list(pool.map(notice, calls))) + "\n")


if __name__ == "__main__":
    main()
