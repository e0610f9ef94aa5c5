"""What a wish asks for: proposals, the network that tells their roles, and mentions made of them."""
