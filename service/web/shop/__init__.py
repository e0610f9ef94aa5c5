"""The shopper page and its parts."""
