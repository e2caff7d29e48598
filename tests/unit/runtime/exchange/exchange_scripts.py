"""Exchanges as scripts: a stage, a method, calls with the replies that the world gives; effects and answers come out."""

import base64
from collections.abc import AsyncIterator, Generator
from typing import Any, NamedTuple

import msgspec

from innergate.plans.runtime import RuntimeIntegration, RuntimeMethod, RuntimeStage
from innergate.runtime.exchange.call import Answer, Call
from innergate.runtime.exchange.effects import Effect, Reply
from innergate.runtime.exchange.exchange_state import Circumstances
from innergate.runtime.exchange.pipeline import execute

REQUEST_ID = "4c0e5a1b-7d3f-4e62-9a88-0123456789ab"
RECEIVED_MS = 1_795_334_400_000

STAGE: dict[str, Any] = {
    "api_id": "abc123",
    "stage": "dev",
    "account": "111122223333",
    "region": "us-east-1",
    "deployment_id": "dep456",
}
METHOD: dict[str, Any] = {"resource_id": "res789", "path": "/pets/{id}", "verb": "GET"}
CALL: dict[str, Any] = {
    "verb": "GET",
    "path": "/dev/pets/7",
    "request_id": REQUEST_ID,
    "received_ms": RECEIVED_MS,
    "source_ip": "10.0.0.9",
    "domain_name": "abc123.execute-api.us-east-1.amazonaws.com",
}


class Played(NamedTuple):
    """What an exchange asked for, and how it ended."""

    effects: list[Effect]
    answer: Answer


def play(exchange: Generator[Effect, Reply, Answer], replies: list[Reply]) -> Played:
    """Runs it; each effect gets the next reply. More effects than replies, or fewer, are an error."""
    left = list(replies)
    effects: list[Effect] = []
    try:
        effect = next(exchange)
        while True:
            effects.append(effect)
            assert left, f"no reply is left for {effect}"
            effect = exchange.send(left.pop(0))
    except StopIteration as stop:
        assert not left, f"nobody asked for {left}"
        answer = stop.value
        assert isinstance(answer, Answer)
        return Played(effects, answer)


def play_any(exchange: Generator[Effect, Reply, Answer], reply: Reply) -> Played:
    """Runs it; every effect gets the same reply."""
    effects: list[Effect] = []
    try:
        effects.append(next(exchange))
        while True:
            effects.append(exchange.send(reply))
    except StopIteration as stop:
        answer = stop.value
    return Played(effects, answer)


def make_stage(fields: dict[str, Any] | None = None) -> RuntimeStage:
    return msgspec.convert({**STAGE, **(fields or {})}, RuntimeStage)


def make_method(fields: dict[str, Any]) -> RuntimeMethod:
    return msgspec.convert({**METHOD, **fields}, RuntimeMethod)


def make_integration(fields: dict[str, Any]) -> RuntimeIntegration:
    return msgspec.convert(fields, RuntimeIntegration)


def make_call(fields: dict[str, Any] | None = None) -> Call:
    given = dict(fields or {})
    headers = given.pop("headers", {})
    pairs = [
        (name, value)
        for name, values in headers.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    return msgspec.convert({**CALL, **_with_bytes(given), "headers": pairs}, Call)


class Parts:
    """What of a body is yet to come."""

    def __init__(self, *parts: str) -> None:
        self.parts = parts
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part.encode()

    async def close(self) -> None:
        self.is_closed = True


def make_reply(fields: dict[str, Any]) -> Reply:
    given = _with_bytes(fields)
    if "rest" in given:
        given["rest"] = Parts(*given["rest"])
    if isinstance(given.get("headers"), dict):
        given["headers"] = list(given["headers"].items())
    reply: Reply = msgspec.convert(given, Reply)
    return reply


def _with_bytes(fields: dict[str, Any]) -> dict[str, Any]:
    """`body` and `payload` are texts, JSON values, or base64 under `…_base64`."""
    made = dict(fields)
    for name in ("body", "payload"):
        if f"{name}_base64" in made:
            made[name] = base64.b64decode(made.pop(f"{name}_base64"))
        elif name in made:
            value = made[name]
            made[name] = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
    return made


def run_script(script: dict[str, Any]) -> list[dict[str, Any]]:
    """What each exchange of a script asks for and answers, as plain values."""
    outcomes = []
    for entry in script["exchanges"]:
        stage = make_stage({**script.get("stage", {}), **entry.get("stage", {})})
        method = make_method(_joined(script["method"], entry.get("method", {})))
        around = Circumstances(**entry.get("around", {}))
        exchange = execute(stage, method, make_call(entry.get("call")), around)
        played = play(exchange, [make_reply(reply) for reply in entry.get("replies", [])])
        outcome: dict[str, Any] = {"what": entry["what"]}
        if played.effects:
            outcome["effects"] = [_as_values(effect) for effect in played.effects]
        outcome["answer"] = _as_values(played.answer)
        outcomes.append(outcome)
    return outcomes


def _joined(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    joined = {**base, **over}
    if "integration" in base and "integration" in over:
        joined["integration"] = {**base["integration"], **over["integration"]}
    return joined


def _as_values(found: Effect | Answer) -> dict[str, Any]:
    return _shown(msgspec.to_builtins(found, builtin_types=(bytes,), enc_hook=lambda rest: list(rest.parts)))


_ONLY_STREAMED = {"rest": None, "streams": False, "idle_s": 300, "has_metadata": True}
"""What is not shown of whole answers."""


def _shown(fields: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in fields.items():
        if name in _ONLY_STREAMED and value == _ONLY_STREAMED[name]:
            continue
        if isinstance(value, bytes):
            try:
                shown[name] = value.decode()
            except UnicodeDecodeError:
                shown[f"{name}_base64"] = base64.b64encode(value).decode()
        elif name == "headers":
            shown[name] = [": ".join(pair) for pair in value]
        elif value not in ((), {}, ""):
            shown[name] = list(value) if isinstance(value, tuple) else value
    return shown
