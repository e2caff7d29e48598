"""The `innergate` command."""

import sys
from collections.abc import Sequence
from typing import Annotated

from cyclopts import App, Parameter

from innergate import __version__
from innergate.cli.accounts import account_app, env
from innergate.cli.client import ControlRefused, ControlUnreachable
from innergate.cli.demo import demo
from innergate.cli.explain import path, simulate
from innergate.cli.hosts import exec_, run, stop
from innergate.cli.output import complain
from innergate.cli.render import render
from innergate.cli.status import diagnostics, status
from innergate.cli.up import down, up
from innergate.server.settings import BadSetting
from innergate.store.errors import StoreBusy, StoreTooNew

app = App(
    name="innergate",
    help="API management for private networks: AWS's own control APIs in front of an Envoy data plane.",
    version=__version__,
    version_flags=["--version", "-V"],
)

app.command(up)
app.command(down)
app.command(status)
app.command(env)
app.command(account_app)
app.command(run)
app.command(exec_, name="exec")
app.command(stop)
app.command(path)
app.command(simulate)
app.command(diagnostics)
app.command(render)
app.command(demo)


@app.command
def version() -> None:
    """Print the version."""
    sys.stdout.write(f"innergate {__version__}\n")


@app.command
def completion(shell: Annotated[str, Parameter(help="bash, zsh or fish")] = "bash") -> None:
    """Print a shell completion script: `source <(innergate completion bash)`."""
    sys.stdout.write(app.generate_completion(shell=shell))  # type: ignore[arg-type]


def main(words: Sequence[str] | None = None) -> None:
    """Runs the command of `words`, by default those of the command line.

    Exit code 1 for a refusal, 2 for wrong usage, 3 where nothing runs.
    """
    try:
        sys.exit(app(sys.argv[1:] if words is None else words))
    except ControlUnreachable as error:
        complain(str(error))
        sys.exit(3)
    except (ControlRefused, BadSetting, StoreBusy, StoreTooNew) as error:
        complain(str(error))
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(141)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
