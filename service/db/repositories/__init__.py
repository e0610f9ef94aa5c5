"""Every SQL statement of the service, one module per kind of row. Knows no HTTP."""
