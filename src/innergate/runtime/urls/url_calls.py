"""Calls of function URLs as a worker executes them."""

from pathlib import Path
from typing import final

from innergate.plans.function_urls import METHOD, FunctionUrlPlan
from innergate.runtime.authorize.memory import FindPrincipal
from innergate.runtime.call_header import Addressed
from innergate.runtime.document_reader import DocumentReader
from innergate.runtime.exchange.call import Answer
from innergate.runtime.exchange.drive import Perform, run_streaming
from innergate.runtime.urls.execute_url import execute_url


def is_url_call(addressed: Addressed) -> bool:
    """Whether a call is for a function's own address, not for an API's method."""
    return addressed.method.startswith(f"{METHOD}/")


@final
class UrlCalls:
    """`folder` holds the documents."""

    def __init__(self, folder: Path, find_principal: FindPrincipal) -> None:
        self._documents = DocumentReader(folder, FunctionUrlPlan)
        self._find_principal = find_principal

    async def answer(self, addressed: Addressed, perform: Perform) -> Answer | None:
        """The answer; None where there is no such URL any more."""
        plan = self._documents.find(addressed.document)
        if plan is None:
            return None
        return await run_streaming(execute_url(plan, addressed.call, self._find_principal), perform)
