"""What the product knows, as pages: each value with its day, its source and how sure it is."""
