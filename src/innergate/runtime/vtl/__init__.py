"""The Velocity Template Language, as API Gateway's mapping templates use it (Apache Velocity 1.7 user guide and API Gateway
developer guide, "Mapping template reference").

`parser` makes nodes (`syntax`) of a text; `evaluate` runs them on a scope, with `readings` of their values; `java` gives values
the methods and the printed form that they have in Velocity; `budget` stops a template that runs away. Nothing outside the
values that are passed in is reachable: there is no reflection, no include, no macro.
"""

from innergate.runtime.vtl.budget import Budget, TemplateTooCostly
from innergate.runtime.vtl.evaluate import Program, render
from innergate.runtime.vtl.names_used import properties_used
from innergate.runtime.vtl.parser import TemplateSyntaxError, parse_template
from innergate.runtime.vtl.readings import TemplateFailed

__all__ = [
    "Budget",
    "Program",
    "TemplateFailed",
    "TemplateSyntaxError",
    "TemplateTooCostly",
    "parse_template",
    "properties_used",
    "render",
]
