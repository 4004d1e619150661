"""The pages of the drug's ledger: a day, its lots and containers, what people do with them, the report."""
