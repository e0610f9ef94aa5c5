"""Whether a piece is right for a wish beside other pieces, and whether a whole outfit is: learned from graded outfits.

Sees wishes as they were read and pieces as they are; composes nothing, and knows no index and no language model.
"""
