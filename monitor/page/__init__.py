"""The web application for therapist and bedside: static files, their small server, and the relay."""
