"""The `innergate` command."""

import sys
from collections.abc import Sequence
from typing import Annotated, Literal

from cyclopts import App, Parameter

from innergate import __version__
from innergate.cli.client import ControlRefused, ControlUnreachable
from innergate.cli.inputs import WrongUsage
from innergate.server.settings import AgentNotStarted, BadSetting, CannotListen
from innergate.store.errors import StoreBusy, StoreDamaged, StoreTooNew, StoreUnwritable

app = App(
    name="innergate",
    help="API management for private networks: AWS's own control APIs in front of an Envoy data plane.",
    version=__version__,
    version_flags=["--version", "-V"],
    default_parameter=Parameter(negative=(), show_default=False),
)

_COMMANDS = (
    ("up", "innergate.cli.up:up"),
    ("down", "innergate.cli.up:down"),
    ("status", "innergate.cli.status:status"),
    ("env", "innergate.cli.accounts:env"),
    ("account", "innergate.cli.accounts:account_app"),
    ("run", "innergate.cli.hosts:run"),
    ("exec", "innergate.cli.hosts:exec_"),
    ("stop", "innergate.cli.hosts:stop"),
    ("path", "innergate.cli.explain:path"),
    ("simulate", "innergate.cli.explain:simulate"),
    ("why", "innergate.cli.why:why"),
    ("diagnostics", "innergate.cli.status:diagnostics"),
    ("api", "innergate.cli.apis:api_app"),
    ("render", "innergate.cli.render:render"),
    ("demo", "innergate.cli.demo:demo"),
)
"""By name, where each is: a command's module is imported when the command is used, so that `up` is soon under way."""

for _name, _place in _COMMANDS:
    app.command(_place, name=_name)


def _import_commands() -> None:
    """The list of commands shows each one's docstring."""
    for name in app:
        app[name]


@app.command
def version() -> None:
    """Print the version."""
    sys.stdout.write(f"innergate {__version__}\n")


@app.command
def completion(shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(help="bash, zsh or fish")] = "bash") -> None:
    """Print a shell completion script: `source <(innergate completion bash)`."""
    sys.stdout.write(app.generate_completion(shell=shell))


def main(words: Sequence[str] | None = None) -> None:
    """Runs the command of `words`, by default those of the command line.

    Exit code 1 for a refusal, 2 for wrong usage, 3 where nothing runs.
    """
    words = sys.argv[1:] if words is None else words
    if not words or words[0].startswith("-"):
        _import_commands()
    try:
        sys.exit(app(words))
    except ControlUnreachable as error:
        _complain(error)
        sys.exit(3)
    except (
        ControlRefused,
        AgentNotStarted,
        CannotListen,
        StoreBusy,
        StoreDamaged,
        StoreTooNew,
        StoreUnwritable,
    ) as error:
        _complain(error)
        sys.exit(1)
    except (WrongUsage, BadSetting) as error:
        _complain(error)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(141)
    except KeyboardInterrupt:
        sys.exit(130)


def _complain(error: Exception) -> None:
    from innergate.cli.output import complain

    complain(str(error))


if __name__ == "__main__":
    main()
