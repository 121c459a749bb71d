"""Studies: the recipe, the work on models that it needs, and the run that wires everything."""
