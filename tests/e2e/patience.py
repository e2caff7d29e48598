"""How much longer than promised a machine may take that has other things to do, or belongs to CI."""

import os

from innergate.driver.patience import measure_patience


def patience() -> float:
    """1 for a quiet machine; by what else it does, and at least 2 where CI is "true". That changes: where something takes long,
    ask before and afterwards."""
    return max(2.0 if os.environ.get("CI") == "true" else 1.0, measure_patience())
