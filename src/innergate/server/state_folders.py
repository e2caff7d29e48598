"""What of the state folder must be there before any process is started for it."""

from innergate.primitives.event_log import write_events_to
from innergate.primitives.log_file import open_log
from innergate.server.settings import Settings
from innergate.store.errors import StoreUnwritable


def make_folders(settings: Settings) -> None:
    """For their owner alone: whoever can open the sockets in the run folder is the operator. Raises StoreUnwritable."""
    try:
        for folder in (settings.state, settings.run_folder, settings.log_folder, settings.access_log_folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings.run_folder.chmod(0o700)
    except OSError as error:
        raise _takes_nothing(settings, error) from error


def open_control_log(settings: Settings) -> None:
    """From now on control's events go to `control.log`, a JSON line each. Raises StoreUnwritable."""
    make_folders(settings)
    try:
        write_events_to(open_log(settings.log_folder / "control.log"))
    except OSError as error:
        raise _takes_nothing(settings, error) from error


def _takes_nothing(settings: Settings, error: OSError) -> StoreUnwritable:
    why = f"{error.filename}: {error.strerror}"
    return StoreUnwritable(f"the state folder {settings.state} takes no files ({why}); choose another one with --state")
