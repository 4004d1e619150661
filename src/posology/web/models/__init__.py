"""The pages of the pharmacokinetic models: which there are, and the passport of each."""
