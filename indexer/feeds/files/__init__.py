"""Files as text, tables and JSON, whatever is in them."""
