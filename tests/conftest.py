"""Notes in a report how many examples a test tried (`make abuse` shows them); shares tests between processes (`make test`);
property tests have all the time that a busy machine needs for them, and say how to try again what failed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tests.fuzzing import EXAMPLES, SEED
from tests.side_by_side import Turns, is_alone, put_in_line, unit_of_work

TURNS: pytest.StashKey[Turns] = pytest.StashKey()
FOLDER: pytest.StashKey["tempfile.TemporaryDirectory[str]"] = pytest.StashKey()

settings.register_profile(
    "patient", settings(), deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def examples(request: pytest.FixtureRequest) -> Iterator[None]:
    """As the property `examples` of a test that tried some."""
    before = EXAMPLES["run"]
    yield
    if SEED and EXAMPLES["run"] > before:
        request.node.user_properties.append(("examples", str(EXAMPLES["run"] - before)))


def pytest_configure(config: pytest.Config) -> None:
    """A process that shares the tests with others takes turns with them."""
    shared: dict[str, Any] = getattr(config, "workerinput", {})
    if "turns" in shared:
        config.stash[TURNS] = Turns(Path(shared["turns"]))
    elif config.getoption("numprocesses", None):
        config.stash[FOLDER] = tempfile.TemporaryDirectory(prefix="innergate-turns-")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells each of the processes where the others are met."""
    node.workerinput["turns"] = node.config.stash[FOLDER].name


def pytest_unconfigure(config: pytest.Config) -> None:
    """Whoever waits goes on; the last one out removes what was there for the turns."""
    if TURNS in config.stash:
        config.stash[TURNS].close()
    if FOLDER in config.stash:
        config.stash[FOLDER].cleanup()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where tests are shared, the long ones begin first."""
    if TURNS in config.stash:
        put_in_line(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file at a time, in the order of the line."""
    from xdist.scheduler import LoadScopeScheduling

    config.option.loadscopereorder = False
    scheduling: Any = LoadScopeScheduling(config, log)
    scheduling._split_scope = unit_of_work
    return scheduling


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """In turn; waiting is none of the test's time."""
    turns = item.config.stash.get(TURNS, None)
    if turns is None:
        return (yield)
    with turns.turn(is_alone(item), is_alone(nextitem)):
        return (yield)
