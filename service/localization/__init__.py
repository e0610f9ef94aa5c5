"""What shoppers read, in their own language: texts that know how they are said, and the catalogues that say it."""
