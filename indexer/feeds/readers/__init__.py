"""One reader per format: files to records."""
