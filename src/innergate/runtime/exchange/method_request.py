"""The method request: a call taken apart as mappings, templates and validators see it."""

import re
from functools import lru_cache
from typing import final
from urllib.parse import unquote, unquote_plus

from innergate.plans.runtime import RuntimeMethod, RuntimeStage
from innergate.primitives.once import once
from innergate.runtime.exchange.call import Call
from innergate.runtime.exchange.trace_id import trace_id

DEFAULT_MEDIA_TYPE = "application/json"


@final
class MethodRequest:
    """A call at its method. Names of headers are found by any spelling and shown as they were sent; of a repeated name the last
    value counts where one is wanted."""

    def __init__(self, stage: RuntimeStage, method: RuntimeMethod, call: Call) -> None:
        self.stage = stage
        self.method = method
        self.call = call

    @once
    def raw_path(self) -> dict[str, str]:
        """Path parameters as they were sent, percent-encoded; none where the path does not fit the method's."""
        names, pattern = _path_pattern(self.method.path)
        found = pattern.fullmatch(self.call.path)
        return dict(zip(names, found.groups(), strict=True)) if found is not None else {}

    @once
    def path(self) -> dict[str, str]:
        """Path parameters, decoded; a greedy one without the slash at its end."""
        return {name: unquote(value.rstrip("/")) for name, value in self.raw_path.items()}

    @once
    def multi_query(self) -> dict[str, list[str]]:
        """The query string, decoded."""
        values: dict[str, list[str]] = {}
        for part in self.call.query.replace(";", "&").split("&"):
            if part:
                name, _, value = part.partition("=")
                values.setdefault(unquote_plus(name), []).append(unquote_plus(value))
        return values

    @once
    def query(self) -> dict[str, str]:
        """The last value of each name."""
        return {name: values[-1] for name, values in self.multi_query.items()}

    @once
    def multi_headers(self) -> dict[str, list[str]]:
        """Values by the name's first spelling."""
        return dict(self.headers_by_lower_name.values())

    @once
    def headers(self) -> dict[str, str]:
        """The last value of each name."""
        return {name: values[-1] for name, values in self.multi_headers.items()}

    @once
    def headers_by_lower_name(self) -> dict[str, tuple[str, list[str]]]:
        """The first spelling of each name, and its values."""
        found: dict[str, tuple[str, list[str]]] = {}
        for name, value in self.call.headers:
            lowered = name.lower()
            if lowered in found:
                found[lowered][1].append(value)
            else:
                found[lowered] = name, [value]
        return found

    def header_values(self, name: str) -> list[str]:
        """All values of a header; none where it was not sent."""
        found = self.headers_by_lower_name.get(name.lower())
        return found[1] if found is not None else []

    def header(self, name: str) -> str | None:
        """The last value of a header."""
        found = self.headers_by_lower_name.get(name.lower())
        return found[1][-1] if found is not None else None

    @once
    def trace_id(self) -> str:
        """What X-Amzn-Trace-Id says to whoever is asked about this call."""
        return trace_id(self.call)

    @once
    def media_type(self) -> str:
        """Of the body, in small letters and without parameters."""
        return media_type_of(self.header("content-type"))

    @once
    def accepted_type(self) -> str:
        """The first media type of Accept; no other counts."""
        return media_type_of((self.header("accept") or "").split(",", 1)[0])

    @once
    def text(self) -> str:
        """The body as text."""
        return self.call.body.decode("utf-8", "replace")


def media_type_of(content_type: str | None) -> str:
    """`application/json` for "Application/JSON; charset=utf-8", and where there is nothing."""
    return (content_type or "").split(";", 1)[0].strip().lower() or DEFAULT_MEDIA_TYPE


@lru_cache(maxsize=16_384)
def _path_pattern(path: str) -> tuple[tuple[str, ...], "re.Pattern[str]"]:
    """The names of a template's variables, and what fits it behind any stage."""
    names: list[str] = []
    pattern = "/[^/]*"
    for segment in filter(None, path.split("/")):
        if segment[0] == "{" and segment[-1] == "}":
            names.append(segment[1:-1].rstrip("+"))
            pattern += "/(.+)" if segment.endswith("+}") else "/([^/]+)"
        else:
            pattern += f"/{re.escape(segment)}"
    return tuple(names), re.compile(f"{pattern}/?")
