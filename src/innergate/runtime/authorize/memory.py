"""What a worker keeps between calls: answers of Lambda authorizers, and how it finds out whose an access key is.

Bounded by entries and by bytes. What is kept for a stage is forgotten when the stage's document changes.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias, final

from innergate.plans.principals import RuntimePrincipal
from innergate.plans.runtime import RuntimeKey, RuntimeStage
from innergate.runtime.authorize.authorizer_answer import AuthorizerAnswer
from innergate.runtime.authorize.token_buckets import TokenBuckets

MAX_ANSWERS = 10_000
MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_STAGES = 4_096

Key: TypeAlias = tuple[str, ...]
FindPrincipal: TypeAlias = Callable[[str], RuntimePrincipal | None]
"""The principal behind an access key id; None where there is none."""


def knows_nobody(access_key_id: str) -> None:
    """A worker without principals."""
    return


class _Kept(NamedTuple):
    answer: AuthorizerAnswer
    ends_at_ms: int


class _Seen(NamedTuple):
    """A stage's document as it was met last. `keys` are its API keys by the digests of their values: how long looking one up
    takes says nothing of a key."""

    stage: RuntimeStage
    generation: str
    keys: Mapping[bytes, RuntimeKey]


@final
class AuthorizationMemory:
    """One for each worker. Not for several threads."""

    __slots__ = ("_answers", "_generations", "_size_bytes", "_stages", "buckets", "find_principal", "silent_until_ms")

    def __init__(self, find_principal: FindPrincipal = knows_nobody) -> None:
        self.find_principal = find_principal
        self.buckets = TokenBuckets()
        self.silent_until_ms: OrderedDict[str, int] = OrderedDict()
        """What issuers did not answer, and until when they are not asked for it."""
        self._answers: OrderedDict[Key, _Kept] = OrderedDict()
        self._stages: OrderedDict[Key, _Seen] = OrderedDict()
        self._generations = 0
        self._size_bytes = 0

    def recall(self, stage: RuntimeStage, authorizer_id: str, sources: Key, now_ms: int) -> AuthorizerAnswer | None:
        """The answer that an authorizer gave earlier for the same identity sources, while it lasts."""
        key = self._key(stage, authorizer_id, sources)
        kept = self._answers.get(key)
        if kept is None:
            return None
        if kept.ends_at_ms <= now_ms:
            self._forget(key)
            return None
        self._answers.move_to_end(key)
        return kept.answer

    def keep(
        self, stage: RuntimeStage, authorizer_id: str, sources: Key, answer: AuthorizerAnswer, ends_at_ms: int
    ) -> None:
        """Keeps an answer until `ends_at_ms`; the least used go where there is no room."""
        key = self._key(stage, authorizer_id, sources)
        self._forget(key)
        self._answers[key] = _Kept(answer, ends_at_ms)
        self._size_bytes += _size(key, answer)
        while len(self._answers) > MAX_ANSWERS or self._size_bytes > MAX_ANSWER_BYTES:
            self._forget(next(iter(self._answers)))

    def find_key(self, stage: RuntimeStage, value: str) -> RuntimeKey | None:
        """The API key of the stage with that value."""
        return self._see(stage).keys.get(_digest(value))

    def note_silence(self, name: str, until_ms: int) -> None:
        """An issuer does not answer."""
        self.silent_until_ms[name] = until_ms
        if len(self.silent_until_ms) > MAX_STAGES:
            self.silent_until_ms.popitem(last=False)

    def _forget(self, key: Key) -> None:
        kept = self._answers.pop(key, None)
        if kept is not None:
            self._size_bytes -= _size(key, kept.answer)

    def _key(self, stage: RuntimeStage, authorizer_id: str, sources: Key) -> Key:
        return (self._see(stage).generation, authorizer_id, *sources)

    def _see(self, stage: RuntimeStage) -> _Seen:
        """What is known of this very document: another one of the same stage finds nothing that was kept before. A canary's
        document stands beside the stage's, and calls alternate between them."""
        name = (stage.api_id, stage.stage, "canary" if stage.is_canary else "")
        seen = self._stages.get(name)
        if seen is None or (seen.stage is not stage and seen.stage != stage):
            self._generations += 1
            keys = {_digest(key.value): key for key in reversed(stage.keys)}
            seen = _Seen(stage, str(self._generations), keys)
            self._stages[name] = seen
            if len(self._stages) > MAX_STAGES:
                self._stages.popitem(last=False)
        elif seen.stage is not stage:
            seen = seen._replace(stage=stage)
            self._stages[name] = seen
        return seen


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()


def _size(key: Key, answer: AuthorizerAnswer) -> int:
    return sum(map(len, key)) + answer.size_bytes
