"""Recipes: the settings and inputs of a result, from which it can be made again."""
