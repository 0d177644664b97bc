"""The same jobs on a durable queue, so that as many machines as there are paint a batch."""
