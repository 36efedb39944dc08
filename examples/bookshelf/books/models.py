from django.contrib.postgres.fields import HStoreField
from django.core.validators import FileExtensionValidator
from django.db import models


class Book(models.Model):
    """A book. Its row survives every restart, its cover does not."""

    title = models.CharField(max_length=200)
    author = models.CharField(max_length=200)
    details = HStoreField(default=dict, blank=True)
    cover = models.FileField(
        upload_to="covers/",
        blank=True,
        validators=[FileExtensionValidator(["jpg", "jpeg", "png", "gif", "webp"])],
    )
    added = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-added", "-pk"]

    def __str__(self):
        return f"{self.title} by {self.author}"

    @property
    def cover_is_lost(self):
        """Whether the row names a file that is not on the disk of this dyno."""
        return bool(self.cover) and not self.cover.storage.exists(self.cover.name)
