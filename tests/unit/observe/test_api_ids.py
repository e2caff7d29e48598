"""Who names an API that is not there is told which are."""

import pytest

from innergate.observe.api_ids import SHOWN_APIS, check_api
from innergate.primitives.no_such_thing import NoSuchThing
from innergate.testing.scenario import Scenario


def test_a_known_api_passes_and_an_unknown_one_is_told_what_there_is(s: Scenario) -> None:
    with pytest.raises(NoSuchThing, match=r"there is no API 'abc'\. There are: none yet$"):
        check_api(s.state, "abc")
    api, _ = s.private_api(None, policy="{}")
    check_api(s.state, api.id)
    with pytest.raises(NoSuchThing, match=rf"there is no API 'abc'. There are: {api.id} \(api\)$"):
        check_api(s.state, "abc")


def test_a_long_list_is_cut(s: Scenario) -> None:
    for _ in range(SHOWN_APIS + 2):
        s.private_api(None, policy="{}")
    with pytest.raises(NoSuchThing, match=r"and 2 more$") as told:
        check_api(s.state, "abc")
    assert str(told.value).count("(api)") == SHOWN_APIS
