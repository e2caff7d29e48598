"""The pages of `docs/reference`, made from the code.

`scripts/make-reference` writes them, `tests/unit/test_docs.py` compares.
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import botocore.session
from cyclopts import App, Parameter

from innergate.cli.main import app
from innergate.compile.emit.envoy import gateway_answers
from innergate.compile.emit.envoy.gateway_answers import RouteAnswer
from innergate.compile.emit.envoy.local_replies import ANSWERS, GatewayAnswer
from innergate.nets.state_folder import StateFolder
from innergate.server.settings import Settings
from innergate.services.tables import SERVICE_TABLES
from innergate.wire.catalogue import find_operation

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
MADE = "<!-- Made by scripts/make-reference. Do not edit. -->\n"


class Command(NamedTuple):
    """A command of the CLI as a user types it, and the function that does it."""

    name: str
    run: Callable[..., object]


def list_commands(of: App = app, prefix: str = "innergate") -> Iterator[Command]:
    """Every command, in the order in which the CLI registers them; groups are opened."""
    for name in of:
        if name.startswith("-"):
            continue
        found = of[name]
        if found.default_command is not None:
            yield Command(f"{prefix} {name}", found.default_command)
        else:
            yield from list_commands(found, f"{prefix} {name}")


def list_operations(service: str) -> tuple[str, ...]:
    """Every operation that botocore's model of a service has."""
    return tuple(botocore.session.get_session().get_service_model(service).operation_names)


def make_commands() -> str:
    """`commands.md`."""
    lines = [MADE, "# Commands\n"]
    lines.append("`INNERGATE_STATE` names the state folder for every command that has `--state`.\n")
    lines.append(
        "Exit codes: 0 it worked; 1 a refusal, or a call that would not work (`path`, `simulate`), or not ready"
    )
    lines.append(
        "(`status`); 2 wrong usage; 3 no platform runs on the state folder. `exec` and `run` give the command's own.\n"
    )
    for command in list_commands():
        lines += [f"## {command.name}\n", f"{_first_paragraph(command.run)}\n"]
        rows = list(_option_rows(command.run))
        if rows:
            lines += [*_table(("argument", "what", "default"), rows), ""]
    return _page(lines)


def _option_rows(run: Callable[..., object]) -> Iterator[tuple[str, str, str]]:
    hints = get_type_hints(run, include_extras=True)
    for parameter in inspect.signature(run).parameters.values():
        options = [m for m in getattr(hints[parameter.name], "__metadata__", ()) if isinstance(m, Parameter)]
        text = next((o.help for o in options if o.help), "")
        names = next((list(o.name) for o in options if o.name), None)
        default = "" if parameter.default in (inspect.Parameter.empty, "", False, ()) else f"`{parameter.default}`"
        match parameter.kind:
            case inspect.Parameter.VAR_POSITIONAL:
                shown = "`-- COMMAND…`"
            case inspect.Parameter.KEYWORD_ONLY:
                option = names[0] if names else f"--{parameter.name.replace('_', '-')}"
                needed = " (needed)" if parameter.default is inspect.Parameter.empty else ""
                shown = f"`{option}`{needed}"
            case _:
                shown = f"`{parameter.name.upper()}`"
        yield shown, text or "", default


def make_operations() -> str:
    """`operations.md`."""
    tables = {service: tuple(sorted(table)) for service, table in sorted(SERVICE_TABLES.items())}
    lines = [MADE, "# Operations\n"]
    lines.append(
        "What is there, and what is not: a call of a missing operation answers so in one sentence. An operation that is"
    )
    lines.append(
        "there checks and keeps what AWS does; what it means to traffic is in [the README](../../README.md).\n"
    )
    rows = []
    for service, done in tables.items():
        every = list_operations(service)
        rows.append((f"[{service}](#{service})", str(len(done)), str(len(every) - len(done))))
    lines += [*_table(("service", "there", "missing"), rows), ""]
    for service, done in tables.items():
        reasons = read_ratchet(service)
        missing = [name for name in list_operations(service) if name not in SERVICE_TABLES[service]]
        lines += [f"## {service}\n", "There:\n", f"{', '.join(done)}\n"]
        if missing:
            lines += ["<details><summary>Missing</summary>\n"]
            explained = [name for name in missing if reasons.get(name)]
            plain = [name for name in missing if not reasons.get(name)]
            lines += [f"- {name}: {reasons[name]}" for name in explained]
            lines += ["", ", ".join(plain), "", "</details>\n"]
    return _page(lines)


