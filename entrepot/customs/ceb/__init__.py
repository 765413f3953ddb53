"""The CEB message family (specification 202205): element tables, XML, schema, signature, transport envelope, codes."""
