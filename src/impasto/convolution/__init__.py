"""Interchangeable implementations of 3x3 convolution with bias and ReLU, and of its input gradient."""
