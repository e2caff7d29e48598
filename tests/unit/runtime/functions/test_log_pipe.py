"""What a process prints: lines to the file, the end of them to whoever asks."""

import asyncio
import os
from pathlib import Path

from innergate.runtime.functions.log_file import LogFile, LogTarget
from innergate.runtime.functions.log_pipe import MAX_KEPT_BYTES, LogPipe

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
        os.close(pipe.writer)
        pipe.close()
        file.close()
        return long, short

    long, short = asyncio.run(run())
    assert len(long) == MAX_KEPT_BYTES
    assert long.endswith(b"%15d\n" % (4 * MAX_KEPT_BYTES // 16 - 1))
    assert short == b"START again\n"
