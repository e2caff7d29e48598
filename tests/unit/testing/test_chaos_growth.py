"""What counts as growth."""

from innergate.testing.chaos_growth import GROWTH_B, SLACK_KB, SPARE_FILES, Held, find_growth

BEFORE = {name: Held(100_000, 30) for name in GROWTH_B}


def test_what_a_change_may_cost() -> None:
    within = {name: Held(100_000 + SLACK_KB + each, 30 + SPARE_FILES) for name, each in GROWTH_B.items()}
    assert find_growth(BEFORE, within, 1024) == []


def test_more_memory_and_more_files_are_said() -> None:
    after = {**BEFORE, "agent": Held(100_000 + SLACK_KB + 600, 30), "envoy": Held(90_000, 40)}
    assert find_growth(BEFORE, after, 1024) == [
        f"agent grew by {SLACK_KB + 600} KB in 1024 changes, allowed are {SLACK_KB + 512}",
        "envoy has 10 more open files than before 1024 changes",
    ]
