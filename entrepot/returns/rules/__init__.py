"""What the law and the sums say of a return. Pure."""
