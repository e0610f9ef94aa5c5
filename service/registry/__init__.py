"""Versions of models on disk and in memory: who is served, and past which gate. Knows no outfit and no request."""
