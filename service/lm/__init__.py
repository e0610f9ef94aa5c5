"""The language model: text in, scores out. Knows no items and no catalogue.

Every backend is a `service.lm.scorer.Scorer`; the shipped ones are there (none at all) and in `service.lm.lm_scorer`.
"""
