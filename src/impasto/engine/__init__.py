"""The engine: gradient descent on pixels, coarse to fine. It yields events and never prints."""
