"""What the words of a wish may name: words in any script, phrases, numbers, sizes, languages. Decides nothing."""
