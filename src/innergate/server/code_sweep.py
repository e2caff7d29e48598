"""Packages that no function and no layer names any more go when the platform starts."""

from innergate.resources.functions import Function, FunctionVersion, LayerVersion
from innergate.server.settings import Settings
from innergate.store.blobs import FolderBlobs
from innergate.store.sqlite import SqliteStore


def sweep_packages(settings: Settings, store: SqliteStore) -> int:
    """Deletes them; how many. Nobody may be writing yet."""
    if not settings.blob_folder.is_dir():
        return 0
    state = store.state()
    configs = [function.config for function in state.all(Function)]
    configs += [version.config for version in state.all(FunctionVersion)]
    named = {config.code_digest for config in configs}
    named |= {layer.code_digest for config in configs for layer in config.layers}
    named |= {version.code_digest for version in state.all(LayerVersion)}
    return FolderBlobs(settings.blob_folder).sweep(named)