def read_ratchet(service: str) -> Mapping[str, str]:
    """The missing operations of a service as its ratchet lists them, with their reasons ("" for none)."""
    lines = (ROOT / "tests" / "ratchets" / f"{service}_missing.txt").read_text().splitlines()
    pairs = (line.partition("#") for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): reason.strip() for name, _, reason in pairs}


STATE_FILES: Mapping[str, str] = {
    "store.sqlite": "every resource, the change log, observations; what must be kept",
    "store.acknowledged": "the last revision that was acknowledged, so that a state which lacks some of it is not opened",
    "start.cache": "what the next start takes over of what this run compiled; it may be deleted at any time",
    "logs.sqlite": "log events: access logs of stages and what clients put into log groups",
    "metrics.sqlite": "metric points of the last 15 days: API Gateway's own and what clients put into CloudWatch",
    "usage.sqlite": "calls of API keys that count against quotas, day by day",
    "NAME.damaged-N": "what one of these three was when it could not be read; delete it when you no longer want it",
    "blobs": "the code of functions, a zip file each, by digest",
    "truststores": "truststores of mutual TLS that the operator puts there: `BUCKET/KEY` is `s3://BUCKET/KEY`",
    "function-events/": "asynchronous invocations that are not done yet, a file each",
    "pki/": "the platform's certificate authority: its key, its certificate",
    "ca-bundle.pem": "that certificate together with the machine's trusted ones; `innergate exec` points clients at it",
    "log/": "logs of every process: `control.log` and `agent.log` (JSON lines), `envoy.log`",
    "log/access/": "access logs as Envoy writes them",
    "log/envoy.log": "Envoy's own log",
    "log/access/failures.log": "a line an answer of 400 or more, for `innergate why`; with the file before it about 64 MiB",
    "log/access/metrics.log": "a short line a request, until control has counted it into `metrics.sqlite`",
    "log/execution/": "execution logs, a file for each worker, until control has taken them into `logs.sqlite`",
    "log/functions/counts.jsonl": "how often functions were called, until control has counted it into `metrics.sqlite`",
    "log/functions/lines.jsonl": "what functions print, until control has taken it into `logs.sqlite`",
    "log/functions.log": "the functions' supervisor's own log",
    "log/agent.log": "the agent's log, a JSON line an event",
    "log/workloads/ID.log": "what the command of a host that was started with `run --detach` prints",
    "run/": "sockets and records of running processes; gone or stale after a stop",
    "run/control.sock": "where the CLI talks to the control process; who may open it is the operator",
    "run/node.sock": "where the agent connects to the control process",
    "run/xds.sock": "where Envoy connects to the control process",
    "run/documents": "what the runtime's workers and the functions' supervisor read, a file a stage or function",
    "run/egress.sock": "where Envoy takes the calls that the runtime's workers make to backends",
    "run/front.sock": "the AWS front for the runtime's workers, which call services for AWS integrations",
    "run/functions.sock": "where the functions' supervisor is asked to invoke",
    "run/functions/": "unpacked packages of functions",
    "run/envoy-admin.sock": "Envoy's admin interface",
    "run/envoy.json": "the configuration that Envoy starts with",
    "run/envoy.pid.json": "the running Envoy",
    "run/health.jsonl": "what Envoy's health checks saw; the agent reads it",
    "run/plan.msgpack": "the last plan that the agent took over: what it makes again while control is away",
    "run/namespaces": "every network namespace that this folder's agents made",
    "run/agent.json": "the running agent",
    "run/folder": "which folder of the machine `run/` is: in a copy, what else is here is another's and is forgotten",
    "run/agent.lock": "held by the running agent, so that there is one",
    "run/holder.json": "without root: the process that keeps the node's namespaces",
    "run/resolv/NAMESPACE.conf": "the `resolv.conf` of commands in a host's namespace",
    "run/workloads/ID.json": "the running command of a host",
}


