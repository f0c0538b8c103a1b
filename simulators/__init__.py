"""Virtual hardware: a patient, sensors that speak real GATT, and the radio between."""
