"""The engine: gradient descent on pixels, coarse to fine. It reports and never speaks."""
