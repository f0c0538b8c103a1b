"""What goes wrong on a radio, on purpose: composable, scheduled, seeded.

`schedule` says when. `values` spoils what a sensor sends, `links` the air, the link and the peripheral's
radio. The station's side: `connecting`, `stages` (slow, hanging, failing operations), `subscriptions`,
`adapter`, with BlueZ's words in `bluez_errors`. `failure_modes` is the table of the recorded failures of real
systems, each with the fault that shows it.
"""
