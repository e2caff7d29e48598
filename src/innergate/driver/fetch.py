"""One HTTP request as a command: `python -m innergate.driver.fetch URL [-X METHOD] [-H 'name: value'] [-d BODY] [-n TIMES]`.

Prints JSON: status, headers, body, seconds; or error ("no such name", "time-out", "refused", "reset", or the text) with exit
code 1.
"""

import argparse
import http.client
import json
import os
import socket
import ssl
import sys
import time
import urllib.parse


def fetch(
    url: str,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    timeout_s: float = 10.0,
) -> dict[str, object]:
    """What came back, or {"error": ...}. TLS trusts SSL_CERT_FILE."""
    parts = urllib.parse.urlsplit(url)
    host, began = parts.hostname or "", time.monotonic()
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or None)
        connection = http.client.HTTPSConnection(host, parts.port, timeout=timeout_s, context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=timeout_s)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        return {
            "status": response.status,
            "headers": {name.lower(): value for name, value in response.getheaders()},
            "body": text,
            "seconds": round(time.monotonic() - began, 4),
        }
    except socket.gaierror:
        return {"error": "no such name", "seconds": round(time.monotonic() - began, 4)}
    except TimeoutError:
        return {"error": "time-out", "seconds": round(time.monotonic() - began, 4)}
    except ConnectionRefusedError:
        return {"error": "refused", "seconds": round(time.monotonic() - began, 4)}
    except (ConnectionResetError, http.client.RemoteDisconnected):
        return {"error": "reset", "seconds": round(time.monotonic() - began, 4)}
    except (OSError, http.client.HTTPException) as error:
        return {"error": str(error), "seconds": round(time.monotonic() - began, 4)}
    finally:
        connection.close()


def main() -> None:
    """Prints the answer as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("-X", dest="method", default="GET")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="body", default=None)
    parser.add_argument("-m", dest="timeout_s", type=float, default=10.0)
    parser.add_argument("-n", dest="times", type=int, default=1, help="repeat so often, or until the answer is no 200")
    arguments = parser.parse_args()
    headers = dict(header.split(": ", 1) for header in arguments.headers)
    body = arguments.body.encode() if arguments.body is not None else None
    answer: dict[str, object] = {}
    for _ in range(arguments.times):
        answer = fetch(arguments.url, arguments.method, headers, body, arguments.timeout_s)
        if answer.get("status") != 200:
            break
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.exit(1 if "error" in answer else 0)


if __name__ == "__main__":
    main()
