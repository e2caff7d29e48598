"""The lines that Lambda itself writes around an invocation, as text or as JSON (`LogFormat`).

Source: Lambda Developer Guide, "Lambda function logs", "JSON system log events".
"""

import math
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from innergate.plans.functions import FunctionVersionPlan


class Figures(NamedTuple):
    """What an invocation took. `init_ms` is None where its process was warm."""

    took_ms: float
    used_mb: int
    init_ms: float | None


def start_line(version: FunctionVersionPlan, request_id: str) -> str:
    """Before the function's own lines."""
    if version.log_format == "JSON":
        return _event("platform.start", {"requestId": request_id, "version": version.number})
    return f"START RequestId: {request_id} Version: {version.number}\n"


def report_lines(version: FunctionVersionPlan, request_id: str, figures: Figures) -> list[str]:
    """After them."""
    billed_ms = math.ceil(figures.took_ms)
    if version.log_format == "JSON":
        metrics: dict[str, object] = {
            "durationMs": round(figures.took_ms, 3),
            "billedDurationMs": billed_ms,
            "memorySizeMB": version.memory_mb,
            "maxMemoryUsedMB": figures.used_mb,
        }
        if figures.init_ms is not None:
            metrics["initDurationMs"] = round(figures.init_ms, 3)
        return [_event("platform.report", {"requestId": request_id, "metrics": metrics})]
    parts = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {figures.took_ms:.2f} ms",
        f"Billed Duration: {billed_ms} ms",
        f"Memory Size: {version.memory_mb} MB",
        f"Max Memory Used: {figures.used_mb} MB",
    ]
    if figures.init_ms is not None:
        parts.append(f"Init Duration: {figures.init_ms:.2f} ms")
    return [f"END RequestId: {request_id}\n", "\t".join(parts) + "\t\n"]


def _event(kind: str, record: dict[str, object]) -> str:
    now = datetime.now(UTC)
    at = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"
    return msgspec.json.encode({"time": at, "type": kind, "record": record}).decode() + "\n"
