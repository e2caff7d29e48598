"""The names that plans use for namespaces: chosen here, obeyed elsewhere."""

from innergate.compile.settings import CompileSettings


def namespace_of(settings: CompileSettings, resource_id: str) -> str:
    """The namespace of a VPC, a transit gateway or a workload."""
    return f"{settings.namespace_prefix}{resource_id}"


def namespace_path(settings: CompileSettings, resource_id: str) -> str:
    """Its path, as Envoy's `network_namespace_filepath` wants it."""
    return f"{settings.namespace_folder}/{namespace_of(settings, resource_id)}"


def host_namespace_path(settings: CompileSettings) -> str:
    """The same for the host's own network. No socket goes without: Envoy's threads may be in another (docs/decisions/0022)."""
    return f"{settings.namespace_folder}/{settings.host_namespace}"
