"""From raw video to aligned face crops and the ledger of every frame's face."""
