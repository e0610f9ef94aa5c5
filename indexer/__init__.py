"""Feeds -> items -> embeddings -> snapshot. Knows nothing of language models or HTTP."""
