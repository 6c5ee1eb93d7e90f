"""No table yet: figures are computed from the records. The model carries the permission to see them."""

from django.db import models


class Figures(models.Model):
    class Meta:
        managed = False
        default_permissions = ()
        permissions = [("view_figures", "See the annual figures")]

    def __str__(self) -> str:
        return "figures"
