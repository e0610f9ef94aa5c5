"""The critic: from outfits that stylists graded to a network that tells right from wrong before anybody sees it."""
