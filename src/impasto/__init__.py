"""Neural style transfer by optimisation: a photo, painted in the manner of a painting."""

import lazy_loader

# The names are listed in __init__.pyi and load when first used, so that `impasto --help` does not wait for torch.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
