"""What a stylist knows, as tables that people read and a store may change. Knows no items, no wishes, no scoring."""
