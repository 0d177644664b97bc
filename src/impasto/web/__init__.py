"""The studio: accounts, pictures and jobs of people, served over HTTP."""
