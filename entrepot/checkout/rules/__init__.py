"""Arithmetic of the checkout: splitting into parcels, freight, what the tariff is asked. Pure."""
