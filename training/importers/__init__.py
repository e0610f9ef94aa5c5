"""Readers of looks from elsewhere: real outfits, a store's own looks, its orders and its feedback."""
