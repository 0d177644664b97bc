"""Jobs on a durable queue, carried out by workers on any number of machines."""
