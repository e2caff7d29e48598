"""A property that is computed when it is first read. Before Python 3.12 the standard library's takes a lock each time, which
costs more than most of what is computed so."""

from collections.abc import Callable
from typing import Generic, TypeVar, final, overload

Owner = TypeVar("Owner")
Value = TypeVar("Value")


@final
class once(Generic[Value]):  # noqa: N801 - reads as a decorator
    """Keeps the value in the instance, where it is found first from then on. Not for several threads."""

    def __init__(self, compute: Callable[[Owner], Value]) -> None:
        self._compute: Callable[..., Value] = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "once[Value]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...
    def __get__(self, instance: object, owner: type) -> "Value | once[Value]":
        if instance is None:
            return self
        value = self._compute(instance)
        instance.__dict__[self._name] = value
        return value
