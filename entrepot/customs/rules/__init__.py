"""Pure rules: the match of the documents, and what receipts mean for a declaration."""
