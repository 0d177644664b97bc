"""Job folders, which let runs stop at any moment and resume; and batches on one machine."""
