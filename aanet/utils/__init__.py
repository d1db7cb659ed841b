"""Helpers that belong to no single stage of the pipeline."""
