"""What is for sale now: the snapshot with what staff said of its stock since. Knows no wish."""
