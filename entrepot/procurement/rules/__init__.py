"""Arithmetic of buying: chains of rights, sums of orders, margins, progress. Pure."""
