"""How an adapter learns. Knows no file of looks."""
