"""A backend that lies about its answers: `python hostile_origin.py PORT`. Each path is another lie; /fine is none. What is in
`ENDLESS` goes on until the other side has enough.
"""

import gzip
import itertools
import socketserver
import sys
import time
from collections.abc import Callable, Iterator

INJECTED = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\ninjected"
ANSWERS = {
    b"/fine": b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine",
    b"/204": b"HTTP/1.1 204 No Content\r\ncontent-length: %d\r\n\r\n%s" % (len(INJECTED), INJECTED),
    b"/304": b"HTTP/1.1 304 Not Modified\r\ncontent-length: %d\r\n\r\n%s" % (len(INJECTED), INJECTED),
    b"/hints": b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" * 50
    + b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    b"/switch": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n" + INJECTED,
    b"/more": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok" + INJECTED,
    b"/both": b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + INJECTED,
    b"/headers": b"HTTP/1.1 200 OK\r\n" + b"x-much: %s\r\n" % (b"a" * 1000) * 2000 + b"content-length: 0\r\n\r\n",
    b"/garbage": b"\x00\x01\x02 nothing of HTTP\r\n\r\n",
    b"/elsewhere": b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
}
OK = b"HTTP/1.1 200 OK\r\n"


def endless_headers() -> Iterator[bytes]:
    """As fast as they are taken."""
    yield OK
    yield from (b"x-%d: %s\r\n" % (number, b"a" * 1000) for number in itertools.count())


def slow_headers() -> Iterator[bytes]:
    """A few bytes at a time."""
    yield OK
    for number in itertools.count():
        time.sleep(0.1)
        yield b"x-%d: a\r\n" % number


def slow_body() -> Iterator[bytes]:
    """A byte at a time."""
    yield OK + b"transfer-encoding: chunked\r\n\r\n"
    while True:
        time.sleep(0.1)
        yield b"1\r\na\r\n"


def huge_body() -> Iterator[bytes]:
    """As fast as it is taken."""
    yield OK + b"transfer-encoding: chunked\r\n\r\n"
    yield from itertools.repeat(b"10000\r\n" + b"a" * 65536 + b"\r\n")


def gzip_bomb() -> Iterator[bytes]:
    """A gigabyte, packed."""
    packed = gzip.compress(bytes(1 << 20), mtime=0) * 1024
    yield OK + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed) + packed


ENDLESS: dict[bytes, Callable[[], Iterator[bytes]]] = {
    b"/endless-headers": endless_headers,
    b"/slow-headers": slow_headers,
    b"/slow-body": slow_body,
    b"/huge-body": huge_body,
    b"/gzip-bomb": gzip_bomb,
}


class Handler(socketserver.StreamRequestHandler):
    """Answers each request of a connection as its path says."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            while self.rfile.readline() not in (b"\r\n", b""):
                pass
            path = line.split(b" ")[1].partition(b"?")[0]
            try:
                if path in ENDLESS:
                    for piece in ENDLESS[path]():
                        self.wfile.write(piece)
                else:
                    self.wfile.write(ANSWERS.get(path, ANSWERS[b"/fine"]))
            except OSError:
                return


class Server(socketserver.ThreadingTCPServer):
    """Takes its port again at once."""

    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    Server(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()
