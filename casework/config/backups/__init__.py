"""Encrypted backups: made, checked, restored, tried out.

`stream` seals bytes of any length, `container` puts named entries into them, `manifest` says what must come back,
`making` writes a backup and reads it again, `restoring` fills an empty database from one.
"""
