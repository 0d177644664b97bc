"""The threads of a process are set by its owner, and never by creating a run."""

import pytest
import torch

from conftest import blobs
from impasto.engine.threads import use_threads
from impasto.jobs.again import again
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.stills.again import threads_of
from impasto.stills.stylize import Stylization, stylize

SMALL = Settings(size=32, steps=2, start_size=0)
PHOTO, PAINTING = blobs(48, 32, 1), blobs(32, 48, 2)

pytestmark = pytest.mark.usefixtures("own_threads", "untimed")


def test_zero_leaves_the_threads_of_the_process():
    use_threads(2)
    assert torch.get_num_threads() == 2
    use_threads(0)
    assert torch.get_num_threads() == 2


def test_creating_a_run_sets_no_threads_and_its_recipe_has_those_of_the_settings():
    use_threads(1)
    run = Stylization(PHOTO, PAINTING, SMALL.with_changes(threads=3))
    assert torch.get_num_threads() == 1 and run.decided.settings.threads == 3
    assert Stylization(PHOTO, PAINTING, SMALL).decided.settings.threads == 1


def test_a_call_uses_the_threads_of_the_settings_and_of_the_recipe():
    use_threads(1)
    first = stylize(PHOTO, PAINTING, SMALL.with_changes(threads=2))
    assert torch.get_num_threads() == 2 and first.settings.threads == 2
    use_threads(1)
    repeated = again(first.recipe, inputs=[PHOTO, PAINTING])
    assert torch.get_num_threads() == 2 and repeated.image.tobytes() == first.image.tobytes()
    assert again(first.recipe, inputs=[PHOTO, PAINTING], threads="1").settings.threads == 1
    assert torch.get_num_threads() == 1


def test_changes_replace_the_threads_of_a_recipe():
    recipe = Recipe(settings=Settings(threads=2), inputs=(), weights="")
    assert threads_of(recipe, {}) == threads_of(recipe, {"strength": 70}) == 2
    assert threads_of(recipe, {"threads": "3"}) == 3
