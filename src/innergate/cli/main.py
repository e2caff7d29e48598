"""The `innergate` command."""

import io
import sys
from collections.abc import Sequence
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Group, Parameter, UnusedCliTokensError

from innergate import __version__
from innergate.cli.inputs import WrongUsage
from innergate.driver.client import ControlRefused, ControlUnreachable
from innergate.server.settings import AgentNotStarted, BadSetting, CannotListen
from innergate.store.errors import StoreBusy, StoreDamaged, StoreTooNew, StoreUnwritable

app = App(
    name="innergate",
    help="API management for private networks: AWS's own control APIs in front of an Envoy data plane.",
    version=__version__,
    version_flags=["--version", "-V"],
    default_parameter=Parameter(negative=(), show_default=False),
    error_formatter=lambda error: _say_usage(error),
)

_PLATFORM, _HOSTS, _EXPLANATIONS, _MORE = (
    Group(title, sort_key=number)
    for number, title in enumerate(("Platform and accounts", "Hosts in VPCs", "Why a call works or fails", "More"))
)

_COMMANDS = (
    ("up", "innergate.cli.up:up", _PLATFORM),
    ("down", "innergate.cli.up:down", _PLATFORM),
    ("status", "innergate.cli.status:status", _PLATFORM),
    ("env", "innergate.cli.accounts:env", _PLATFORM),
    ("account", "innergate.cli.accounts:account_app", _PLATFORM),
    ("run", "innergate.cli.hosts:run", _HOSTS),
    ("exec", "innergate.cli.hosts:exec_", _HOSTS),
    ("stop", "innergate.cli.hosts:stop", _HOSTS),
    ("path", "innergate.cli.explain:path", _EXPLANATIONS),
    ("simulate", "innergate.cli.explain:simulate", _EXPLANATIONS),
    ("why", "innergate.cli.why:why", _EXPLANATIONS),
    ("diagnostics", "innergate.cli.status:diagnostics", _EXPLANATIONS),
    ("api", "innergate.cli.apis:api_app", _EXPLANATIONS),
    ("render", "innergate.cli.render:render", _EXPLANATIONS),
    ("demo", "innergate.cli.demo:demo", _MORE),
)
"""By name, where each is: a command's module is imported when the command is used, so that `up` is soon under way."""

for _number, (_name, _place, _group) in enumerate(_COMMANDS):
    if _name in ("run", "exec"):
        _usage = f"Usage: innergate {_name} --vpc VPC [OPTIONS] -- COMMAND...\n"
        app.command(_place, name=_name, group=_group, sort_key=_number, usage=_usage)
    else:
        app.command(_place, name=_name, group=_group, sort_key=_number)
for _flag in ("--help", "--version"):
    app[_flag].group = (_MORE,)


def _import_commands() -> None:
    """The list of commands shows each one's docstring."""
    for name in app:
        app[name]


@app.command(group=_MORE)
def version() -> None:
    """Print the version."""
    sys.stdout.write(f"innergate {__version__}\n")


@app.command(group=_MORE)
def completion(shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(help="bash, zsh or fish")] = "bash") -> None:
    """Print a shell completion script: `source <(innergate completion bash)`."""
    sys.stdout.write(app.generate_completion(shell=shell))


def main(words: Sequence[str] | None = None) -> None:
    """Runs the command of `words`, by default those of the command line.

    Exit code 1 for a refusal, 2 for wrong usage, 3 where nothing runs.
    """
    words = sys.argv[1:] if words is None else words
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that has no ✓ shows a ?
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


def _say_usage(error: CycloptsError) -> str:
    """What is wrong with the command line, as every other complaint begins, and where the right one is told."""
    from rich.markup import escape

    said = str(error).strip()
    if isinstance(error, UnusedCliTokensError):
        said = f"there is no place for {' '.join(error.unused_tokens or ())}"
    command = " ".join(("innergate", *(error.command_chain or ())))
    return f"[bold red]innergate:[/] {escape(said)}\nSee: {escape(command)} --help"


def _complain(error: Exception) -> None:
    from innergate.cli.output import complain

    complain(str(error))


if __name__ == "__main__":
    main()
