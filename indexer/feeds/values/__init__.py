"""What stands in a cell: money, sizes, availability, options."""
