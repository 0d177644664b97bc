"""Films: where each pixel went from frame to frame, how far that can be trusted, and how much a painted film flickers."""
