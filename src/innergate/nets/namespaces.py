"""Network namespaces as files under /run/netns (as ip-netns(8) keeps them): make, remove, list, and be inside for a moment.

A thread's namespace is its own, so whoever goes inside does it in a thread that lives for that.
"""

import ctypes
import errno
import os
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

NAMESPACE_FOLDER = Path("/run/netns")
CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
MS_BIND = 4096
MS_REC = 16384
MS_SLAVE = 1 << 19
MNT_DETACH = 2

_libc = ctypes.CDLL(None, use_errno=True)

Found = TypeVar("Found")


def _check(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def unshare(flags: int) -> None:
    """unshare(2) of the calling thread. Raises OSError."""
    _check(_libc.unshare(flags), "unshare")


def set_namespace(descriptor: int, flags: int) -> None:
    """setns(2) of the calling thread. Raises OSError."""
    _check(_libc.setns(descriptor, flags), "setns")


def mount(source: str, target: str, flags: int, kind: str = "") -> None:
    """mount(2). Raises OSError."""
    _check(_libc.mount(source.encode(), target.encode(), kind.encode() or None, flags, None), f"mount {target}")


def unmount(target: str) -> None:
    """Lazily; nothing happens if it is no mount. Raises OSError."""
    if _libc.umount2(target.encode(), MNT_DETACH) != 0:
        code = ctypes.get_errno()
        if code not in (errno.EINVAL, errno.ENOENT):
            raise OSError(code, f"umount {target}: {os.strerror(code)}")


def path_of(namespace: str) -> Path:
    """Where the namespace's file is; Envoy opens the same."""
    return NAMESPACE_FOLDER / namespace


def run_in_thread(work: Callable[[], Found]) -> Found:
    """What `work` gives, done in a thread of its own; raises what it raises."""
    found: list[Found] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller
            failed.append(error)

    thread = threading.Thread(target=run, name="netns")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


def enter_thread(namespace: str) -> None:
    """Moves the calling thread into a namespace, for good. Raises OSError if it is not there."""
    descriptor = os.open(path_of(namespace), os.O_RDONLY | os.O_CLOEXEC)
    try:
        set_namespace(descriptor, CLONE_NEWNET)
    finally:
        os.close(descriptor)


def run_inside(namespace: str, work: Callable[[], Found]) -> Found:
    """What `work` gives, done inside a namespace."""

    def run() -> Found:
        enter_thread(namespace)
        return work()

    return run_in_thread(run)


def make_namespace(namespace: str) -> None:
    """Makes it anew; a dead file of that name is replaced. The calling thread ends up inside the new one."""
    path = path_of(namespace)
    NAMESPACE_FOLDER.mkdir(parents=True, exist_ok=True)
    if path.exists():
        remove_namespace(namespace)
    path.touch(0o444)
    try:
        unshare(CLONE_NEWNET)
        mount(f"/proc/self/task/{threading.get_native_id()}/ns/net", str(path), MS_BIND)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def remove_namespace(namespace: str) -> None:
    """Its file goes; the namespace itself when the last process and socket in it end. Idempotent."""
    path = path_of(namespace)
    unmount(str(path))
    path.unlink(missing_ok=True)


def name_own_namespace(name: str) -> bool:
    """Gives this process's own network a file under `name`; whether it had none, or another's. Raises OSError."""
    if is_own_namespace(name):
        return False
    path = path_of(name)
    NAMESPACE_FOLDER.mkdir(parents=True, exist_ok=True)
    remove_namespace(name)
    path.touch(0o444)
    try:
        mount("/proc/self/ns/net", str(path), MS_BIND)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return True


def is_own_namespace(namespace: str) -> bool:
    """Whether the name stands for this process's own network."""
    return identify_namespace(namespace) == os.stat("/proc/self/ns/net").st_ino


def list_namespaces(prefix: str) -> list[str]:
    """Names of ours, sorted."""
    if not NAMESPACE_FOLDER.is_dir():
        return []
    return sorted(entry.name for entry in NAMESPACE_FOLDER.iterdir() if entry.name.startswith(prefix))


def identify_namespace(namespace: str) -> int:
    """Its inode number, 0 if the file is gone or no namespace. Differs when somebody made it anew."""
    try:
        status = os.stat(f"{NAMESPACE_FOLDER}/{namespace}")
    except OSError:
        return 0
    return status.st_ino if status.st_dev == _device_of_namespaces() else 0


@cache
def _device_of_namespaces() -> int:
    return os.stat("/proc/self/ns/net").st_dev


def set_forwarding(is_router: bool) -> None:
    """Kernel settings of the calling thread's namespace: forwarding, no reverse path filter by default, no IPv6."""
    settings = {"ipv4/conf/all/rp_filter": "0", "ipv4/conf/default/rp_filter": "0"}
    settings |= {"ipv4/ip_forward": "1" if is_router else "0", "ipv6/conf/default/disable_ipv6": "1"}
    if is_router:
        settings["ipv6/conf/all/disable_ipv6"] = "1"
    for name, value in settings.items():
        file = Path("/proc/sys/net") / name
        if name.startswith("ipv4") or file.exists():
            file.write_text(value)


def is_forwarding() -> bool:
    """Whether the calling thread's namespace is a router."""
    return Path("/proc/sys/net/ipv4/ip_forward").read_text().strip() == "1"
