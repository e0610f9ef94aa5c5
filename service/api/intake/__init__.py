"""What stands before the routes: strangers, doubtful requests, and requests that are sent again."""
