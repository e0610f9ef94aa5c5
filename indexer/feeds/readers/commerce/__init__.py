"""Readers of products as shop systems and shopping protocols tell them in JSON: a product with its variants inside."""
