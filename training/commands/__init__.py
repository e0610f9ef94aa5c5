"""What the commands of training do: options in, work by the other modules, a few lines to print out."""
