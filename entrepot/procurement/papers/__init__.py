"""A version of an order as files for the supplier: a table and UBL. Pure: what the document holds, nothing else."""
