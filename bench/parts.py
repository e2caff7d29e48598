"""The parts by name. Each gives its figures; what a part needs is loaded when it is asked for."""

import importlib
import importlib.util
from collections.abc import Callable, Mapping

from bench.effort import Effort, Unavailable
from bench.figures import Figure

Part = Callable[[Effort], list[Figure]]

__all__ = ["PARTS", "Effort", "Part", "Unavailable"]


def _module(name: str) -> Part:
    def run(effort: Effort) -> list[Figure]:
        if importlib.util.find_spec(name) is None:
            raise Unavailable(f"{name} is not there yet")
        measure: Part = importlib.import_module(name).measure
        return measure(effort)

    return run


PARTS: Mapping[str, Part] = {
    "request-path": _module("bench.request_path"),
    "scale": _module("bench.scale_part"),
    "control-plane": _module("bench.control_plane"),
    "runtime": _module("bench.runtime"),
}