def list_state_paths() -> frozenset[str]:
    """Every path below the state folder that the code has a name for, as STATE_FILES writes it."""
    root = Path("/S")
    settings, folder = Settings(root, "127.0.0.1", 0), StateFolder(root)
    paths = set()
    for owner in (settings, folder):
        for name, member in inspect.getmembers(type(owner), lambda m: isinstance(m, property)):
            value = member.fget(owner) if member.fget else name
            if isinstance(value, Path):
                paths.add(value)
    paths |= {folder.resolver_file("NAMESPACE"), folder.workload_record("ID"), folder.workload_log("ID")}
    return frozenset(
        str(path.relative_to(root)) + ("/" if path.name in ("log", "run", "access") else "")
        for path in paths
        if path != root
    )


def make_state_folder() -> str:
    """`state-folder.md`."""
    lines = [MADE, "# The state folder\n"]
    lines.append(
        "`~/.innergate`, or what `--state` or `INNERGATE_STATE` name. Only its owner may look into it. To move or to save"
    )
    lines.append("a platform: stop it, and copy the folder; `run/` may be left out.\n")
    lines += [*_table(("path", "what"), [(f"`{path}`", what) for path, what in STATE_FILES.items()]), ""]
    return _page(lines)


DIAGNOSTICS: Mapping[str, str] = {
    "Unsupported": "the resource asks for something that Innergate does not do yet; the message says what happens instead",
    "Unreachable": "a method's path to its backend is refused (see `innergate path`), or its service has no endpoint or role",
    "PolicyInexact": "a policy's condition cannot be told by Envoy; it is compiled so that it refuses rather than admits",
    "CompileFailure": "a bug: a unit failed; its last good output stays in force",
    "Conflict": "a bug: two units made different things under one name; the first one's counts",
}


def list_diagnostic_codes() -> frozenset[str]:
    """Every code of a diagnostic in the code of compile."""
    sources = (ROOT / "src" / "innergate" / "compile").rglob("*.py")
    return frozenset(code for source in sources for code in re.findall(r'code="(\w+)"', source.read_text()))


def make_messages() -> str:
    """`messages.md`."""
    lines = [MADE, "# Messages\n", "## What a caller of an API gets from the gateway itself\n"]
    lines.append(
        "Each carries `x-amzn-requestid`, `x-amz-apigw-id` and `x-amzn-errortype`. `ARN` stands for the called resource, its"
    )
    lines.append("account masked but for four digits.\n")
    rows = [_answer_row(answer) for answer in list_gateway_answers()]
    lines += [*_table(("status", "x-amzn-errortype", "body", "gateway response type"), sorted(set(rows))), ""]
    lines += ["## Diagnostics\n", "`innergate diagnostics` lists what was left out of the plans, and why.\n"]
    lines += [*_table(("code", "meaning"), [(f"`{code}`", text) for code, text in DIAGNOSTICS.items()]), ""]
    lines += ["## Refusals\n"]
    lines.append(
        "`innergate status` shows what Envoy or the agent said no to, in their own words; everything else of that"
    )
    lines.append("revision is live.\n")
    return _page(lines)


def list_gateway_answers() -> list[RouteAnswer | GatewayAnswer]:
    """Every answer that the gateway makes itself."""
    of_routes = [value for value in vars(gateway_answers).values() if isinstance(value, RouteAnswer)]
    return [*of_routes, *ANSWERS]


