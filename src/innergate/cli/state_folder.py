"""Which platform a command is about: the option --state, the same in every command."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from innergate.server.settings import DEFAULT_STATE

State = Annotated[str, Parameter(help="State folder (default: INNERGATE_STATE, else ~/.innergate).")]


def state_folder(given: str) -> Path:
    """The state folder: as given, else INNERGATE_STATE, else ~/.innergate. Absolute."""
    return Path(given or os.environ.get("INNERGATE_STATE", "") or DEFAULT_STATE).expanduser().absolute()
