"""What all tests of authorization share."""

import pytest
from tests.unit.runtime.authorize.signed_callers import NOW, At


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore signs with the time of `At`."""
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: At.moment.replace(tzinfo=None))
    monkeypatch.setattr(At, "moment", NOW)
