"""File input and output: pictures, films, masks, flow, metadata."""
