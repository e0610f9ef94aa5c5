"""A wish in words, read into what pieces can be held against. Knows no items."""
