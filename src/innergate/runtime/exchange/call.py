"""A client's request as a method meets it, and the answer that the client gets."""

from typing import TypeAlias

import msgspec

from innergate.runtime.exchange.body_rest import BodyRest

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""In order, names as they were sent; a name may be there twice."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `path` is raw (percent-encoded) and begins with the stage; `query` is raw, without "?". `received_ms` is
    since the epoch. The facts below `body` come from Envoy, never from the client; "" where there is none."""

    verb: str
    path: str
    query: str = ""
    headers: Headers = ()
    body: bytes = b""
    request_id: str
    received_ms: int
    source_ip: str = ""
    vpce_id: str = ""
    vpc_id: str = ""
    vpce_account: str = ""
    api_key_id: str = ""
    protocol: str = "HTTP/1.1"
    tls_version: str = ""
    cipher_suite: str = ""
    domain_name: str = ""
    port: str = ""
    """Of the gateway, that the connection came to: Envoy takes it off Host, where a client may have signed it."""
    client_certificate: str = ""
    """That the client proved to have (mutual TLS), PEM encoded for URLs."""
    mount: str | None = None
    """What the client's path had where `path` has the stage: a custom domain's base path with its slash, "" for none; None
    where it had the stage."""

    @property
    def sent_path(self) -> str:
        """The path as the client sent it."""
        if self.mount is None:
            return self.path
        return self.mount + self.path[self.path.find("/", 1) :] if "/" in self.path[1:] else self.mount or "/"

    @property
    def path_in_stage(self) -> str:
        """The path without its stage, with its slash."""
        return "/" + self.path.removeprefix("/").partition("/")[2]

    def header(self, name: str) -> str | None:
        """The last value of a header, by any spelling; None where there is none."""
        wanted = name.lower()
        for key, value in reversed(self.headers):
            if key.lower() == wanted:
                return value
        return None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back; `rest` is what of the body is yet to come. `facts` are `$context` variables for the access log
    (`integration.status`, `authorizer.principalId`, `error.message`, ...); `log` are the lines of the execution log, without
    ids and times."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    rest: BodyRest | None = None
    facts: dict[str, str] = {}
    log: tuple[str, ...] = ()
