"""Packages of functions that no function names any more go when the platform starts."""

from innergate.resources.functions import Function, FunctionVersion
from innergate.server.settings import Settings
from innergate.store.blobs import FolderBlobs
from innergate.store.sqlite import SqliteStore


def sweep_packages(settings: Settings, store: SqliteStore) -> int:
    """Deletes them; how many. Nobody may be writing yet."""
    if not settings.blob_folder.is_dir():
        return 0
    state = store.state()
    named = {function.config.code_digest for function in state.all(Function)}
    named |= {version.config.code_digest for version in state.all(FunctionVersion)}
    return FolderBlobs(settings.blob_folder).sweep(named)
