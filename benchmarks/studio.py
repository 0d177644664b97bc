"""The studio under load, while a picture is painted on the same cores.

    python benchmarks/studio.py [--listeners 200] [--requests 20] [--seconds 30] [--pictures 5000]

A server of its own, with one worker that paints, in a temporary folder. Prints the seconds of requests, the
age of progress at its listeners, the server's memory, how soon a pause and the death of a worker take effect,
and the time of a page of a long list.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2
import psutil
import sqlalchemy as sa

import impasto

EXAMPLES = Path(__file__).parents[1] / "examples"
PHOTO, PAINTING = EXAMPLES / "photos/eilean_donan.webp", EXAMPLES / "paintings/night_cafe.webp"


def main() -> None:
    """Print the figures."""
    options = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        server, url = served(data)
        try:
            with impasto.Client(url) as client:
                job = client.stylize(PHOTO, PAINTING, size=512, steps=100_000)
                _until(lambda: job.state.progress is not None)
                asyncio.run(_loaded(url, job, options, server))
                _pause(job)
                _death(server, job)
                _long_list(data, url, options.pictures)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)


def served(data: Path) -> tuple[subprocess.Popen, str]:
    """Start a studio on a folder, and return its process and its address."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "impasto", "serve", "--data", str(data), "--no-browser", "--port", "0"]
    server = subprocess.Popen([*command, "--quiet"], stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        if line.startswith("the studio is at "):
            print(f"answers after {time.perf_counter() - began:.1f} s")
            return server, line.split()[-1].rstrip("/")
    raise SystemExit("the server did not start")


async def _loaded(url: str, job, options: argparse.Namespace, server: subprocess.Popen) -> None:
    """Listen and ask at once, and print how long it took."""
    ages, seconds, stop = [], [], asyncio.Event()
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx2.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
        listening = [asyncio.create_task(_listen(client, ages, stop)) for _ in range(options.listeners)]
        await asyncio.sleep(3)
        end, wait = time.monotonic() + options.seconds, 1 / options.requests
        paths = ["/api/jobs", f"/api/jobs/{job.id}", "/api/pictures", "/api/paintings", "/api/me"]
        asking, number = set(), 0
        while time.monotonic() < end:
            asking.add(asyncio.create_task(_ask(client, paths[number % len(paths)], seconds)))
            number += 1
            await asyncio.sleep(wait)
        await asyncio.gather(*asking)
        stop.set()
        for one in listening:
            one.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    memory = psutil.Process(server.pid).memory_info().rss / 1e6
    print(f"{options.listeners} listeners, {number} requests in {options.seconds} s, beside a picture")
    print(f"a request: median {ms(statistics.median(seconds))}, p99 {ms(_p99(seconds))}")
    print(f"an event's age: median {ms(statistics.median(ages))}, p99 {ms(_p99(ages))}, {len(ages)} events")
    print(f"the server has {memory:.0f} MB")


async def _listen(client: httpx2.AsyncClient, ages: list[float], stop: asyncio.Event) -> None:
    """Follow all jobs; an event's age is the time since the worker reported its step."""
    async with client.stream("GET", "/api/events") as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data: ") and '"at":' in line:
                ages.append(time.time() - float(line.split('"at":')[1].split(",")[0].split("}")[0]))
            if stop.is_set():
                return


async def _ask(client: httpx2.AsyncClient, path: str, seconds: list[float]) -> None:
    began = time.perf_counter()
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    seconds.append(time.perf_counter() - began)


def _pause(job) -> None:
    began = time.monotonic()
    job.pause()
    _until(lambda: any(event.kind == "paused" for _, event in job.service.events(job.id)))
    print(f"a pause takes hold after {time.monotonic() - began:.1f} s")
    job.resume()
    _until(lambda: job.state.state == "running")


def _death(server: subprocess.Popen, job) -> None:
    """Kill the worker, and print when its job goes on."""
    (worker,) = [
        child for child in psutil.Process(server.pid).children(recursive=True) if "worker" in child.cmdline()
    ]
    resumed = sum(event.kind == "resumed" for _, event in job.service.events(job.id))
    began = time.monotonic()
    os.kill(worker.pid, signal.SIGKILL)
    _until(lambda: sum(event.kind == "resumed" for _, event in job.service.events(job.id)) > resumed, 120)
    print(f"after kill -9 of its worker, a job goes on after {time.monotonic() - began:.0f} s")
    job.cancel()


def fill(data: Path, count: int) -> None:
    """Fill a gallery with copies of its first job."""
    engine = sa.create_engine(f"sqlite:///{data / 'studio.sqlite'}")
    with engine.begin() as connection:
        row = dict(connection.execute(sa.text("SELECT * FROM studio_jobs LIMIT 1")).mappings().one())
        names = ", ".join(f'"{name}"' for name in row)
        values = ", ".join(f":{name}" for name in row)
        rows = [
            row | dict(id=f"{number:032d}", created=row["created"] - number, state="done", ended=1.0)
            for number in range(count)
        ]
        connection.execute(sa.text(f"INSERT INTO studio_jobs ({names}) VALUES ({values})"), rows)


def _long_list(data: Path, url: str, count: int) -> None:
    """Print the time of a page of a long list."""
    fill(data, count)
    with httpx2.Client(base_url=url, timeout=60) as client:
        seconds, cursor = [], ""
        for _ in range(20):
            began = time.perf_counter()
            page = client.get("/api/jobs", params=dict(limit=50, cursor=cursor)).json()
            seconds.append(time.perf_counter() - began)
            cursor = page["next"]
        began = time.perf_counter()
        client.get("/api/jobs", params=dict(search="night"))
        search = time.perf_counter() - began
    print(f"a page of 50 of {count} jobs: median {ms(statistics.median(seconds))}, search {ms(search)}")


def _until(done, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise SystemExit("it takes too long")
        time.sleep(0.05)


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def ms(seconds: float) -> str:
    """Seconds in words."""
    return f"{seconds * 1000:.0f} ms"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--listeners", type=int, default=200)
    parser.add_argument("--requests", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--pictures", type=int, default=5000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
