"""Buying: suppliers and their rights, purchase orders, quote sheets and commitments."""
