"""Becomes one process of a function, shut off from the machine. Run as a script; it knows the standard library only.

In order: namespaces, a loopback listener for the Runtime API (its descriptor goes to the supervisor), a root of its own in
memory, limits, an unprivileged user, the runtime. Where the machine allows no namespaces, only the limits are left, and the
supervisor is told.
"""

import ctypes
import errno
import fcntl
import json
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x08000000, 0x20000000, 0x40000000
CLONE_NEWUSER = 0x10000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_SET_NO_NEW_PRIVS = 1, 24, 28, 38
NOROOT_LOCKED, NO_SETUID_FIXUP_LOCKED = 0b11, 0b1100
LAST_CAPABILITY = 63
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
LOAD, IF_EQUAL, IF_AT_LEAST, IF_HAS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, ERROR, FOREIGN_NUMBERS = 0x7FFF0000, 0x00050000, 0x40000000
SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8914, 0x41
FAILED = 125
CLIENT = "/var/runtime/index.mjs"
SYSTEM_FOLDERS = ("usr", "bin", "sbin", "lib", "lib64", "lib32", "libx32")
SYSTEM_FILES = (
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "group",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "passwd",
    "pki",
    "protocols",
    "services",
    "ssl",
)
DEVICES = ("null", "zero", "full", "random", "urandom")


class SystemCalls(NamedTuple):
    """Numbers of a machine: `forbidden` are unshare, setns, shmget, msgget, add_key, request_key, keyctl, bpf, perf_event_open
    and userfaultfd; `absent` are clone3, memfd_create, memfd_secret and io_uring_setup, which programs can do without."""

    architecture: int
    clone: int
    forbidden: tuple[int, ...]
    absent: tuple[int, ...]


SYSTEM_CALLS = {
    "x86_64": SystemCalls(0xC000003E, 56, (272, 308, 29, 68, 248, 249, 250, 321, 298, 323), (435, 319, 447, 425)),
    "aarch64": SystemCalls(0xC00000B7, 220, (97, 268, 194, 186, 217, 218, 219, 280, 241, 282), (435, 279, 447, 425)),
}

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def mount(source: str, target: Path, flags: int, kind: str = "", options: str = "") -> None:
    """mount(2). Raises OSError."""
    arguments = (source.encode(), str(target).encode(), kind.encode() or None, flags, options.encode() or None)
    _check(_libc.mount(*arguments), f"mount {target}")


def unshare(flags: int) -> None:
    """unshare(2). Raises OSError."""
    _check(_libc.unshare(flags), "unshare")


def enter_network(path: str) -> None:
    """Moves into the network namespace of a file. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    _check(_libc.setns(descriptor, CLONE_NEWNET), "setns")
    os.close(descriptor)


def raise_loopback() -> None:
    """Brings `lo` up in a fresh network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP_RUNNING))


def become_root_of_nothing() -> None:
    """A user namespace in which this user is root, so that the others can be had. Raises OSError."""
    user, group = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")


def separate(namespace: str) -> str:
    """Leaves the machine's namespaces; "" or why it could not."""
    try:
        if os.geteuid() != 0:
            become_root_of_nothing()
        if namespace:
            enter_network(namespace)
            unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWPID)
        else:
            unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET)
            raise_loopback()
        mount("none", Path("/"), MS_REC | MS_PRIVATE)
    except OSError as error:
        if namespace:
            raise
        return str(error)
    return ""


def build_root(root: Path, spec: Mapping[str, Any]) -> None:
    """A file system of its own at `root`: the system read-only, the code, a /tmp. Raises OSError."""
    mount("tmpfs", root, MS_NOSUID | MS_NODEV, "tmpfs", "size=4m,mode=755")
    for name in SYSTEM_FOLDERS:
        origin = Path("/") / name
        if origin.is_symlink():
            (root / name).symlink_to(os.readlink(origin))
        elif origin.is_dir():
            _bind(origin, root / name)
    (root / "tmp").mkdir()
    mount("tmpfs", root / "tmp", MS_NOSUID | MS_NODEV, "tmpfs", f"size={spec['ephemeral_mb']}m,mode=1777")
    for origin in map(Path, spec["folders"]):  # they may lie below /tmp themselves
        if not _is_below_system(origin):
            _bind(origin, root / origin.relative_to("/"))
    (root / "etc").mkdir()
    for name in SYSTEM_FILES:
        origin = Path("/etc") / name
        if origin.exists():
            _bind(origin.resolve(), root / "etc" / name)
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost\n")
    resolver = Path(spec["resolver"]) if spec["resolver"] else None
    (root / "etc" / "resolv.conf").write_text(resolver.read_text() if resolver and resolver.exists() else "")
    (root / "dev").mkdir()
    for name in DEVICES:
        _bind(Path("/dev") / name, root / "dev" / name, is_read_only=False)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        (root / "dev" / name).symlink_to(f"/proc/self/fd{target}")
    for name in ("proc", "var/task", "opt", "var/runtime"):
        (root / name).mkdir(parents=True, exist_ok=True)
    _bind(Path(spec["code"]), root / "var/task")
    if spec["layers"]:
        _bind(Path(spec["layers"]), root / "opt")
    if spec["client"]:
        _bind(Path(spec["client"]), root / CLIENT.lstrip("/"))


def _is_below_system(path: Path) -> bool:
    return len(path.parts) > 1 and path.parts[1] in SYSTEM_FOLDERS


