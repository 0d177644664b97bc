"""Neural style transfer by optimisation: paint a photo in the style of a painting."""

import lazy_loader

# Names are listed in __init__.pyi and imported on first use, so that `impasto --help` does not import torch.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
