"""Looks -> examples -> LoRA -> evaluation -> registry. Imports the functions that serve; nobody imports it."""
