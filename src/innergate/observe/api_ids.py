"""An API that somebody names by a wrong id: which there are."""

from typing import Protocol

from innergate.primitives.no_such_thing import NoSuchThing
from innergate.resources.rest_apis import RestApi

SHOWN_APIS = 10


class Apis(Protocol):
    """What is asked; a store's State and its transactions are such."""

    def get(self, cls: type[RestApi], id: str) -> RestApi | None:
        """The API, or None."""
        ...

    def all(self, cls: type[RestApi]) -> tuple[RestApi, ...]:
        """Every API."""
        ...


def check_api(apis: Apis, api_id: str) -> None:
    """Raises NoSuchThing where there is no such API, and says which there are."""
    if apis.get(RestApi, api_id) is not None:
        return
    there = apis.all(RestApi)
    known = [f"{api.id} ({api.name})" for api in there[:SHOWN_APIS]]
    if len(there) > SHOWN_APIS:
        known.append(f"and {len(there) - SHOWN_APIS} more")
    raise NoSuchThing(f"there is no API {api_id!r}. There are: {', '.join(known) or 'none yet'}")
