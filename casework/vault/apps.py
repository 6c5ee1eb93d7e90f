from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Encrypted fields, one key per record root, and the blind index for search."""

    name = "casework.vault"
    label = "vault"
