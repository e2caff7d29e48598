"""Asks for URLs on one kept connection until an answer shows what is wanted: `python -m innergate.testing.prober HOST`.

Reads JSON lines `{"target": "/stage/path", "want": TEXT}` ("" is satisfied by any 200) and prints for each, once a 200's body
holds the text, `{"at": MONOTONIC SECONDS, "asked": TIMES, "failed": TIMES}`. The clock is the machine's, so that the caller can
compare.
"""

import http.client
import json
import os
import socket
import ssl
import sys
import time

GIVE_UP_S = 10.0
PAUSE_S = 0.001


def main() -> None:
    """Until its input ends."""
    host = sys.argv[1]
    context = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or None)
    connection = http.client.HTTPSConnection(host, timeout=GIVE_UP_S, context=context)
    for line in sys.stdin:
        wanted = json.loads(line)
        sys.stdout.write(json.dumps(_probe(connection, wanted["host"], wanted["target"], wanted["want"])) + "\n")
        sys.stdout.flush()


def _probe(connection: http.client.HTTPSConnection, host: str, target: str, want: str) -> dict[str, object]:
    began, asked, failed, last = time.monotonic(), 0, 0, ""
    while time.monotonic() < began + GIVE_UP_S:
        asked += 1
        try:
            connection.request("GET", target, headers={"Host": host})
            response = connection.getresponse()
            last = f"{response.status} {response.read().decode(errors='replace')}"
        except (OSError, http.client.HTTPException, socket.gaierror) as error:
            last = f"{type(error).__name__}: {error}"
            connection.close()
        if last.startswith("200 ") and want in last:
            return {"at": time.monotonic(), "asked": asked, "failed": failed, "last": ""}
        failed += not last.startswith("200 ")
        time.sleep(PAUSE_S)
    return {"at": 0.0, "asked": asked, "failed": failed, "last": last[:300]}


if __name__ == "__main__":
    main()
