"""Pages for shoppers and staff, and the widget: HTML over the HTTP API, known by its public names alone. No SQL."""
