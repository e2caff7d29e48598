"""What a worker keeps of the world: issuers' documents, not more than it has room for."""

import asyncio
from pathlib import Path

import pytest
from tests.unit.runtime.unix_server import served

from innergate.runtime.exchange.effects import EffectFailed, FetchKeys, HttpReply, Reply
from innergate.runtime.http_app import Answer, Receive, Scope, Send, send_answer
from innergate.runtime.performer import MAX_DOCUMENT_BYTES, MAX_DOCUMENTS, Performer
from innergate.runtime.quotas import Quotas
from innergate.runtime.usage_counts import UsageCounts


def fetch_all(folder: Path, urls: list[str], body: bytes) -> tuple[list[Reply], list[str]]:
    """The replies, and what the issuers were asked for; all have the same document."""
    asked: list[str] = []

    async def issuer(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await send_answer(send, Answer(200, (), body))

    async def run() -> list[Reply]:
        path = folder / "egress.sock"
        quotas = Quotas(folder, UsageCounts(folder / "usage.sqlite"))
        async with served(issuer, path):
            performer = Performer(path, folder / "functions.sock", folder / "front.sock", quotas)
            replies = [await performer.perform(FetchKeys(url=url, max_age_s=60)) for url in urls]
            await performer.close()
        quotas.close()
        return replies

    return asyncio.run(run()), asked


def test_a_document_is_fetched_once(tmp_path: Path) -> None:
    replies, asked = fetch_all(tmp_path, ["https://issuer.example/keys"] * 3, b"{}")
    assert [isinstance(reply, HttpReply) and reply.body for reply in replies] == [b"{}"] * 3
    assert asked == ["/keys"]


def test_the_oldest_documents_make_way(tmp_path: Path) -> None:
    urls = [f"https://issuer.example/{number}" for number in range(MAX_DOCUMENTS + 1)]
    _, asked = fetch_all(tmp_path, [*urls, urls[-1], urls[0]], b"{}")
    assert asked[len(urls) :] == ["/0"]


def test_a_document_that_is_too_large_is_none(tmp_path: Path) -> None:
    (reply,), _ = fetch_all(tmp_path, ["https://issuer.example/keys"], b"x" * (MAX_DOCUMENT_BYTES + 1))
    assert isinstance(reply, EffectFailed)
    assert reply.reason == "the document is too large"


@pytest.mark.parametrize(
    "url", ["https://[1]/", "https://issuer.example:99999/", "https://a\\@issuer.example/", "https:///"]
)
def test_what_is_no_url_leads_nowhere(tmp_path: Path, url: str) -> None:
    """An issuer says where its keys are; whatever that is, the caller is refused and the worker goes on."""
    (reply,), asked = fetch_all(tmp_path, [url], b"{}")
    assert isinstance(reply, EffectFailed)
    assert asked == []
