"""Every front end of the catalogue against its original."""
