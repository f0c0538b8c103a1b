"""Bluetooth wire formats, one file each, standard library only.

Every format has frozen measurements, `decode_...(bytes)` that raises only `DecodeError`, and `encode_...`.
`catalog` lists them all by name and characteristic.
"""
