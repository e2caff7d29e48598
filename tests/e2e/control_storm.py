"""Sends the same signed calls over and over: `python control_storm.py HOST PORT CONNECTIONS`, the calls as a JSON list of texts
on its input. Ends when that closes; prints how often each status came.
"""

import asyncio
import json
import sys
from collections import Counter


async def repeat(address: tuple[str, int], calls: list[bytes], first: int, seen: Counter[str]) -> None:
    """One connection at a time, a call after the other."""
    number = first
    while True:
        try:
            reader, writer = await asyncio.open_connection(*address)
            while True:
                writer.write(calls[number % len(calls)])
                number += 1
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                )
                await reader.readexactly(length)
                seen[head[9:12].decode()] += 1
        except (OSError, asyncio.IncompleteReadError):
            seen["broken"] += 1
            await asyncio.sleep(0.05)


async def main() -> None:
    """Until the input ends."""
    host, port, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    calls = [text.encode("latin-1") for text in json.loads(sys.stdin.readline())]
    seen: Counter[str] = Counter()
    tasks = [asyncio.ensure_future(repeat((host, port), calls, n, seen)) for n in range(connections)]
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps(seen))


if __name__ == "__main__":
    asyncio.run(main())
