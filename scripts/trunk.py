"""Train the network that looks share, and the looks that the package ships.

    python scripts/trunk.py FOLDER --photos PHOTOS [--photos MORE] [--steps 24000] [--further]

Trains all of LOOKS at once on the photos of the examples and of the folders given. FOLDER keeps the state:
the same command continues after any stop. With --further it starts from the network and looks that the
package ships, on larger crops. At the end, every look's dial is measured on UNSEEN photos, and the
network and the looks are written into the package. `scripts/photos.py` gathers photos that suit.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from safetensors.torch import save

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "benchmarks")]

from impasto.convolution.tune import tuner  # noqa: E402
from impasto.encoder import load_encoder  # noqa: E402
from impasto.encoder.vgg19 import VGG19  # noqa: E402
from impasto.engine.allocator import hold_freed_memory  # noqa: E402
from impasto.engine.schedule import fit_long  # noqa: E402
from impasto.looks.card import SHIPPED, Card  # noqa: E402
from impasto.looks.crops import Photo, load_photo  # noqa: E402
from impasto.looks.look import SETS, Look, read_look, trunk_hash  # noqa: E402
from impasto.looks.manner import WORKING, Manner  # noqa: E402
from impasto.looks.measure import Measure  # noqa: E402
from impasto.looks.network import fresh_trunk, fresh_values  # noqa: E402
from impasto.looks.shelf import TRUNK, shared_trunk  # noqa: E402
from impasto.looks.state import RATE, State, read_state  # noqa: E402
from impasto.looks.training import OBJECTIVE, Trained, Training  # noqa: E402
from impasto.media.image import load  # noqa: E402
from impasto.media.part import write_whole  # noqa: E402
from pairs import drawings, file_of  # noqa: E402

VAN_GOGH = ("Vincent van Gogh", "Debian package gcompris-qt-data, activity `details`", "public domain")
DRAWN = ("drawn by a program", "benchmarks/drawn.py and benchmarks/plain.py", "MIT, as Impasto")
LOOKS = {
    "night_cafe": ("The Night Café, 1888", *VAN_GOGH),
    "cafe_terrace_at_night": ("Café Terrace at Night, 1888", *VAN_GOGH),
    "church_at_auvers": ("The Church at Auvers, 1890", *VAN_GOGH),
    "harvest_at_la_crau": ("Harvest at La Crau, 1888", *VAN_GOGH),
    "pencil": ("Pencil", *DRAWN),
    "hatching": ("Hatching in ink", *DRAWN),
    "watercolour": ("Watercolour", *DRAWN),
    "woodblock": ("Woodblock print", *DRAWN),
    "mosaic": ("Mosaic", *DRAWN),
    "cubist": ("Cubist", *DRAWN),
    "fauve": ("Fauve", *DRAWN),
    "flat_shapes": ("Flat shapes", *DRAWN),
}
"""The shipped looks: title, painter, source and licence of each painting."""

UNSEEN = "avignon", "bridge", "citrus", "dog", "lemurs", "mariachi"
"""Photos of `benchmarks/pictures` on which looks are measured, and never trained."""

PHASES = (0.7, 128), (1.0, 192)
"""Shares of the steps, and the side of crops up to there: small ones teach colours and grain quickly."""

FURTHER_PHASES = (0.6, 192), (1.0, 256)
"""The same for a network that has learnt those."""

STEPS, SAVE_EVERY = 12_000, 200


def main() -> None:
    """Train on from what the folder keeps, and write the network and the looks."""
    arguments = _arguments()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    hold_freed_memory()
    files = paintings(arguments.folder / "drawn")
    manners = {name: Manner.load(file) for name, file in files.items()}
    encoder = load_encoder(["conv4_2"], tuner=tuner(torch.device("cpu")), padding=OBJECTIVE.padding)
    state = _state(arguments.folder / "state.safetensors", list(manners), arguments.further)
    phases = FURTHER_PHASES if arguments.further else PHASES
    photos = training_photos(arguments.photos)
    print(
        f"{len(photos)} photos, {len(manners)} looks, from step {state.step} to {arguments.steps}", flush=True
    )
    log = (arguments.folder / "log.csv").open("a", encoding="utf-8")
    for done in trained(encoder, list(manners.values()), photos, state, arguments.steps, phases):
        errors = ",".join(f"{value:.4f}" for value in done.losses.values())
        log.write(f"{done.step},{done.manner},{done.mix:.3f},{done.loss:.4f},{errors}\n")
        if done.step % SAVE_EVERY == 0:
            state.write(arguments.folder / "state.safetensors")
            log.flush()
            print(f"step {done.step}, {state.seconds:.0f} s, loss {done.loss:.3f}", flush=True)
    state.write(arguments.folder / "state.safetensors")
    ship(load_encoder(["conv5_1"], tuner=tuner(torch.device("cpu"))), manners, state, arguments.into)


def trained(
    encoder: VGG19,
    manners: list[Manner],
    photos: list[Photo],
    state: State,
    steps: int,
    phases: Sequence[tuple[float, int]],
) -> Iterator[Trained]:
    """Train on, phase by phase."""
    for share, side in phases:
        if state.step >= share * steps:
            continue
        training = Training(encoder, manners, photos, OBJECTIVE, state, steps=steps, kernels=True, side=side)
        for done in training:
            yield done
            if done.step >= share * steps:
                break


def ship(encoder: VGG19, manners: dict[str, Manner], state: State, into: Path) -> None:
    """Measure every look on UNSEEN, and write the network and the looks."""
    into.mkdir(parents=True, exist_ok=True)
    halves = {name: kernel.half().contiguous() for name, kernel in state.trunk.items()}
    write_whole(into / TRUNK, lambda file: file.write(save(halves)))
    trunk = {name: kernel.float() for name, kernel in halves.items()}
    photos = [pixels_of(ROOT / "benchmarks" / "pictures" / f"{name}.webp") for name in UNSEEN]
    digest = trunk_hash(trunk)
    for i, (name, manner) in enumerate(manners.items()):
        if _is_measured(into / f"{name}.look", digest, state.values[i]):
            continue
        measure = Measure(encoder, manner, photos)
        dial = measure.dial(trunk, state.values[i])
        look = Look(name, state.values[i], manner.colours, dial, digest)
        values, kept = look.at(60)
        reached = measure.reached(trunk, torch.stack([values, values]), -kept)
        title, painter, source, licence = LOOKS[name]
        card = Card(
            title=title,
            painter=painter,
            source=source,
            licence=licence,
            content=round(reached.content, 3),
            style=round(reached.style, 3),
            recipe={"steps": state.step, "seconds": round(state.seconds)},
            thumbnail=manner.thumbnail(),
        )
        Look(name, look.values, look.palette, dial, look.trunk_sha256, card=card).write(into / f"{name}.look")
        ends = ", ".join(f"{mix:g}: {error:.3f}" for mix, error in dial.tolist())
        print(f"{name}: content {reached.content:.3f}, style {reached.style:.3f}; dial {ends}", flush=True)


def _is_measured(path: Path, digest: str, values: torch.Tensor) -> bool:
    """Return whether an earlier run has written the look of these values."""
    if not path.exists():
        return False
    look = read_look(path)
    return look.trunk_sha256 == digest and torch.equal(look.values, values)


def paintings(drawn: Path) -> dict[str, Path]:
    """Return the file of each look's painting; those that a program draws are drawn into a folder."""
    made = drawings(LOOKS, drawn)
    return {name: file_of(name, made) for name in LOOKS}


