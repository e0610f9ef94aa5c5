"""Looks and what is made of them to learn from. Knows no model."""
