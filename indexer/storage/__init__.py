"""The snapshot on disk: the only owner of its layout."""
