"""Recipes: what a result was made of and how, enough to make it again."""
