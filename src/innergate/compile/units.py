"""Every family of units there is: the one table of what compile makes."""

from innergate.compile.family import Family

FAMILIES: tuple[Family, ...] = ()
