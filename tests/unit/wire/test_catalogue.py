import pytest

from innergate.wire import catalogue
from innergate.wire.catalogue import SERVICES
from innergate.wire.protocols import PROTOCOLS


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_table_agrees_with_the_model(service: str) -> None:
    entry, metadata = SERVICES[service], catalogue.load(service).metadata
    assert entry.api_version == metadata["apiVersion"]
    assert entry.signing_name == metadata.get("signingName", metadata["endpointPrefix"])
    if "json" in entry.protocols:
        assert entry.target_prefix == metadata["targetPrefix"]
    assert set(entry.protocols) <= set(metadata.get("protocols", [metadata["protocol"]]))
    assert set(entry.protocols) <= PROTOCOLS.keys()


def test_models_are_loaded_once_and_unknown_names_are_errors() -> None:
    assert catalogue.load("sts") is catalogue.load("sts")
    assert catalogue.find_operation("sts", "Nothing") is None
    with pytest.raises(KeyError):
        catalogue.load("s3")
