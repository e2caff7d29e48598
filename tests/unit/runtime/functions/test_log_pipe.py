"""What a process prints: lines to the file, the end of them to whoever asks."""

import asyncio
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from innergate.runtime.functions.log_file import LogFile, LogRecord, LogTarget
from innergate.runtime.functions.log_pipe import MAX_KEPT_BYTES, MAX_LINES_OF_A_READ, READ_BYTES, LogPipe

F_SETPIPE_SZ = 1031
TARGET = LogTarget("000000000001", "us-east-1", "group", "stream")


def test_of_what_an_invocation_says_the_end_is_kept(tmp_path: Path) -> None:
    async def run() -> tuple[bytes, bytes]:
        file = LogFile(tmp_path / "lines.jsonl")
        pipe = LogPipe(file, TARGET)
        pipe.begin("START\n")
        for number in range(4 * MAX_KEPT_BYTES // 16):
            os.write(pipe.writer, b"%15d\n" % number)
            if number % 1000 == 0:
                pipe.drain()
        pipe.drain()
        long = pipe.flush()
        pipe.begin("START again\n")
        short = pipe.flush()
        pipe.close()
        file.close()
        return long, short

    long, short = asyncio.run(run())
    assert len(long) == MAX_KEPT_BYTES
    assert long.endswith(b"%15d\n" % (4 * MAX_KEPT_BYTES // 16 - 1))
    assert short == b"START again\n"


@contextmanager
def printing(descriptor: int, text: bytes) -> Iterator[None]:
    """A process that writes as fast as it is read from."""
    code = f"import os\nos.set_blocking(1, True)\nwhile True: os.write(1, {text!r} * 64)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=descriptor) as process:
        try:
            yield
        finally:
            process.kill()


def test_cases_76_86_who_never_stops_printing_holds_up_nobody(tmp_path: Path) -> None:
    """The report of an invocation takes what was printed up to then; a thread of the function may go on for ever."""

    async def run() -> float:
        file = LogFile(tmp_path / "lines.jsonl")
        pipe = LogPipe(file, TARGET)
        with printing(pipe.writer, b"\n" * 1024):
            await asyncio.sleep(0.3)
            began = time.thread_time()
            pipe.drain()
            took_s = time.thread_time() - began
        pipe.close()
        pipe.close_writer()
        file.close()
        return took_s

    assert asyncio.run(run()) < 2


def test_cases_76_86_empty_lines_without_end_leave_the_supervisor_its_time(tmp_path: Path) -> None:
    async def run() -> float:
        file = LogFile(tmp_path / "lines.jsonl")
        pipe = LogPipe(file, TARGET)
        with printing(pipe.writer, b"\n" * 64):
            began = time.thread_time()
            await asyncio.sleep(1.5)
            took_s = time.thread_time() - began
        pipe.close()
        pipe.close_writer()
        file.close()
        return took_s

    assert asyncio.run(run()) < 0.5


def test_cases_76_86_a_pipe_full_of_empty_lines_costs_little(tmp_path: Path) -> None:
    """A function may enlarge its pipe, and fill it before each report: all others waited for seconds each time."""

    async def run() -> tuple[float, bytes]:
        file = LogFile(tmp_path / "lines.jsonl")
        pipe = LogPipe(file, TARGET)
        fcntl.fcntl(pipe.writer, F_SETPIPE_SZ, 16 * READ_BYTES)
        filled = os.write(pipe.writer, b"\n" * (16 * READ_BYTES))
        began = time.thread_time()
        pipe.drain()
        took_s = time.thread_time() - began
        pipe.flush()
        pipe.close()
        file.close()
        assert filled == 16 * READ_BYTES
        return took_s, (tmp_path / "lines.jsonl").read_bytes()

    took_s, written = asyncio.run(run())
    assert took_s < 0.2
    assert written.count(b"\n") == 2
    assert len(written) < 2 * (READ_BYTES * 2 + MAX_LINES_OF_A_READ * 30)


def test_what_one_read_holds_is_kept_whole(tmp_path: Path) -> None:
    async def run() -> list[str]:
        file = LogFile(tmp_path / "lines.jsonl")
        pipe = LogPipe(file, TARGET)
        os.write(pipe.writer, b"".join(b"%d\n" % number for number in range(MAX_LINES_OF_A_READ + 500)) + b"rest")
        pipe.drain()
        pipe.flush()
        pipe.close()
        file.close()
        record = msgspec.json.decode((tmp_path / "lines.jsonl").read_bytes(), type=LogRecord)
        return [line.message for line in record.lines]

    lines = asyncio.run(run())
    assert len(lines) == MAX_LINES_OF_A_READ + 2
    assert "".join(lines) == "".join(f"{number}\n" for number in range(MAX_LINES_OF_A_READ + 500)) + "rest"
    assert lines[-1] == "rest"


def test_cases_76_86_lines_that_drip_do_not_pile_up(tmp_path: Path) -> None:
    """Each of one byte: a quarter of a million of them were held, and added up again with each."""

    async def run() -> int:
        file = LogFile(tmp_path / "lines.jsonl")
        pipe = LogPipe(file, TARGET)
        for _ in range(5_000):
            os.write(pipe.writer, b"\n")
            pipe._read_on()
        written = (tmp_path / "lines.jsonl").read_bytes() if (tmp_path / "lines.jsonl").exists() else b""
        pipe.close()
        file.close()
        return written.count(b"\n")

    assert asyncio.run(run()) >= 1
