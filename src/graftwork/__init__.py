"""Grow a frozen code model, one language or task after another, without forgetting; measure it honestly."""
