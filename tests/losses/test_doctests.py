"""The examples in the docstrings of the losses."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

from impasto import losses
from impasto.losses import Loss

MODULES = [module.name for module in pkgutil.iter_modules(losses.__path__, "impasto.losses.")]


@pytest.mark.parametrize("name", ["impasto.losses", *MODULES])
def test_examples_are_right_and_every_loss_has_one(name):
    module = importlib.import_module(name)
    outcome = doctest.testmod(module)
    assert outcome.failed == 0
    defined = [one for _, one in inspect.getmembers(module, inspect.isclass) if one.__module__ == name]
    for one in defined:
        if issubclass(one, Loss) and one is not Loss:
            assert doctest.DocTestFinder().find(one)[0].examples, f"{one.__name__} has no example"
