"""What an outfit is and how it is put together. Knows no index, no database, no HTTP."""
