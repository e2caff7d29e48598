"""Every family of units there is: the one table of what compile makes."""

from innergate.compile.emit.dns import NAME_FAMILIES
from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.emit.functions import FUNCTION_FAMILIES
from innergate.compile.emit.network import NETWORK_FAMILIES
from innergate.compile.emit.runtime.principals import PRINCIPAL_FAMILIES
from innergate.compile.emit.runtime.trials import TRIAL_FAMILIES
from innergate.compile.family import Family

FAMILIES: tuple[Family, ...] = (
    *NETWORK_FAMILIES,
    *NAME_FAMILIES,
    *ENVOY_FAMILIES,
    *PRINCIPAL_FAMILIES,
    *FUNCTION_FAMILIES,
    *TRIAL_FAMILIES,
)
