"""`innergate render`: what a mapping template gives, without any API."""

import json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from innergate.cli.output import complain

Pairs = Annotated[tuple[str, ...], Parameter(help="NAME=VALUE; may be repeated.")]


def render(
    template: Annotated[str, Parameter(help="A file with the template; - reads it from standard input.")],
    /,
    *,
    input: Annotated[str, Parameter(help="A file with the body that $input sees; {} by default.")] = "",
    path: Pairs = (),
    query: Pairs = (),
    header: Pairs = (),
    variable: Pairs = (),
    context: Annotated[str, Parameter(help="A file with the JSON object behind $context.")] = "",
) -> int:
    """Render a mapping template as API Gateway would; overrides go to standard error."""
    from innergate.runtime.mapping.render_mapping import MappingFailed, render_mapping
    from innergate.runtime.mapping.template_scope import Parameters, TemplateValues

    parameters = Parameters(_pairs(path), _pairs(query), _pairs(header))
    facts = json.loads(Path(context).read_text()) if context else {}
    values = TemplateValues(Path(input).read_text() if input else "{}", parameters, facts, _pairs(variable))
    text = sys.stdin.read() if template == "-" else Path(template).read_text()
    try:
        rendered = render_mapping(text, values)
    except MappingFailed as failure:
        complain(f"the template fails, and a call would get 500: {failure}")
        return 1
    sys.stdout.write(rendered.text)
    overrides = {name: value for name, value in rendered.overrides._asdict().items() if value}
    if overrides:
        sys.stderr.write(f"overrides: {json.dumps(overrides)}\n")
    return 0


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in given)
