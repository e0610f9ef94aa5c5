"""What is measured, a file a task."""
