"""Training of the classifier of kinds: titles in many languages, a small net, what it is worth."""
