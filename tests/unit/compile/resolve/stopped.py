"""Where a path ends that does not get through."""

from innergate.compile.resolve.path import Hop, Path


def stopped_by(path: Path) -> Hop:
    """The hop that stops it."""
    assert path.legs == ()
    hop = path.refusal
    assert hop is not None
    return hop
