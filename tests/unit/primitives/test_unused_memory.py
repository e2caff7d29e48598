"""What was freed between what is kept goes back, and what is kept stays as it was."""

from pathlib import Path

from innergate.primitives.unused_memory import give_back_memory


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_freed_memory_goes_back_to_the_kernel() -> None:
    pieces = [bytes([number % 251]) * 30_000 for number in range(2_000)]
    kept = pieces[::100]
    full = resident_bytes()
    del pieces
    give_back_memory()
    assert resident_bytes() < full - 30_000_000
    assert [piece[0] for piece in kept] == [number % 251 for number in range(0, 2_000, 100)]
