"""The objective: the weighted sum of losses, as a function of the pastiche."""
