"""The HTTP face of the stylist."""
