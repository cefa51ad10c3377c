"""SVG and charts."""
