"""Pure rules of replenishment. Statistics reckon in floats; none of it is money, and what leaves is whole units."""
