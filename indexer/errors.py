"""The errors that a user of the command line or of the service is meant to read.

Each carries one line that says what is wrong and what to do. HTTP statuses are the service's business.
"""

from __future__ import annotations


class StylistError(Exception):
    """Base of every error whose message is written for the person who caused it."""


class FeedError(StylistError):
    """A feed as a whole cannot be used: unreadable, of no known format, or mostly rejected."""


class SnapshotError(StylistError):
    """A snapshot is missing, damaged, or of another layout or model than asked for."""


class ModelError(StylistError):
    """A model or adapter is missing, damaged, or does not match what it is used with."""
