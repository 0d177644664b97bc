"""3x3 convolution with bias and ReLU, and its gradient to the input alone, in interchangeable ways."""
