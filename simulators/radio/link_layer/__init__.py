"""Controllers, connections and the medium between them."""
