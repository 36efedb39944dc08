from django.contrib.postgres.fields import HStoreField
from django.db import models


class Thing(models.Model):
    name = models.TextField(unique=True)
    tags = HStoreField(default=dict)

    class Meta:
        app_label = "shop"

    def __str__(self) -> str:
        return self.name
