"""The pure core of the service: one object fed with inputs, returning what they caused."""