def _answer_row(answer: RouteAnswer | GatewayAnswer) -> tuple[str, str, str, str]:
    body = answer.body if isinstance(answer, GatewayAnswer) else f'{{"message":"{answer.message}"}}'
    readable = re.sub(r"resource: %METADATA.*?%(?= with|\"\}$)", "resource: ARN", body)
    return str(answer.status), f"`{answer.error_type}`", f"`{readable}`", answer.response_type


def make_differences() -> str:
    """`aws-differences.md`."""
    lines = [MADE, "# Where AWS differs\n"]
    lines.append("From remarks in the code. Missing operations are in [operations](operations.md).\n")
    for source in sorted((ROOT / "src" / "innergate").rglob("*.py")):
        name = source.relative_to(ROOT)
        lines += [f"- {remark} (`{name}`)" for remark in read_remarks(source.read_text())]
    return _page([*lines, ""])


def read_remarks(text: str) -> Iterator[str]:
    """The remarks of a source that begin with `# AWS differs:`, each with the comment lines that follow."""
    found: list[str] = []
    for line in [*text.splitlines(), ""]:
        stripped = line.strip()
        if stripped.startswith("# AWS differs:"):
            if found:
                yield " ".join(found)
            found = [stripped.removeprefix("# AWS differs:").strip()]
        elif found and stripped.startswith("#"):
            found.append(stripped.removeprefix("#").strip())
        elif found:
            yield " ".join(found)
            found = []


def make_settings() -> str:
    """`settings.md`."""
    up = next(command for command in list_commands() if command.name == "innergate up")
    lines = [MADE, "# Settings\n", "## `innergate up`\n"]
    lines += [*_table(("option", "what", "default"), list(_option_rows(up.run))), ""]
    lines += ["## Environment\n"]
    rows = [
        ("`INNERGATE_STATE`", "the state folder of every command"),
        (
            "`AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`",
            "printed by `innergate env` for AWS clients",
        ),
        (
            "`SSL_CERT_FILE`, `CURL_CA_BUNDLE`, `REQUESTS_CA_BUNDLE`, `AWS_CA_BUNDLE`, `NODE_EXTRA_CA_CERTS`",
            "set by `innergate exec` and `innergate run`, so that clients trust the platform's certificates",
        ),
    ]
    lines += [*_table(("variable", "what"), rows), ""]
    lines += ["## Pages of the AWS front\n"]
    pages = [
        ("`GET /_innergate/health`", "answers 200 while the front runs"),
        ("`POST /_innergate/reset`", "empties the state; in `--auth open` only"),
    ]
    lines += [*_table(("request", "what"), pages), ""]
    return _page(lines)


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": make_commands,
    "operations.md": make_operations,
    "settings.md": make_settings,
    "state-folder.md": make_state_folder,
    "messages.md": make_messages,
    "aws-differences.md": make_differences,
}


def _first_paragraph(run: Callable[..., object]) -> str:
    return " ".join((inspect.getdoc(run) or "").split("\n\n")[0].split())


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    head = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return [*head, *(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)]


def _page(lines: list[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def is_operation(name: str) -> bool:
    """Whether some served service has an operation of that name in its model."""
    return any(find_operation(service, name) is not None for service in SERVICE_TABLES)


def main(arguments: list[str]) -> Any:
    """Writes the pages; `--check` only says which differ."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    stale = [name for name, make in PAGES.items() if not _is_written(name, make())]
    if "--check" in arguments:
        for name in stale:
            sys.stderr.write(f"docs/reference/{name} is stale: run scripts/make-reference\n")
        return 1 if stale else 0
    for name in stale:
        (FOLDER / name).write_text(PAGES[name]())
        sys.stdout.write(f"wrote docs/reference/{name}\n")
    return 0


def _is_written(name: str, text: str) -> bool:
    path = FOLDER / name
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