def training_photos(folders: list[Path]) -> list[Photo]:
    """Return the photos of the examples that are none of textures, and of folders."""
    names = ("astronaut.png", "chelsea.png", "coffee.png", "eilean_donan.webp", "rocket.jpg")
    own = [ROOT / "examples" / "photos" / name for name in names]
    own += [ROOT / "benchmarks" / "pictures" / f"{name}.webp" for name in ("rocamadour", "trier")]
    return [
        load_photo(file) for file in (*own, *(one for folder in folders for one in sorted(folder.iterdir())))
    ]


def pixels_of(file: Path) -> torch.Tensor:
    """Return a photo at the size at which looks are measured."""
    picture = load(file)
    return picture.pixels(fit_long(picture.size, WORKING))


def _state(path: Path, looks: list[str], further: bool) -> State:
    if path.exists():
        return read_state(path)
    if further:
        values = torch.stack([read_look(SHIPPED / f"{name}.look").values for name in looks])
        return State(values, dict(shared_trunk()), rate=RATE / 2)
    values = fresh_values().repeat(len(looks), SETS, 1)
    return State(values, fresh_trunk(torch.Generator().manual_seed(0)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=Path, action="append", default=[])
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--further", action="store_true")
    parser.add_argument("--into", type=Path, default=SHIPPED)
    return parser.parse_args()


if __name__ == "__main__":
    main()
