"""What words say of a product's kind, and what a trained net makes of them. Knows no feed."""