def _bind(origin: Path, target: Path, is_read_only: bool = True) -> None:
    if origin.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    mount(str(origin), target, MS_BIND | MS_REC)
    if is_read_only:
        flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID
        try:
            mount("none", target, flags | MS_NODEV)
        except OSError:
            mount("none", target, flags)


def change_root(root: Path) -> None:
    """Makes `root` the root, and takes the old one away. Raises OSError."""
    old = root / ".old"
    old.mkdir()
    _check(_libc.pivot_root(str(root).encode(), str(old).encode()), "pivot_root")
    os.chdir("/")
    _check(_libc.umount2(b"/.old", MNT_DETACH), "umount")
    os.rmdir("/.old")


def limit(spec: Mapping[str, Any]) -> None:
    """Memory, files, processes; no core files."""
    memory = int(spec["data_mb"]) << 20
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for kind, wanted in ((resource.RLIMIT_NOFILE, 1024), (resource.RLIMIT_NPROC, 1024)):
        hard = resource.getrlimit(kind)[1]
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (most, most))


def drop_privileges(user: int) -> None:
    """Becomes `user`, or, inside a user namespace that has no other, a root without any power."""
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.geteuid() != 0:
        return
    try:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    except OSError:
        _libc.prctl(PR_SET_SECUREBITS, NOROOT_LOCKED | NO_SETUID_FIXUP_LOCKED, 0, 0, 0)
        for number in range(LAST_CAPABILITY + 1):
            _libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
        header, nothing = struct.pack("Ii", 0x20080522, 0), bytes(24)
        _check(_libc.capset(header, nothing), "capset")


def refuse_calls() -> None:
    """System calls that lead around the limits: user namespaces, in which a process could mount what it likes, and memory that
    is no process's. Where the machine's numbers are not known, all stay allowed."""
    known = SYSTEM_CALLS.get(os.uname().machine)
    if known is None or sys.byteorder != "little":
        return
    program = [(LOAD, 0, 0, 4), (IF_EQUAL, 1, 0, known.architecture), (RETURN, 0, 0, ERROR | errno.EPERM)]
    program += [(LOAD, 0, 0, 0), (IF_AT_LEAST, 0, 1, FOREIGN_NUMBERS), (RETURN, 0, 0, ERROR | errno.EPERM)]
    for numbers, code in ((known.forbidden, errno.EPERM), (known.absent, errno.ENOSYS)):
        for number in numbers:
            program += [(IF_EQUAL, 0, 1, number), (RETURN, 0, 0, ERROR | code)]
    program += [(IF_EQUAL, 0, 3, known.clone), (LOAD, 0, 0, 16), (IF_HAS, 0, 1, CLONE_NEWUSER)]
    program += [(RETURN, 0, 0, ERROR | errno.EPERM), (RETURN, 0, 0, ALLOW)]
    code_bytes = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    whole = struct.pack("HP", len(program), ctypes.addressof(code_bytes))
    _check(_libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, whole, 0, 0), "seccomp")


def run(channel: socket.socket, spec: Mapping[str, Any]) -> int:
    """Starts the runtime and waits for its end; its exit code, 128 + N for signal N."""
    die_with_parent()
    os.umask(0o022)
    reason = separate(spec["namespace"])
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        hello = json.dumps({"address": address, "shared": reason}).encode() + b"\n"
        socket.send_fds(channel, [hello], [listener.fileno()])
    pid = os.fork()
    if pid == 0:
        channel.close()
        become(spec, not reason, address)
    channel.sendall(json.dumps({"pid": pid}).encode() + b"\n")
    channel.close()
    return wait_for(pid)


def wait_for(pid: int) -> int:
    """The exit code of a child, 128 + N for signal N; other children that end meanwhile are taken away."""
    while True:
        ended, status = os.wait()
        if ended == pid:
            return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def die_with_parent() -> None:
    """Ends this process when the one that made it ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def become(spec: Mapping[str, Any], is_separate: bool, address: str) -> NoReturn:
    """The child: goes in, and stays as the first process there, the runtime being its child."""
    folder, client = "/var/task", CLIENT
    try:
        if is_separate:
            root = Path(spec["root"])
            build_root(root, spec)
            try:
                mount("proc", root / "proc", MS_NOSUID | MS_NODEV, "proc")
            except OSError as error:
                print(f"no /proc: {error}", file=sys.stderr)
            change_root(root)
        else:
            folder, client = spec["code"], spec["client"]
        os.chdir(folder)
        limit(spec)
        drop_privileges(int(spec["user"]))
        refuse_calls()
        die_with_parent()
        pid = os.fork()
        if pid != 0:
            os._exit(wait_for(pid))
        die_with_parent()
        environment = {**spec["environment"], "AWS_LAMBDA_RUNTIME_API": address, "LAMBDA_TASK_ROOT": folder}
        command = [part.replace("{task}", folder).replace("{client}", client) for part in spec["command"]]
        os.execve(command[0], command, environment)
    except OSError as error:
        print(f"the function's process cannot start: {error}", file=sys.stderr, flush=True)
    os._exit(FAILED)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as sandbox_channel:
        sandbox_channel.set_inheritable(False)  # what a function said there would be taken for the sandbox's word
        sys.exit(run(sandbox_channel, json.load(sys.stdin)))
