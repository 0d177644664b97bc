"""Fifty jobs of every kind in a studio that is broken again and again: none may be lost, or made twice.

    python benchmarks/studio_faults.py [--jobs 50] [--kills 8] [--seed 0]

Server and worker are killed at random, the database is held by another process for ten seconds, uploads are
sent twice and cut off, and, where a small disk can be mounted (as root on Linux), it is full for ten seconds.
Prints what happened, and exits with 1 if a job is lost, failed or done twice.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

import impasto
from impasto.errors import ImpastoError

SMALL = dict(size=48, start_size=32, history=3, min_fall=0, content_layers="conv2_2", style_layers="conv1_1")
KINDS = "stylize", "texture", "instant", "video", "reconstruct", "features"


class Server:
    """A server that is started again at the same port whenever it is killed."""

    def __init__(self, data: Path, log: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url, self.data, self.log = f"http://127.0.0.1:{self.port}", data, log
        self.start()

    def start(self) -> None:
        """Start it."""
        words = ["serve", "--data", str(self.data), "--port", str(self.port), "--no-browser"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "impasto", *words], stderr=log)

    def kill(self) -> None:
        """Kill it, and start it again."""
        self.process.kill()
        self.process.wait()
        self.start()

    def kill_worker(self) -> bool:
        """Kill its worker, if it has one now."""
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(self.process.pid).children(recursive=True):
                if "worker" in child.cmdline():
                    child.kill()
                    return True
        return False

    def stop(self) -> None:
        """Stop it."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(90)


def main() -> None:
    """Print what happened."""
    options = _arguments()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name, _disk(Path(name) / "data") as (data, small):
        folder = Path(name)
        server, over = Server(data, folder / "log"), threading.Event()
        events = Counter()
        chaos = threading.Thread(
            target=_chaos, args=(server, over, events, chance, options.kills, data, small)
        )
        with impasto.Client(server.url) as client:
            _patiently(client.jobs)
            chaos.start()
            files = _inputs(folder)
            began = time.monotonic()
            made = [
                _patiently(lambda number=number: _create(client, files, number))
                for number in range(options.jobs)
            ]
            _cut_off(server.port)
            print(f"{len(made)} jobs created after {time.monotonic() - began:.0f} s", flush=True)
            left = set(made)
            while left and time.monotonic() - began < 1800:
                left -= {job for job in left if _patiently(lambda job=job: _ended(client, job))}
                time.sleep(1)
            over.set()
            chaos.join()
            wrong = _judge(client, made, options.jobs)
        server.stop()
        print(f"{dict(events)}, {time.monotonic() - began:.0f} s")
        if wrong:
            print(*wrong, sep="\n")
            shutil.copy(folder / "log", Path(tempfile.gettempdir()) / "studio_faults.log")
        else:
            print("none lost, none failed, none twice")
    sys.exit(bool(wrong))


def _create(client: impasto.Client, files: dict[str, Path], number: int) -> str:
    kind = KINDS[number % len(KINDS)]
    given = dict(key=f"job {number}", name=f"{kind} {number}")
    small = SMALL | dict(steps=40, seed=number)
    if kind == "instant":
        return client.create(kind, files["photo"], "mosaic", size=64, seed=number, **given).id
    if kind == "video":
        film = small | dict(steps=8, frame_steps=8, content_weight=0.3)
        return client.create(kind, files["clip"], files["painting"], **film, **given).id
    if kind == "texture":
        return client.create(kind, None, files["painting"], **small, **given).id
    if kind == "features":
        return client.create(kind, files["photo"], excite="conv2_1:3", size=48, steps=20, **given).id
    if kind == "reconstruct":
        layers = dict(content_layers="conv2_2", size=48, steps=20, seed=number)
        return client.create(kind, files["photo"], **layers, **given).id
    return client.create(kind, files["photo"], files["painting"], **small, **given).id


def _ended(client: impasto.Client, job: str) -> bool:
    return client.service.state(job).state in ("done", "failed", "cancelled")


def _judge(client: impasto.Client, made: list[str], count: int) -> list[str]:
    """Return what is wrong."""
    wrong = []
    if len(set(made)) != count or len(client.jobs()) != count:
        wrong.append(f"{count} jobs were asked for, and there are {len(client.jobs())}")
    for job in made:
        state = client.service.state(job)
        events = [event.kind for _, event in client.service.events(job)]
        if state.state != "done":
            wrong.append(f"{state.name} is {state.state}: {state.error}")
        elif events.count("done") != 1:
            wrong.append(f"{state.name} has {events.count('done')} ends")
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(ImpastoError):
            size = client.service.result(job, Path(folder) / "result").stat().st_size
            if not size:
                wrong.append(f"{state.name} has an empty result")
    pictures = client.service.http.get("/pictures", limit=200)["items"]
    if len(pictures) > 4:
        wrong.append(f"{len(pictures)} pictures were kept of 3 that were uploaded")
    return wrong


def _chaos(server, over, events, chance, kills, data, small) -> None:
    """Break something every few seconds."""
    time.sleep(12)
    todo = ["server", "worker"] * (kills // 2) + ["database"] + (["disk"] if small else [])
    chance.shuffle(todo)
    for what in todo:
        if over.wait(chance.uniform(4, 16)):
            return
        if what == "server":
            server.kill()
        elif what == "worker":
            if not server.kill_worker():
                continue
        elif what == "database":
            _hold_database(data)
        else:
            _fill(data)
        events[what] += 1
        print(f"  broke the {what}", flush=True)


def _hold_database(data: Path) -> None:
    with contextlib.closing(sqlite3.connect(data / "studio.sqlite", timeout=30)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(10)
        connection.rollback()


def _fill(data: Path) -> None:
    filler = data / "filler"
    with contextlib.suppress(OSError), filler.open("wb") as file:
        while True:
            file.write(bytes(65536))
            file.flush()
    time.sleep(10)
    filler.unlink()


def _cut_off(port: int) -> None:
    """Begin an upload, and go away."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as connection:
        head = f"POST /api/pictures HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 9999999\r\n"
        kind = "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\nContent-Disposition: form-data; "
        connection.sendall((head + kind + 'name="file"; filename="a.png"\r\n\r\n').encode() + bytes(100_000))


def _patiently(ask):
    """Return the answer, asked again while the server is away."""
    end = time.monotonic() + 300
    while True:
        try:
            return ask()
        except ImpastoError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def _inputs(folder: Path) -> dict[str, Path]:
    random_ = np.random.default_rng(0)
    files = {name: folder / f"{name}.png" for name in ("photo", "painting")}
    for file in files.values():
        small = Image.fromarray(random_.integers(0, 255, (12, 16, 3), np.uint8))
        small.resize((96, 72), Image.Resampling.BICUBIC).save(file)
    frames = [Image.open(files["photo"]).rotate(3 * i) for i in range(3)]
    clip = io.BytesIO()
    frames[0].save(clip, "GIF", save_all=True, append_images=frames[1:], duration=100)
    (folder / "clip.gif").write_bytes(clip.getvalue())
    return files | {"clip": folder / "clip.gif"}


@contextlib.contextmanager
def _disk(place: Path):
    """A folder on a small disk of its own, if one can be mounted."""
    place.mkdir()
    mounted = os.name == "posix" and os.geteuid() == 0 and bool(shutil.which("mount"))
    if mounted:
        size = ["-t", "tmpfs", "-o", "size=60m", "tmpfs", str(place)]
        mounted = subprocess.run(["mount", *size], capture_output=True, check=False).returncode == 0
    try:
        yield place, mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(place)], check=False)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
