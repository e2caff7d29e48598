"""Whose the records below `run/` are: of this folder's processes, or of another's from which the folder was copied.

A copy of the folder of a platform that runs names that platform's agent, Envoy and hosts: who took them for his own would end
them. So `run/` says which folder of the machine it is; a copy is another one, whatever its path.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from innergate.nets.agent_record import find_other_folder
from innergate.nets.state_folder import StateFolder
from innergate.primitives.event_log import EventLog
from innergate.server.settings import Settings
from innergate.store.errors import StoreBusy, StoreUnwritable
from innergate.store.opening import lock_state

log = EventLog()


def claim_run_folder(settings: Settings) -> bool:
    """Forgets everything below `run/` if it came with a copy, and notes whose it is now; whether it came with one.

    Raises StoreBusy if the folder was moved away under processes that run, StoreUnwritable if what came cannot be removed.
    """
    guard = lock_state(settings.store_path)
    try:
        return _claim(settings.state, settings.run_folder)
    finally:
        os.close(guard)


def _claim(state: Path, run: Path) -> bool:
    stamp, identity = StateFolder(state).stamp, _identify(run)
    said = stamp.read_text() if stamp.exists() else ""
    served = find_other_folder(state)
    if said == identity:
        if served is not None:
            raise StoreBusy(
                f"{state} was {served} when its platform was started, whose processes still run. Move it back and stop "
                f"the platform there (innergate down --state {served}); then move it"
            )
        return False
    is_copied = bool(said) or served is not None
    if is_copied:
        log.warning("run/ came with a copy of a state folder, and is forgotten", state=str(state), of=str(served or ""))
        _empty(run)
    with suppress(OSError):
        stamp.write_text(identity)
    return is_copied


def _identify(run: Path) -> str:
    """A moved folder stays the same, a copied one is another."""
    found = run.stat()
    return f"{found.st_dev}:{found.st_ino}"


def _empty(run: Path) -> None:
    try:
        for path in run.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    except OSError as error:
        raise StoreUnwritable(
            f"{run} came with a copy of a state folder and cannot be emptied ({error.filename}: {error.strerror}); remove it"
        ) from error
