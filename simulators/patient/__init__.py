"""The virtual patient: vital signs, beats and the pulse wave as functions of time."""
