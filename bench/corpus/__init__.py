"""A corpus that is made, and features of it beside careful scripts of others."""
