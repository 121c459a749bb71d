"""Charts as inline SVG, one kind a file; matplotlib is imported only when one is drawn."""
