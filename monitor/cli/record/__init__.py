"""`kinewatch report`, `sessions`, `amend`, `progress`, `compare`, `quality`, `fhir`."""
