"""How a version's process is started: its command, its environment variables, the folders that it sees.

Source: Lambda Developer Guide, "Defined runtime environment variables".
"""

import shutil
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from innergate.runtime.functions.invocations import Target

NODE_CLIENT = Path(__file__).with_name("node_client.mjs")
LOOSE_DATA_MB = 512
"""What a runtime other than Python's may map beyond its memory: threads' stacks, compilers' arenas. What it really uses is
watched."""


def command_of(target: Target) -> list[str]:
    """`{task}` stands for the folder with the code, `{client}` for the runtime's client."""
    # AWS differs: all runtimes python3.x run with the interpreter that runs the platform, all nodejs with the machine's node.
    version = target.version
    if version.runtime.startswith("python"):
        return [sys.executable, "-m", "awslambdaric", version.handler]
    if version.runtime.startswith("nodejs"):
        return [find_node() or "node", f"--max-old-space-size={version.memory_mb * 9 // 10}", "{client}"]
    return ["{task}/bootstrap"]


def find_node() -> str:
    """The machine's Node.js, "" where it has none."""
    return shutil.which("node") or ""


def missing_entry_point(target: Target, code: Path) -> str:
    """Why the version cannot be started, "" if it can."""
    runtime = target.version.runtime
    if runtime.startswith("nodejs"):
        return "" if find_node() else "This machine has no command named node"
    if runtime.startswith("python") or (code / "bootstrap").is_file():
        return ""
    return "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"


def variables_of(target: Target, stream: str) -> dict[str, str]:
    """The process's environment, without what the sandbox adds (the Runtime API's address, the code's folder)."""
    version, plan = target.version, target.plan
    variables = {
        **version.environment,
        "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "_HANDLER": version.handler,
        "AWS_REGION": plan.region,
        "AWS_DEFAULT_REGION": plan.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{version.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": plan.name,
        "AWS_LAMBDA_FUNCTION_VERSION": version.number,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(version.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": version.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if version.layers:
        site = f"/opt/python/lib/{version.runtime}/site-packages"
        variables |= {
            "LD_LIBRARY_PATH": "/var/task/lib:/opt/lib",
            "PYTHONPATH": f"{site}:/opt/python",
            "NODE_PATH": "/opt/nodejs/node_modules",
        }
    for name in ("PATH", "LANG", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "NODE_PATH"):
        if name in version.environment:
            variables[name] = version.environment[name]
    if version.log_format == "JSON":
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = version.application_log_level or "INFO"
    if version.credentials is not None:
        variables["AWS_ACCESS_KEY_ID"] = version.credentials.access_key_id
        variables["AWS_SECRET_ACCESS_KEY"] = version.credentials.secret_access_key
        variables["AWS_SESSION_TOKEN"] = version.credentials.session_token
    return variables


def folders_of(runtime: str) -> list[str]:
    """What a runtime needs of the machine besides the system's own folders."""
    if runtime.startswith("python"):
        return interpreter_folders()
    node = find_node() if runtime.startswith("nodejs") else ""
    return sorted({str(Path(node).parent), str(Path(node).resolve().parent)}) if node else []


def interpreter_folders() -> list[str]:
    """What a Python function needs of this interpreter, as it is named and as it really is."""
    named = {sys.prefix, sys.base_prefix, sys.exec_prefix, sysconfig.get_path("purelib"), sysconfig.get_path("stdlib")}
    folders = sorted({str(Path(name)) for name in named} | {str(Path(name).resolve()) for name in named})
    return [folder for folder in folders if not any(folder.startswith(f"{other}/") for other in folders)]


def sandbox_spec(target: Target, places: Mapping[str, Path | None], stream: str, user: int) -> dict[str, object]:
    """What the sandbox is told. `places`: `code` and `layers` (or None), unpacked; `root`, an empty folder to mount on;
    `resolver`, a resolv.conf or None. `user` is the id that the process has."""
    version = target.version
    return {
        "namespace": f"/run/netns/{version.namespace}" if version.namespace else "",
        "folders": folders_of(version.runtime),
        "client": str(NODE_CLIENT) if version.runtime.startswith("nodejs") else "",
        "resolver": str(places["resolver"] or ""),
        "root": str(places["root"]),
        "code": str(places["code"]),
        "layers": str(places["layers"] or ""),
        "ephemeral_mb": version.ephemeral_mb,
        "data_mb": version.memory_mb + (0 if version.runtime.startswith("python") else LOOSE_DATA_MB),
        "user": user,
        "environment": variables_of(target, stream),
        "command": command_of(target),
    }
