"""What a product is: its slot, kind, department, colours, material, pattern, season and formality."""
