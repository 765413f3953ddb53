"""Arithmetic of buying: chains of rights, sums of orders, margins, progress, what is due. Pure."""
