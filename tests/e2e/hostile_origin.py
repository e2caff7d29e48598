"""A backend that lies about its answers: `python hostile_origin.py PORT`. Each path is another lie; /fine is none."""

import socketserver
import sys

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
}


class Handler(socketserver.StreamRequestHandler):
    """Answers each request of a connection as its path says."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            while self.rfile.readline() not in (b"\r\n", b""):
                pass
            path = line.split(b" ")[1].partition(b"?")[0]
            try:
                self.wfile.write(ANSWERS.get(path, ANSWERS[b"/fine"]))
            except OSError:
                return


class Server(socketserver.ThreadingTCPServer):
    """Takes its port again at once."""

    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    Server(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()
