"""FHIR R4: the bundle, its check against the published definitions, and the way to a server."""
