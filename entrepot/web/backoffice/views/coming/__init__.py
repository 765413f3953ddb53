"""What is on its way, and counting it at the dock."""
